// tests/support/simd_functions.hpp - the functions of simd as row kernels, in every form that this processor runs.
#pragma once

#include <minigrad/core/simd_math.hpp>
#include <minigrad/tensor/inner_loop.hpp>
#include <vector>

namespace support {

/// A function by its row kernels, y[i] = f(x[i]), and how many units in the last place it may be off.
struct LaneFunction {
  const char* name;
  double most_ulps;
  void (*on_floats)(std::size_t n, const float* x, float* y);
  void (*on_doubles)(std::size_t n, const double* x, double* y);
};

}  // namespace support

namespace {

using minigrad::Isa;

/// f on a row by the kernel for some instructions.
template <Isa isa, class T, class F>
void run_row(std::size_t n, const T* x, T* y) {
  constexpr F f{};
  const void* const in[] = {x};
  const std::size_t steps[] = {1};
  const auto kernel = [](const void* function, std::size_t count, void* out, const void* const* from,
                         const std::size_t* step) {
    using Loop = minigrad::detail::SimdLoop<T, F, std::index_sequence<0>>;
    minigrad::detail::on_isa<Loop>(isa, function, count, out, from, step);
  };
  if (n < minigrad::detail::least_row<T>) minigrad::detail::run_short_row<T>(kernel, &f, n, y, in, steps, 1);
  else kernel(&f, n, y, in, steps);
}

struct Exp {
  auto operator()(auto x) const { return minigrad::simd::exp(x); }
};
struct Expm1 {
  auto operator()(auto x) const { return minigrad::simd::expm1(x); }
};
struct Log {
  auto operator()(auto x) const { return minigrad::simd::log(x); }
};
struct Log1p {
  auto operator()(auto x) const { return minigrad::simd::log1p(x); }
};
struct Tanh {
  auto operator()(auto x) const { return minigrad::simd::tanh(x); }
};
struct Sigmoid {
  auto operator()(auto x) const { return minigrad::simd::sigmoid(x); }
};

template <Isa isa>
std::vector<support::LaneFunction> all_functions() {
  return {{"exp", 1.1, run_row<isa, float, Exp>, run_row<isa, double, Exp>},
          {"expm1", 1.8, run_row<isa, float, Expm1>, run_row<isa, double, Expm1>},
          {"log", 1, run_row<isa, float, Log>, run_row<isa, double, Log>},
          {"log1p", 1.5, run_row<isa, float, Log1p>, run_row<isa, double, Log1p>},
          {"tanh", 3.6, run_row<isa, float, Tanh>, run_row<isa, double, Tanh>},
          {"sigmoid", 2.4, run_row<isa, float, Sigmoid>, run_row<isa, double, Sigmoid>}};
}

}  // namespace
