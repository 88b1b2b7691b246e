// core/version.hpp - the version, which is part of every name: files of one program that were compiled with different
// versions, or of which only some are checked builds, do not mix unnoticed.
#pragma once

// What minigrad needs, in one message: the file that does not exist stops the compiler there.
#if __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error "minigrad needs C++20: compile with -std=c++20, by GCC 12 or clang 14 or later"
#include "minigrad/needs/C++20"
#elif !defined(__cpp_exceptions)
#error "minigrad needs exceptions: compile with -fexceptions, not with -fno-exceptions"
#include "minigrad/needs/exceptions"
#endif

// std::copy, std::fill, std::min and the like. libstdc++ has them in every container's header as well, and its
// <algorithm> takes long to compile.
#include <version>
#ifndef __GLIBCXX__
#include <algorithm>
#endif

#define MINIGRAD_VERSION_MAJOR 0
#define MINIGRAD_VERSION_MINOR 2
#define MINIGRAD_VERSION_PATCH 0
#define MINIGRAD_VERSION "0.2.0"
#define MINIGRAD_VERSION_NUMBER 200  // 10000 major + 100 minor + patch: #if MINIGRAD_VERSION_NUMBER >= 200

// A program compiled with -DMINIGRAD_CHECKED compares what costs time to compare: see Parameter::edit().
#if defined(MINIGRAD_CHECKED)
#define MINIGRAD_ABI v0_2_0_checked
#else
#define MINIGRAD_ABI v0_2_0
#endif

namespace minigrad::inline MINIGRAD_ABI {

/// Whether this is a checked build, compiled with -DMINIGRAD_CHECKED: it finds writes to a parameter that a recorded
/// graph has read, and costs time.
#if defined(MINIGRAD_CHECKED)
inline constexpr bool checked_build = true;
#else
inline constexpr bool checked_build = false;
#endif

}  // namespace minigrad::inline MINIGRAD_ABI
