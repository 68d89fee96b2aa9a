# Folder = library = floor. wirelab_floor(<name> SOURCES … LINKS …) makes the library wirelab_<name> with the flags that
# all floors share; includes are written from the project's root.
add_library(wirelab_flags INTERFACE)
target_include_directories(wirelab_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(wirelab_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # it takes a file compiled together with others for a header
  target_compile_options(wirelab_flags INTERFACE -Wno-subobject-linkage)
endif()
if(WIRELAB_SANITIZE)
  target_compile_options(wirelab_flags INTERFACE -fsanitize=${WIRELAB_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(wirelab_flags INTERFACE -fsanitize=${WIRELAB_SANITIZE})
  # A null pointer that is used is a fault that ASan reports, alignment is no matter on x86-64, and sizes of objects are known to an
  # optimising compiler only. Their checks, one at each use of a pointer, are a quarter of the time that compiling takes.
  target_compile_options(wirelab_flags INTERFACE -fno-sanitize=null,alignment,object-size)
endif()
if(WIRELAB_FUZZ) # the code counts where it has been, for libFuzzer
  target_compile_options(wirelab_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(wirelab_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(wirelab_${name} STATIC ${FLOOR_SOURCES})
  target_link_libraries(wirelab_${name} PUBLIC wirelab_flags ${FLOOR_LINKS} PRIVATE ${FLOOR_PRIVATE_LINKS})
endfunction()
