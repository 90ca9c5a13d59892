# lb_layer(NAME [DEPS layer...] [LIBS target...]): one static library per directory of lb/.
# DEPS are the layers it may include; tests/tidy checks the includes against the same list.
function(lb_layer name)
  cmake_parse_arguments(LAYER "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  if(sources)
    add_library(lb_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(lb_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(lb_${name} ${scope} stickler_options ${LAYER_LIBS})
  foreach(dep IN LISTS LAYER_DEPS)
    target_link_libraries(lb_${name} ${scope} lb_${dep})
  endforeach()
endfunction()

# stickler_test(NAME DIR layers...): one Catch2 program from every .cpp of DIR, run by ctest as NAME.
function(stickler_test name directory)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${directory}/*.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE catch_main stickler_options ${ARGN})
  target_compile_definitions(${name} PRIVATE STICKLER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")  # For tests of docs and conf.
  add_test(NAME ${name} COMMAND ${name} --order rand --rng-seed time)
endfunction()
