# One set of flags for all of the project's own code.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# Sources are compiled under their path in the project, so that neither a binary nor a log line names a machine.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(STICKLER_SANITIZE)
  add_compile_options(-fsanitize=${STICKLER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${STICKLER_SANITIZE})
endif()

add_library(stickler_options INTERFACE)
target_compile_options(stickler_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
target_include_directories(stickler_options INTERFACE "${CMAKE_SOURCE_DIR}")
