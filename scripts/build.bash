# Sourced by scripts/run and scripts/test: where the project is ($root), and how one preset is built.
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
readonly root

# Objects are kept between builds, and shared by the presets' folders.
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_NOHASHDIR=yes
fi

# Quiet, unless something is wrong.
build() {
  local preset=$1 log=$root/build/$1.log
  if [ -e "$root/build" ] && [ ! -w "$root/build" ]; then
    echo "$root/build belongs to $(stat -c %U "$root/build"): remove it, or run this as that user." >&2
    return 1
  fi
  mkdir -p "$root/build"
  echo "Building $preset (the log is $log)" >&2
  # From the root: that is where cmake looks for presets.
  if ! (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset") >"$log" 2>&1 </dev/null; then
    tail -n 40 "$log" >&2
    echo "The build of $preset failed; all of it is in $log." >&2
    return 1
  fi
}
