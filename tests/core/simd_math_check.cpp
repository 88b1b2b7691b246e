// Measures the kernels of simd_math_kernels.cpp; compiled without special flags, so that NaN can be told. The first
// argument is how many units in the last place more they may be off.
#include <cstdio>
#include <cstdlib>
#include <minigrad/core/cpu.hpp>

#include "../support/simd_functions.hpp"
#include "../support/ulps.hpp"

std::vector<support::LaneFunction> portable_functions();
std::vector<support::LaneFunction> avx2_functions();

template <class T>
static int check(const support::LaneFunction& f, void (*row)(std::size_t n, const T* x, T* y), const std::vector<T>& x,
                 double more) {
  const auto worst = support::worst_of(f.name, row, x);
  if (worst.off <= f.most_ulps + more) return 0;
  std::printf("%s(%.17g) = %.17g: %g units in the last place from %.17Lg\n", f.name, static_cast<double>(worst.x),
              static_cast<double>(worst.y), worst.off, support::truth(f.name, static_cast<long double>(worst.x)));
  return 1;
}

int main(int argc, char** argv) {
  const double more = argc > 1 ? std::atof(argv[1]) : 0;
  int wrong = 0;
  auto all = portable_functions();
  if (minigrad::detail::best_isa() >= minigrad::Isa::avx2)
    for (const auto& f : avx2_functions()) all.push_back(f);
  const auto floats = support::samples<float>(65521);
  const auto doubles = support::samples<double>(65521);
  for (const auto& f : all) wrong += check(f, f.on_floats, floats, more) + check(f, f.on_doubles, doubles, more);
  return wrong == 0 ? 0 : 1;
}
