// core/cpu.hpp - which instructions this processor has, found out while the program runs.
//
// A program compiled with plain -O2 must run on every processor of its kind, so that the compiler keeps to what the
// oldest of them had. The fast kernels are therefore compiled several times, for different sets of instructions, and
// the best one that this processor can execute is called.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "version.hpp"

// Whether single functions can be compiled for other instructions than the rest of the program.
#if defined(__GNUC__) && defined(__x86_64__)
#define MINIGRAD_HAS_TARGETS 1
#define MINIGRAD_TARGET_AVX2 [[gnu::target("avx2,fma")]]
#define MINIGRAD_TARGET_AVX2_WITHOUT_FMA [[gnu::target("avx2")]]
#define MINIGRAD_TARGET_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]]
#else
#define MINIGRAD_HAS_TARGETS 0
#endif

// Files of one program may be compiled with different options, and the linker keeps one copy of each inline function.
// The namespace of the kernels therefore has a name made of these options (kernels_0_0_0_0 without any of them): kernels
// that differ have different names.
#if defined(_OPENMP)
#define MINIGRAD_OPENMP 1
#else
#define MINIGRAD_OPENMP 0
#endif
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#define MINIGRAD_FAST_MATH 1
#else
#define MINIGRAD_FAST_MATH 0
#endif
#if defined(MINIGRAD_USE_BLAS)
#define MINIGRAD_BLAS 1
#else
#define MINIGRAD_BLAS 0
#endif
#if defined(__AVX512F__)
#define MINIGRAD_BASE 512
#elif defined(__AVX2__)
#define MINIGRAD_BASE 2
#else
#define MINIGRAD_BASE 0
#endif
#define MINIGRAD_KERNELS_NAMED(base, openmp, fast_math, blas) kernels_##base##_##openmp##_##fast_math##_##blas
#define MINIGRAD_KERNELS_OF(base, openmp, fast_math, blas) MINIGRAD_KERNELS_NAMED(base, openmp, fast_math, blas)
#define MINIGRAD_KERNELS MINIGRAD_KERNELS_OF(MINIGRAD_BASE, MINIGRAD_OPENMP, MINIGRAD_FAST_MATH, MINIGRAD_BLAS)

namespace minigrad::inline MINIGRAD_ABI {

/// Sets of instructions: avx2 and avx512 are x86-64 with registers of 32 and 64 bytes; portable is whatever the program
/// is compiled for.
enum class Isa : unsigned char { portable, avx2, avx512 };

inline const char* to_string(Isa isa) {
  return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "portable";
}

namespace detail {

inline Isa best_isa() {
#if MINIGRAD_HAS_TARGETS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return Isa::avx512;
  if (avx2) return Isa::avx2;
#endif
  return Isa::portable;
}

[[gnu::cold, gnu::noinline]] inline Isa choose_isa() {
  const Isa best = best_isa();
  const char* wish = std::getenv("MINIGRAD_ISA");
  if (!wish || !*wish) return best;
  const Isa all[] = {Isa::portable, Isa::avx2, Isa::avx512};
  for (Isa isa : all)
    if (std::strcmp(wish, to_string(isa)) == 0) {
      if (isa <= best) return isa;
      std::fprintf(stderr, "minigrad: MINIGRAD_ISA=%s: this processor has at most %s, which is used\n", wish,
                   to_string(best));
      return best;
    }
  std::fprintf(stderr, "minigrad: MINIGRAD_ISA=%s: must be portable, avx2 or avx512; %s is used\n", wish,
               to_string(best));
  return best;
}

/// Portable until it is set, which matters only to what is computed before main() starts.
inline const Isa chosen_isa = choose_isa();

}  // namespace detail

/// The instructions that the fast kernels use: the best that this processor has, or fewer where the environment says
/// so: MINIGRAD_ISA=portable or avx2.
inline Isa isa() { return detail::chosen_isa; }

}  // namespace minigrad
