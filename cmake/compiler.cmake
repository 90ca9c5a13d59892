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
  # Without this and -fpch-preprocess (tests/integration) nothing is kept that is compiled against precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE_PROGRAM}")
endif()

# Sources are compiled under their path in the project, so that neither a binary nor a log line names a machine.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

# Objects carry machine code beside what the link-time optimiser reads: the programs are optimised as a whole, while
# the many test programs link the ready code in no time.
if(STICKLER_LTO)
  add_compile_options(-flto=auto -ffat-lto-objects)
  add_link_options(-fno-lto)
  set(STICKLER_LTO_LINK -flto=auto)
endif()

# mold links a test program with its debug information in a tenth of the time.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT STICKLER_LTO)
  add_link_options(-fuse-ld=mold)
endif()

if(STICKLER_SANITIZE)
  add_compile_options(-fsanitize=${STICKLER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${STICKLER_SANITIZE})
  # Looking whether an object is of its type needs a pipe, and takes it for another one where no descriptor is to be had:
  # the tests that take all descriptors away failed in one order of 30.
  if(STICKLER_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()

if(STICKLER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_library(stickler_options INTERFACE)
target_compile_options(stickler_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
# GCC 12 sees overlapping copies in "a" + std::string under -O3 where there are none (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(stickler_options INTERFACE -Wno-restrict)
endif()
target_include_directories(stickler_options INTERFACE "${CMAKE_SOURCE_DIR}")
