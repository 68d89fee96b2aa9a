# Sourced by scripts/run and scripts/test, which set $root: builds one preset, quietly unless something is wrong.

# A CPU second saved a thousand times over: objects are kept between builds, and between presets' folders.
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_NOHASHDIR=yes
fi

build() {
  local preset=$1 log
  if [ -e "$root/build" ] && [ ! -w "$root/build" ]; then
    echo "$root/build belongs to $(stat -c %U "$root/build"): remove it, or run this as that user." >&2
    return 1
  fi
  mkdir -p "$root/build"
  log=$root/build/$preset.log
  echo "Building $preset (the log is $log)" >&2
  # From the root: that is where cmake looks for presets.
  (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset") >"$log" 2>&1 </dev/null || {
    tail -n 40 "$log" >&2
    echo "The build of $preset failed; all of it is in $log." >&2
    return 1
  }
}
