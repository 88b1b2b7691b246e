// core/on_best_isa.hpp - runs a kernel that is compiled for several sets of instructions, by the best one here.
//
// A kernel is a struct with a function template that computes with registers of Bytes bytes:
//
//   struct Negate {
//     template <std::size_t Bytes>
//     MINIGRAD_KERNEL static void run(std::size_t n, const float* x, float* y);
//   };
//   on_best_isa<Negate>(n, x, y);
//
// It is compiled for registers of 16 bytes with the program's own instructions, for AVX2 with 32 bytes, and, where the
// kernel has a member `avx512`, for AVX-512 with 64 bytes. AVX2 fuses multiplication and addition, which rounds once
// where there were two roundings; a kernel with a member `without_fma` does not, and gives the same bits everywhere.
#pragma once

#include <cstddef>

#include "cpu.hpp"

#if defined(__GNUC__)
#define MINIGRAD_INLINE [[gnu::always_inline]] inline
// `flatten` inlines what a function calls. GCC does so for whatever is inlined into that function in turn, clang for
// its own calls alone: so `run` needs it as well as its caller, if what a user's function does is to be compiled for
// AVX2.
#define MINIGRAD_KERNEL [[gnu::always_inline, gnu::flatten]] inline
#else
#define MINIGRAD_INLINE inline
#define MINIGRAD_KERNEL inline
#endif

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

template <class Kernel, class... Args>
[[gnu::noinline, gnu::flatten]] auto run_portable(Args... args) {
  return Kernel::template run<16>(args...);
}
#if MINIGRAD_HAS_TARGETS
template <class Kernel, class... Args>
[[gnu::noinline, gnu::flatten]] MINIGRAD_TARGET_AVX2 auto run_avx2(Args... args) {
  return Kernel::template run<32>(args...);
}
template <class Kernel, class... Args>
[[gnu::noinline, gnu::flatten]] MINIGRAD_TARGET_AVX2_WITHOUT_FMA auto run_avx2_without_fma(Args... args) {
  return Kernel::template run<32>(args...);
}
template <class Kernel, class... Args>
[[gnu::noinline, gnu::flatten]] MINIGRAD_TARGET_AVX512 auto run_avx512(Args... args) {
  return Kernel::template run<64>(args...);
}
#endif

/// Kernel::run(args...) by the given instructions, or the next best that the kernel is compiled for. Arguments are
/// passed by value.
template <class Kernel, class... Args>
MINIGRAD_INLINE auto on_isa([[maybe_unused]] Isa isa, Args... args) {
#if MINIGRAD_HAS_TARGETS
  if constexpr (requires { Kernel::avx512; })
    if (isa == Isa::avx512) return run_avx512<Kernel>(args...);
  if (isa != Isa::portable) {
    if constexpr (requires { Kernel::without_fma; })
      return run_avx2_without_fma<Kernel>(args...);
    else
      return run_avx2<Kernel>(args...);
  }
#endif
  return run_portable<Kernel>(args...);
}

template <class Kernel, class... Args>
MINIGRAD_INLINE auto on_best_isa(Args... args) {
  return on_isa<Kernel>(isa(), args...);
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
