// Other libraries, and a user's own functions, beside minigrad: namespace std with std_functions.hpp.
#include <minigrad/scalar/std_functions.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <type_traits>
#include <unordered_map>
#include <vector>

using namespace minigrad;

template <class T>
T square(T x) {
  return x * x + 1000;
}
template <class T>
T sigmoid(T x) {
  return 1 / (1 + exp(-x)) + 1000;
}
double relu(double x) { return x + 1000; }
ScalarVar<double> relu(const ScalarVar<double>& x) { return x + 1000; }

namespace {

template <class N>
N with_using(N x) {
  using std::abs, std::fmax, std::max, std::min, std::pow, std::sqrt;
  return max(x, N(1)) + max(N(0), x) + min(x, N(7)) + fmax(x, N(2)) + pow(x, 2) + abs(x) + sqrt(x) + max(x, x);
}

}  // namespace

TEST_CASE("functions of the standard library that are no functions of ScalarVars stay what they are") {
  using std::max;
  CHECK(std::max<int>(1, 2u) == 2);
  CHECK(std::max<std::size_t>(1, 2u) == 2);
  CHECK(std::max<double>(1, 2.5f) == 2.5);
  CHECK(std::min<long>(1, 2) == 1);
  CHECK(max<int>(1, 2u) == 2);
  CHECK(max<double>(1, 2) == 2);
  CHECK(max(1.5, 2.5) == 2.5);
  std::unordered_map<int, double> map{{1, 2.0}};
  for (int i = 0; i < 100; ++i) map[i] = i;
  std::mt19937 generator(1);
  const double drawn = std::normal_distribution<double>()(generator) + std::gamma_distribution<double>()(generator);
  const std::function<double(double)> f = [](double x) { return std::exp(x); };
  CHECK(map.size() == 100);
  CHECK(std::isfinite(f(drawn)));
}

TEST_CASE("max(x, N(1)) after `using std::max` is a function of numbers and of ScalarVars") {
  const auto [value, slope] = ScalarTape<double>().value_and_grad([](auto x) { return with_using(x); }, 4.0);
  CHECK(value == with_using(4.0));
  CHECK(slope == 1 + 1 + 1 + 1 + 8 + 1 + 0.25 + 1);
}

TEST_CASE("no type of minigrad becomes an int, which C's abs would take, by itself") {
  CHECK_FALSE(std::is_convertible_v<ScalarVar<double>, int>);
  CHECK_FALSE(std::is_convertible_v<Tensor<double>, int>);
  CHECK_FALSE(std::is_convertible_v<Var<double>, int>);
  CHECK_FALSE(std::is_convertible_v<Var<Tensor<double>>, int>);
  CHECK_FALSE(std::is_convertible_v<Parameter<double>, int>);
  CHECK_FALSE(std::is_convertible_v<simd::Simd<float, 16>, int>);
}

TEST_CASE("a user's function of the same name is the one that is called") {
  const auto own = [](auto x) { return square(x) + sigmoid(x) + relu(x); };
  const auto [value, slope] = ScalarTape<double>().value_and_grad(own, 0.0);
  CHECK(own(0.0) == 3000.5);
  CHECK(value == 3000.5);
  CHECK(slope == 1.25);
}
