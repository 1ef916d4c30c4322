# How the folders of src become targets. Sources are found, not listed: adding a command or a test is
# adding a file.

# The precompiled standard headers, shared by all folders.
set(REDSTART_PCH <algorithm> <atomic> <chrono> <cstdint> <cstring> <functional> <memory> <mutex>
  <optional> <span> <string> <string_view> <vector>)

function(redstart_objects name)
  if(NOT ARGN)
    return()
  endif()
  add_library(redstart_${name} OBJECT ${ARGN})
  target_include_directories(redstart_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_precompile_headers(redstart_${name} PRIVATE ${REDSTART_PCH})
  set_property(GLOBAL APPEND PROPERTY redstart_objects $<TARGET_OBJECTS:redstart_${name}>)
endfunction()

# src/<name>, without its commands/ and tests.
function(redstart_folder name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "(_test\\.cc$|/commands/)")
  redstart_objects(${name} ${sources})
endfunction()

# Every commands/ folder, and the table of the specifications that stand in it.
function(redstart_commands)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.cc)
  list(FILTER sources INCLUDE REGEX "/commands/")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  set(declarations "")
  set(entries "")
  foreach(source IN LISTS sources)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} lines REGEX "^REDSTART_COMMAND\\([a-z0-9_]+\\) = ")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^REDSTART_COMMAND\\(([a-z0-9_]+)\\).*" "\\1_command" symbol "${line}")
      string(APPEND declarations "extern const CommandSpec ${symbol};\n")
      string(APPEND entries "    &${symbol},\n")
    endforeach()
  endforeach()
  set(table ${PROJECT_BINARY_DIR}/generated/command_table.cc)
  file(CONFIGURE OUTPUT ${table} @ONLY CONTENT
"// Generated from the commands/ folders.
#include \"command/table.h\"

namespace redstart {

@declarations@
std::span<const CommandSpec* const> command_specs() {
  static const CommandSpec* const kSpecs[] = {
@entries@  };
  return kSpecs;
}

}  // namespace redstart
")
  redstart_objects(commands ${sources} ${table})
  target_precompile_headers(redstart_commands PRIVATE ${PROJECT_SOURCE_DIR}/src/execution/command_context.h)
endfunction()

# One test program out of all *_test.cc.
function(redstart_tests)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    message(STATUS "GoogleTest is not installed: the unit tests are not built")
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*_test.cc
       ${PROJECT_SOURCE_DIR}/tests/*_test.cc)
  set(database_tests ${PROJECT_SOURCE_DIR}/tests/scenarios/databases_test.cc)
  list(FILTER sources EXCLUDE REGEX "/find_package/|/databases_test\\.cc$")
  if(NOT sources)
    return()
  endif()
  add_executable(redstart_tests ${sources})
  target_include_directories(redstart_tests PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_precompile_headers(redstart_tests PRIVATE ${REDSTART_PCH} <gtest/gtest.h>)
  target_link_libraries(redstart_tests PRIVATE redstart_library GTest::gtest GTest::gtest_main)
  # Not for all of them: objects that know where the project is are of no use to its other clones.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/patterns/kernel_check_test.cc
    ${PROJECT_SOURCE_DIR}/tests/server/profiles_test.cc PROPERTIES
    COMPILE_DEFINITIONS REDSTART_SHARE="${PROJECT_SOURCE_DIR}/share")
  # What is tested is optimised, what asks is not, nor is its own arithmetic checked: that halves the time to compile
  # the tests, most of all with sanitizers.
  target_compile_options(redstart_tests PRIVATE -O0)
  if(REDSTART_SANITIZE)
    target_compile_options(redstart_tests PRIVATE -fno-sanitize=undefined)
  endif()
  redstart_database_tests(${database_tests})
  add_test(NAME unit COMMAND redstart_tests)
endfunction()

# Tests with databases behind the caches; without a database's library, what needs it is skipped.
function(redstart_database_tests source)
  find_package(SQLite3 QUIET)
  find_package(PostgreSQL QUIET)
  add_library(redstart_database_tests OBJECT ${source})
  target_include_directories(redstart_database_tests PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}
                             ${PROJECT_SOURCE_DIR}/include ${SQLite3_INCLUDE_DIRS} ${PostgreSQL_INCLUDE_DIRS})
  target_compile_definitions(redstart_database_tests PRIVATE REDSTART_TESTS_SQLITE=$<BOOL:${SQLite3_FOUND}>
                             REDSTART_TESTS_POSTGRESQL=$<BOOL:${PostgreSQL_FOUND}>)
  target_link_libraries(redstart_database_tests PRIVATE GTest::gtest)
  target_sources(redstart_tests PRIVATE $<TARGET_OBJECTS:redstart_database_tests>)
  target_link_libraries(redstart_tests PRIVATE ${SQLite3_LIBRARIES} ${PostgreSQL_LIBRARIES})
endfunction()

# One program per .cc file directly in the folder, in build/<folder>/.
function(redstart_programs folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${folder}_${name} ${source})
    target_include_directories(${folder}_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${folder}_${name} PRIVATE redstart_library)
    set_target_properties(${folder}_${name} PROPERTIES OUTPUT_NAME ${name}
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
  endforeach()
endfunction()

# One program for each folder of examples/, example-NAME, in build/examples/NAME/NAME: out of its .cc files, or as its
# own CMakeLists.txt says. `embed` is a project of its own.
function(redstart_examples)
  file(GLOB folders CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*)
  foreach(folder IN LISTS folders)
    get_filename_component(name ${folder} NAME)
    if(name STREQUAL "embed" OR NOT IS_DIRECTORY ${folder})
      continue()
    endif()
    if(EXISTS ${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
      continue()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
    add_executable(example-${name} ${sources})
    target_link_libraries(example-${name} PRIVATE redstart::redstart)
    set_target_properties(example-${name} PROPERTIES OUTPUT_NAME ${name}
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples/${name})
  endforeach()
endfunction()
