# The optional parts of minigrad: targets that need something, which is looked for only where they are asked for, by
# find_package(minigrad COMPONENTS openmp) or, before add_subdirectory, by set(MINIGRAD_COMPONENTS openmp).
#   minigrad::openmp   minigrad::minigrad on several threads
#
# minigrad_add_component(NAME) adds the target if what it needs is there, and else sets minigrad_missing to a reason.
function(minigrad_add_component name)
  set(minigrad_missing "" PARENT_SCOPE)
  if(TARGET minigrad::${name})
    return()
  endif()
  if(name STREQUAL "openmp")
    find_package(OpenMP QUIET COMPONENTS CXX)
    if(NOT TARGET OpenMP::OpenMP_CXX)
      set(minigrad_missing "minigrad::openmp needs OpenMP, which this compiler does not have" PARENT_SCOPE)
      return()
    endif()
    set(needs OpenMP::OpenMP_CXX)
  else()
    set(minigrad_missing "minigrad has no component ${name}" PARENT_SCOPE)
    return()
  endif()
  add_library(minigrad::${name} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(minigrad::${name} INTERFACE minigrad::minigrad ${needs})
endfunction()
