// core/version.hpp - the version, which is part of every name: files of one program that were compiled with different
// versions, or of which only some are checked builds, do not mix unnoticed.
#pragma once

#define MINIGRAD_VERSION_MAJOR 0
#define MINIGRAD_VERSION_MINOR 2
#define MINIGRAD_VERSION_PATCH 0

// A program compiled with -DMINIGRAD_CHECKED compares what costs time to compare: see Parameter::edit().
#if defined(MINIGRAD_CHECKED)
#define MINIGRAD_ABI v0_2_checked
#else
#define MINIGRAD_ABI v0_2
#endif

namespace minigrad::inline MINIGRAD_ABI {

#if defined(MINIGRAD_CHECKED)
inline constexpr bool checked_build = true;
#else
inline constexpr bool checked_build = false;
#endif

}  // namespace minigrad::inline MINIGRAD_ABI
