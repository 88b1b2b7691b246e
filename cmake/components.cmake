# The optional parts of minigrad: targets that need something, which is looked for only where they are asked for, by
# find_package(minigrad COMPONENTS openmp) or, before add_subdirectory, by set(MINIGRAD_COMPONENTS openmp).
#   minigrad::openmp   minigrad::minigrad on several threads
#   minigrad::blas     minigrad::minigrad with products of matrices by a BLAS that has cblas.h: the one that CMake's
#                      FindBLAS finds, to which BLA_VENDOR=OpenBLAS and the like say which it should be
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
  elseif(name STREQUAL "blas")
    find_package(BLAS QUIET)
    find_path(MINIGRAD_CBLAS_DIR cblas.h PATH_SUFFIXES openblas flexiblas cblas)
    find_library(MINIGRAD_CBLAS_LIBRARY cblas)  # some systems keep it apart from the BLAS
    mark_as_advanced(MINIGRAD_CBLAS_DIR MINIGRAD_CBLAS_LIBRARY)
    if(NOT TARGET BLAS::BLAS OR NOT MINIGRAD_CBLAS_DIR)
      set(minigrad_missing "minigrad::blas needs a BLAS and its header cblas.h (Debian: libopenblas-dev)" PARENT_SCOPE)
      return()
    endif()
    set(needs BLAS::BLAS)
    if(MINIGRAD_CBLAS_LIBRARY)
      list(PREPEND needs ${MINIGRAD_CBLAS_LIBRARY})
    endif()
  else()
    set(minigrad_missing "minigrad has no component ${name}" PARENT_SCOPE)
    return()
  endif()
  add_library(minigrad::${name} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(minigrad::${name} INTERFACE minigrad::minigrad ${needs})
  if(name STREQUAL "blas")
    target_compile_definitions(minigrad::blas INTERFACE MINIGRAD_USE_BLAS)
    target_include_directories(minigrad::blas SYSTEM INTERFACE ${MINIGRAD_CBLAS_DIR})
  endif()
endfunction()
