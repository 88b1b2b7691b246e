// core/parallel.hpp - a loop on several threads, where the program is compiled with OpenMP.
//
// Whatever is split here is split so that no number depends on how many threads there are: each is computed by one
// thread, in the way in which one thread alone would compute it. Without OpenMP a loop is just run.
#pragma once

#include <cstddef>

#include "cpu.hpp"

#if MINIGRAD_OPENMP
#include <omp.h>

#include <exception>
#endif

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

inline constexpr bool has_threads = MINIGRAD_OPENMP;

/// How many threads a loop may run on.
inline std::size_t max_threads() {
#if MINIGRAD_OPENMP
  return static_cast<std::size_t>(omp_get_max_threads());
#else
  return 1;
#endif
}

#if MINIGRAD_OPENMP
/// More parts than threads, so that one which the system holds up leaves its share to others. All threads take part:
/// changing their number costs more than leaving some of them idle. What a part throws is thrown again at the end.
[[gnu::noinline]] inline void run_parallel(std::size_t count, std::size_t step, std::size_t most_parts,
                                           void (*run)(const void* body, std::size_t begin, std::size_t end),
                                           const void* body) {
  const std::size_t wanted = 4 * max_threads(), steps = count / step;
  const std::size_t parts = wanted < most_parts ? wanted : most_parts;
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
  for (std::size_t part = 0; part < parts; ++part) try {
      run(body, steps * part / parts * step, part + 1 == parts ? count : steps * (part + 1) / parts * step);
    } catch (...) {
#pragma omp critical(minigrad_failure)
      failure = std::current_exception();
    }
  if (failure) std::rethrow_exception(failure);
}
#endif

/// body(begin, end) for parts that together are 0 .. count, on several threads; or once, where count is less than twice
/// `least`, or the calling thread is one of several already. Parts begin at multiples of `step`, and have at least
/// `least`, which is at least `step`, rounded down to a multiple of it.
template <class Body>
[[gnu::always_inline]] inline void parallel_for(std::size_t count, [[maybe_unused]] std::size_t step,
                                                [[maybe_unused]] std::size_t least, const Body& body) {
#if MINIGRAD_OPENMP
  if (count >= 2 * least && max_threads() > 1 && !omp_in_parallel())
    return run_parallel(
        count, step, count / least,
        [](const void* f, std::size_t begin, std::size_t end) { (*static_cast<const Body*>(f))(begin, end); }, &body);
#endif
  body(0, count);
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
