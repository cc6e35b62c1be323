# Writes OUT, which holds version_text(). Runs before each build, and touches OUT only when its content changes.
find_program(GIT git)
set(commit unknown)
if(GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} -c safe.directory=${SOURCE} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE named ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${named})
  endif()
endif()
set(text "#include \"common/version.h\"

namespace fastchat {

const char* version_text() {
  return \"${VERSION} (commit ${commit})\";
}

}  // namespace fastchat
")
set(before "")
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${OUT} "${text}")
endif()
