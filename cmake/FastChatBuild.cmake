# One set of flags for everything we write, and the three helpers every folder uses:
#   fc_library(NAME SRCS... LIBS ...)   a static library
#   fc_program(NAME SRCS... LIBS ...)   an executable in <build>/bin
#   fc_test(NAME SRCS... LIBS ...)      a GoogleTest executable registered with ctest, labelled `unit`; with a PostgreSQL
#                                       of its own (fc_pg_fixture) `store`
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Compiles the files of a library or of a test in batches, so that their includes are read once for a whole batch: saves
# half of the processor time. Off in every preset but `release`: the other presets compile each file by itself, so each
# must compile alone.
option(FASTCHAT_UNITY "Compile libraries and tests in batches" OFF)

set(FASTCHAT_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize= (address,undefined or thread)")
option(FASTCHAT_WERROR "Warnings are errors" ON)

add_library(fc_flags INTERFACE)
target_compile_options(fc_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(fc_flags INTERFACE -Wno-restrict)  # false alarms on string + string: GCC bug 105651
endif()
if(FASTCHAT_WERROR)
  target_compile_options(fc_flags INTERFACE -Werror)
endif()
target_compile_options(fc_flags INTERFACE -fstack-protector-strong -fno-omit-frame-pointer)
if(FASTCHAT_SANITIZE)
  target_compile_options(fc_flags INTERFACE -fsanitize=${FASTCHAT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(fc_flags INTERFACE -fsanitize=${FASTCHAT_SANITIZE})
endif()
target_include_directories(fc_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_link_options(fc_flags INTERFACE -Wl,--as-needed -Wl,-z,relro,-z,now)

set(fc_of_sanitizer "")
if(FASTCHAT_SANITIZE)
  add_library(fc_sanitizer OBJECT ${CMAKE_SOURCE_DIR}/cmake/sanitizer_defaults.cc)
  target_link_libraries(fc_sanitizer PRIVATE fc_flags)
  set(fc_of_sanitizer fc_sanitizer)
endif()

function(fc_library name)
  cmake_parse_arguments(A "" "" "SRCS;LIBS" ${ARGN})
  add_library(${name} STATIC ${A_SRCS})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${FASTCHAT_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  target_link_libraries(${name} PUBLIC fc_flags ${A_LIBS})
endfunction()

function(fc_program name)
  cmake_parse_arguments(A "" "" "SRCS;LIBS" ${ARGN})
  add_executable(${name} ${A_SRCS})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${FASTCHAT_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  target_link_libraries(${name} PRIVATE fc_flags ${fc_of_sanitizer} ${A_LIBS})
endfunction()

function(fc_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SRCS;LIBS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  add_executable(${name} ${A_SRCS})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${FASTCHAT_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  target_link_libraries(${name} PRIVATE fc_flags ${fc_of_sanitizer} ${A_LIBS} GTest::gmock GTest::gtest_main)
  # Assertions are most of a test's code and run once. With -O1, compiling them takes a quarter less time.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  add_test(NAME ${name} COMMAND ${name})
  set(label unit)
  if("fc_pg_fixture" IN_LIST A_LIBS)
    set(label store)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS ${label})
endfunction()
