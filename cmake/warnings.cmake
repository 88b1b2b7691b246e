# The flags that minigrad's own programs and headers are built with; they reach nobody who links the library.
set(MINIGRAD_SANITIZE "" CACHE STRING "Sanitizer flags for minigrad's own programs; the preset `sanitize` sets them")
option(MINIGRAD_WERROR "Warnings are errors in minigrad's own programs; tests/run.sh sets it" OFF)
separate_arguments(minigrad_sanitize_flags NATIVE_COMMAND "${MINIGRAD_SANITIZE}")

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  set(minigrad_warnings
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast)
  if(MINIGRAD_WERROR)
    list(APPEND minigrad_warnings -Werror)
  endif()
else()
  set(minigrad_warnings)
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
add_compile_options(${minigrad_warnings} ${minigrad_sanitize_flags})
add_link_options(${minigrad_sanitize_flags})
