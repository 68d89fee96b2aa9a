# Run at every build: cmake -D SOURCE_DIR=… -D OUTPUT=… -P git_revision.cmake. Writes the C++ that tells which commit this
# is, and only if it changed, so that nothing is built again for nothing.
find_program(GIT git)
set(revision unknown)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE described RESULT_VARIABLE failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed)
    set(revision ${described})
  endif()
endif()
set(text "#include \"lab/host/host_facts.hpp\"\n\nstd::string wirelab::lab::git_revision() { return \"${revision}\"; }\n")
set(former "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} former)
endif()
if(NOT former STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
