#include <doctest/doctest.h>

#include <cfenv>
#include <cmath>
#include <limits>
#include <memory>
#include <minigrad/core/random.hpp>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/scalar/scalar_functions.hpp>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/slopes.hpp"

using namespace minigrad;
using support::same;

namespace {

using Number = ScalarVar<double>;

/// The message of what f throws.
template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

/// The derivatives of f(x...) on a Graph<double>.
template <class F, class... X>
auto on_graph(const F& f, X... x) {
  return value_and_grad(f, x...);
}

template <class N>
N rosenbrock(const N* x, int n) {
  N f = 0;
  for (int i = 0; i + 1 < n; ++i) {
    const N a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
    f += 100.0 * (b * b) + a * a;
  }
  return f;
}

}  // namespace

TEST_CASE("a function of two numbers has its value and both derivatives") {
  ScalarTape<double> tape;
  const Number x = tape.variable(2), y = tape.variable(3);
  const Number f = x * y + sin(x);
  backward(f);
  CHECK(f.value() == 6 + std::sin(2.0));
  CHECK(x.grad() == 3 + std::cos(2.0));
  CHECK(y.grad() == 2);
}

TEST_CASE("value_and_grad takes one number, several, or a row of them") {
  ScalarTape<double> tape;
  const auto [value, slope] = tape.value_and_grad([](auto x) { return x * x; }, 3);
  CHECK(value == 9);
  CHECK(slope == 6);
  const auto [product, slopes] = tape.value_and_grad([](auto x, auto y, auto z) { return x * y * z; }, 2.0, 3, 4.0f);
  CHECK(product == 24);
  CHECK(slopes == std::array<double, 3>{12, 8, 6});
  const std::vector<double> x{1, 2, 3};
  std::vector<double> gradient(3, -1);
  const double sum_of_squares = tape.value_and_grad(
      [](auto v) {
        Number sum = 0;
        for (const Number& one : v) sum += one * one;
        return sum;
      },
      x, gradient);
  CHECK(sum_of_squares == 14);
  CHECK(gradient == std::vector<double>{2, 4, 6});
  CHECK(tape.value_and_grad([](auto) { return Number(7); }, std::span<const double>{}, std::span<double>{}) == 7);
}

TEST_CASE("the derivatives of Rosenbrock's function are those derived by hand") {
  constexpr int n = 50;
  std::vector<double> x(n), expected(n, 0), gradient(n);
  for (int i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = 0.5 + 0.02 * i;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
    expected[i] += -400 * b * x[i] - 2 * a;
    expected[i + 1] += 200 * b;
  }
  ScalarTape<double> tape;
  const double value = tape.value_and_grad([](auto v) { return rosenbrock(v.data(), n); }, x, gradient);
  CHECK(value == doctest::Approx(rosenbrock(x.data(), n)));
  for (std::size_t i = 0; i < n; ++i) CHECK(gradient[i] == doctest::Approx(expected[i]));
}

TEST_CASE("nothing is recorded as long as one number is enough to depend on") {
  ScalarTape<double> tape;
  const Number x = tape.variable(0.5);
  Number y = x;
  for (int i = 0; i < 1000; ++i) y = sin(2 * y) + y * x - 1 / (y + 3);
  CHECK(tape.size() == 1);
  const auto f = [](auto v) {
    auto w = v;
    for (int i = 0; i < 1000; ++i) w = sin(2 * w) + w * v - 1 / (w + 3);
    return w;
  };
  backward(y);
  CHECK(x.grad() == doctest::Approx(on_graph(f, 0.5).second));
  CHECK((x + tape.variable(1)).value() == 1.5);
  CHECK(tape.size() == 3);
}

// ---- ordinary C++
// ----------------------------------------------------------------------------------------------------

namespace {

template <class N>
N of_the_standard_library(N x, N y) {
  using std::abs, std::acos, std::asin, std::atan, std::atan2, std::cos, std::cosh, std::erf, std::exp, std::expm1,
      std::fabs, std::hypot, std::log, std::log10, std::log1p, std::log2, std::max, std::min, std::pow, std::sin,
      std::sinh, std::sqrt, std::tan, std::tanh, std::asinh, std::acosh, std::atanh, std::floor, std::ceil;
  N z = abs(x) + fabs(y) + acos(x / 4) + asin(y / 4) + atan(x) + atan2(y, x) + cos(x) + cosh(y) + erf(x) + exp(y / 2);
  z += expm1(x) + hypot(x, y) + log(x) + log10(y) + log1p(x) + log2(y) + max(x, y) + min(x, y) + pow(x, y) + pow(x, 3);
  z += sin(x) + sinh(y) + sqrt(x) + tan(y / 3) + tanh(x) + asinh(y) + acosh(1 + x) + atanh(y / 5);
  return z + pow(2.0, x) + floor(x) * y + ceil(y) * x + max(x, N(0.5)) + min(N(9), y);
}

template <class N>
N with_everything(N x, N y) {
  N sum = 0, product = 1;
  for (int i = 1; i <= 4; ++i) {
    sum += x / i;
    product *= y * 0.5f;
    if (sum > product && i != 2)
      sum -= product;
    else
      product /= 2;
  }
  if (x == y) return 0;
  return x < 0 ? -sum : +sum * 2u + product - (x >= 1) * y + 1L;
}

}  // namespace

TEST_CASE("functions of the standard library are found by using declarations, as for plain numbers") {
  ScalarTape<double> tape;
  const double x = 1.3, y = 2.1, h = 1e-6;
  const auto f = [](auto a, auto b) { return of_the_standard_library(a, b); };
  const auto [value, slopes] = tape.value_and_grad(f, x, y);
  CHECK(value == doctest::Approx(f(x, y)).epsilon(1e-14));
  CHECK(slopes[0] == doctest::Approx((f(x + h, y) - f(x - h, y)) / (2 * h)).epsilon(1e-7));
  CHECK(slopes[1] == doctest::Approx((f(x, y + h) - f(x, y - h)) / (2 * h)).epsilon(1e-7));
}

TEST_CASE("loops, branches, updates and numbers of all types are differentiated along the way taken") {
  ScalarTape<double> tape;
  const auto f = [](auto a, auto b) { return with_everything(a, b); };
  for (const auto& [x, y] : {std::pair{1.5, 0.7}, {-1.5, 0.7}, {0.3, 2.0}}) {
    const double h = 1e-6;
    const auto [value, slopes] = tape.value_and_grad(f, x, y);
    CHECK(value == doctest::Approx(f(x, y)).epsilon(1e-14));
    CHECK(slopes[0] == doctest::Approx((f(x + h, y) - f(x - h, y)) / (2 * h)).epsilon(1e-8));
    CHECK(slopes[1] == doctest::Approx((f(x, y + h) - f(x, y - h)) / (2 * h)).epsilon(1e-8));
  }
}

TEST_CASE("where a function returns a constant its derivatives are 0") {
  ScalarTape<double> tape;
  const auto f = [](auto x, auto y) { return x == y ? 0 : with_everything(x, y); };
  CHECK(tape.value_and_grad(f, 2.0, 2.0) == std::pair{0.0, std::array{0.0, 0.0}});
  CHECK(tape.value_and_grad([](auto) { return 5; }, 2.0) == std::pair{5.0, 0.0});
  const Number x = tape.variable(-3);
  const Number off = relu(x);  // depends on nothing here, and is still no constant
  backward(off);
  CHECK(x.grad() == 0);
  backward(off * 2 + x);
  CHECK(x.grad() == 1);
}

TEST_CASE("comparisons, casts and limits are those of the value") {
  ScalarTape<double> tape;
  const Number x = tape.variable(2.5), y = tape.variable(4);
  CHECK((x < y && y > x && x <= 2.5 && x >= 2.5 && 2.5 == x && x != y && 3 > x && !(x < x)));
  CHECK((greater(y, x) && less(x, 3) && !equal(x, y)));
  CHECK(static_cast<int>(x) == 2);
  CHECK(static_cast<double>(x) == 2.5);
  CHECK((!isnan(x) && !isinf(x) && isfinite(x) && isinf(x / 0) && isnan(0 / (x - 2.5))));
  CHECK(std::numeric_limits<Number>::epsilon() == std::numeric_limits<double>::epsilon());
  CHECK(std::max(x, y).value() == 4);
  static_assert(std::is_trivially_copyable_v<Number> && sizeof(Number) == 32);
  static_assert(!std::is_convertible_v<Number, double>, "a derivative is not lost silently");
}

// ---- numbers may be handed around
// ------------------------------------------------------------------------------------

namespace {

struct Point {
  Number x;
  Number get() const { return x; }
};
Number negated(Number x) {
  x = -x;
  return x;
}
auto squared(const Number& x) { return x * x; }
auto local(const Number& x, const Number& y) {
  auto product = x * y;
  auto sum = product + x;
  return sum;
}

}  // namespace

TEST_CASE("copies, moves, accessors by value, ternaries and returned locals have the derivatives of what they hold") {
  ScalarTape<double> tape;
  const Number x = tape.variable(3), y = tape.variable(5);
  const auto slopes_of = [&](const Number& f) {
    backward(f);
    return std::pair{x.grad(), y.grad()};
  };
  const Point point{x * y};
  CHECK(slopes_of(point.get() * y) == std::pair{25.0, 30.0});
  CHECK(slopes_of(point.get() * point.get()) == std::pair{150.0, 90.0});
  for (bool negative : {true, false})
    CHECK(slopes_of(negative ? 1 - point.x : point.x) == (negative ? std::pair{-5.0, -3.0} : std::pair{5.0, 3.0}));
  auto z = x * y;
  const auto before = z;
  z = z * z;
  CHECK(slopes_of(z + before) == std::pair{155.0, 93.0});
  CHECK(slopes_of(std::move(z) * 1) == std::pair{150.0, 90.0});
  CHECK(slopes_of(before) == std::pair{5.0, 3.0});
  CHECK(slopes_of(local(x, y) * local(y, x)) == std::pair{18.0 * 5 + 20 * 6, 18.0 * 4 + 20 * 3});
  CHECK(slopes_of(negated(x) * squared(y)) == std::pair{-25.0, -30.0});
  CHECK(slopes_of(negated(squared(x))) == std::pair{-6.0, 0.0});
  std::vector<Number> kept;
  for (int i = 0; i < 100; ++i) kept.push_back(i % 2 ? x * y : kept.empty() ? x : kept.back() + y);
  CHECK(slopes_of(kept[98]) == std::pair{5.0, 4.0});
  Number self = x * y;
  const Number& alias = self;
  self = alias;
  self += self;
  self *= self;
  CHECK(slopes_of(self) == std::pair{600.0, 360.0});
}

// ---- the same as a graph
// ---------------------------------------------------------------------------------------------

namespace {

/// A random program of 30 statements over a few numbers, the same for each type of number: what its statements are
/// depends on the seed, which way it takes on the values. A wild one leaves the domains of roots and logarithms.
struct Program {
  std::uint64_t seed;
  bool wild = false;

  template <class N>
  static N pick(const std::vector<N>& from, Rng& rng) {
    return from[static_cast<std::size_t>(rng.integer(from.size()))];
  }
  template <class N>
  [[gnu::noinline]] N value(const N& x, const N& y, Rng& rng) const {
    switch (rng.integer(30)) {
      case 0:
        return x + y;
      case 1:
        return x - y;
      case 2:
        return x * y;
      case 3:
        return wild ? x / floor(y) : x / (y * y + 0.5);
      case 4:
        return -x;
      case 5:
        return 2 - x * 0.5;
      case 6:
        return abs(x) + y;
      case 7:
        return wild ? sqrt(x) : sqrt(x * x + 0.1);
      case 8:
        return exp(-(x * x)) * y;
      case 9:
        return wild ? log(floor(y)) : log(y * y + 1);
      case 10:
        return pow(abs(x) + 0.3, sin(y));
      case 11:
        return pow(x, 3) / 10;
      case 12:
        return sin(x) * cos(y);
      case 13:
        return atan2(x, y + 20);
      case 14:
        return hypot(x, 1) - y;
      case 15:
        return erf(x);
      case 16:
        return tanh(x + y) * x;
      case 17:
        return maximum(x, y);
      case 18:
        return minimum(x, 0.5 * y);
      case 19:
        return relu(x) - relu(-y);
      case 20:
        return sigmoid(x) * y;
      case 21:
        return softplus(x);
      case 22:
        return clamp(x, -1, 1) * y;
      case 23:
        return where(greater(x, y), x * x, y);
      case 24:
        return square(x) - reciprocal(abs(y) + 1);
      case 25:
        return gelu(x) + silu(y) + elu(x);
      case 26:
        return log1p(abs(x)) + expm1(-abs(y)) + leaky_relu(x);
      case 27:
        return asinh(x) + atan(y) + sinh(x / 8) + cosh(y / 8);
      case 28:
        return x * x * y - y * x + x / 3;
      default:
        return sign(x) * y + floor(x) * 0.125;
    }
  }

  template <class N>
  N operator()(const N& a, const N& b, const N& c) const {
    Rng rng(seed);
    std::vector<N> r{a, b, c, a * b, c - 1.5};
    const auto by_value = [&](std::size_t i) { return r[i]; };
    for (int statement = 0; statement < 30; ++statement) {
      const auto k = static_cast<std::size_t>(rng.integer(r.size()));
      const N x = pick(r, rng), y = pick(r, rng);
      switch (rng.integer(8)) {
        case 0:
          r[k] += value(x, y, rng);
          break;
        case 1:
          r[k] = by_value(k) * 0.5 - value(x, y, rng);
          break;
        case 2:
          r[k] = value_of(x) > value_of(y) ? value(x, y, rng) : y;
          break;
        case 3: {
          auto old = r[k];
          r[k] = value(old, x, rng);
          r[k] -= std::move(old) / 2;
          break;
        }
        case 4: {
          const auto make = [&] {
            N made = value(x, y, rng);
            return made;
          };
          r[k] = make() * make();
          break;
        }
        case 5:
          std::swap(r[k], r[(k + 1) % r.size()]);
          break;
        default:
          r[k] = value(x, y, rng);
      }
      if (std::fabs(value_of(r[k])) > 4) r[k] = tanh(r[k] / 4);
    }
    N sum = r[0];
    for (std::size_t k = 1; k < r.size(); ++k) sum += r[k];
    return sum;
  }
};

}  // namespace

TEST_CASE("four thousand random programs have the derivatives that a graph and finite differences give") {
  ScalarTape<double> tape;
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    CAPTURE(seed);
    const Program f{seed};
    Rng rng(seed + 1'000'000);
    double at[3];
    for (double& x : at) x = rng.uniform(-2, 2);
    const auto [value, slopes] = tape.value_and_grad(f, at[0], at[1], at[2]);
    const auto [expected, expected_slopes] = on_graph(f, at[0], at[1], at[2]);
    REQUIRE(same(value, expected));
    REQUIRE(value == f(at[0], at[1], at[2]));
    for (std::size_t k = 0; k < 3; ++k) {
      CAPTURE(k);
      const double scale = std::fmax(1, std::fabs(expected_slopes[k]));
      REQUIRE(std::fabs(slopes[k] - expected_slopes[k]) <= 1e-11 * scale);
      // A finite difference is only believed where two steps agree: there the program has no kink nearby.
      const auto difference = [&](double h) {
        double up[3] = {at[0], at[1], at[2]}, down[3] = {at[0], at[1], at[2]};
        up[k] += h, down[k] -= h;
        return (f(up[0], up[1], up[2]) - f(down[0], down[1], down[2])) / (2 * h);
      };
      const double fine = difference(1e-6), coarse = difference(2e-6);
      if (std::fabs(fine - coarse) > 1e-7 * scale) continue;
      ++compared;
      REQUIRE(std::fabs(fine - slopes[k]) <= 1e-5 * scale);
    }
  }
  CHECK(compared > 9000);
}

TEST_CASE("where random programs leave the domains of their functions, tape and graph are finite in the same places") {
  ScalarTape<double> tape;
  int finite = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    CAPTURE(seed);
    const Program f{seed, true};
    Rng rng(seed + 1'000'000);
    double at[3];
    for (double& x : at) x = rng.uniform(-2, 2);
    at[seed % 3] = 0;
    const auto slopes = tape.value_and_grad(f, at[0], at[1], at[2]).second;
    const auto expected = on_graph(f, at[0], at[1], at[2]).second;
    for (std::size_t k = 0; k < 3; ++k) {
      CAPTURE(k);
      REQUIRE(std::isfinite(slopes[k]) == std::isfinite(expected[k]));
      if (!std::isfinite(expected[k])) continue;
      ++finite;
      REQUIRE(std::fabs(slopes[k] - expected[k]) <= 1e-9 * std::fmax(1, std::fabs(expected[k])));
    }
  }
  CHECK((finite > 4000 && finite < 8000));
}

TEST_CASE("an adjoint that is not finite does not pass where the graph's rule lets nothing through") {
  const auto both = [](const auto& f, auto... x) {
    const auto on_tape = ScalarTape<double>().value_and_grad(f, x...).second;
    if constexpr (sizeof...(x) == 1) {
      CHECK(same(on_tape, on_graph(f, x...).second));
      return on_tape;
    } else {
      const auto expected = on_graph(f, x...).second;
      for (std::size_t k = 0; k < expected.size(); ++k) CHECK(same(on_tape[k], expected[k]));
      return on_tape[0];
    }
  };
  CHECK(both([](auto x) { return sqrt(relu(x)); }, -1.0) == 0);
  CHECK(both([](auto x) { return sqrt(clamp(x, 0, 1)); }, -1.0) == 0);
  CHECK(both([](auto x, auto y) { return sqrt(maximum(x, y)); }, -1.0, 0.0) == 0);
  CHECK(both([](auto x, auto y) { return sqrt(minimum(x, y)); }, 1.0, 0.0) == 0);
  CHECK(both([](auto x) { return sqrt(where(greater(x, 0), x, 0)); }, -1.0) == 0);
  CHECK(both([](auto x, auto y) { return sqrt(sign(x) + y); }, 3.0, -1.0) == 0);
  CHECK(std::isnan(both([](auto x, auto y) { return sqrt(x * y); }, 0.0, 0.0)));
  CHECK(std::isnan(both([](auto x) { return sqrt(abs(x)); }, 0.0)));
  // What is stopped arrives as 0, and 0 times what is not finite further on is NaN.
  CHECK(std::isnan(both([](auto x) { return where(greater(x, 0), sqrt(x), 0); }, -1.0)));
  CHECK(std::isnan(both([](auto x, auto y) { return where(greater(x, 0), sqrt(x) * y, y); }, -1.0, 2.0)));
  CHECK(std::isnan(both([](auto x, auto y) { return maximum(sqrt(x) * y, 3); }, 0.0, 2.0)));
  CHECK(std::isnan(both([](auto x, auto y) { return minimum(y, 3 + relu((sqrt(x) - 1) * y)) * y; }, 0.0, 2.0)));
  CHECK(both([](auto x, auto y) { return sqrt(relu(relu(x * y))); }, -1.0, 2.0) == 0);
}

TEST_CASE("0 times an infinite slope is NaN, unless the loss does not depend on it at all") {
  ScalarTape<double> tape;
  CHECK(std::isnan(tape.value_and_grad([](auto x) { return 0 * sqrt(x); }, 0.0).second));
  const auto [value, slopes] = tape.value_and_grad(
      [](auto x, auto y) {
        const auto root = sqrt(x) * y;  // recorded, with an infinite slope along x
        return root * 0 + y * x;
      },
      0.0, 2.0);
  CHECK(value == 0);
  CHECK(std::isnan(slopes[0]));
  const auto unused = tape.value_and_grad(
      [](auto x, auto y) {
        const auto root = sqrt(x) * y;
        return root.value() == 0 ? y * x : root;
      },
      0.0, 2.0);
  CHECK(unused.second == std::array{2.0, 0.0});
}

TEST_CASE("a constant exponent takes no logarithm of a negative base") {
  ScalarTape<double> tape;
  CHECK(tape.value_and_grad([](auto x) { return pow(x, 3); }, -2.0).second == 12);
  CHECK(tape.value_and_grad([](auto x) { return pow(x, Number(3)); }, -2.0).second == 12);
  CHECK(std::isnan(tape.value_and_grad([](auto x, auto p) { return pow(x, p); }, -2.0, 3.0).second[1]));
}

// ---- ops of one's own
// ------------------------------------------------------------------------------------------------

TEST_CASE("an op of three inputs, and one made by record, are differentiated too") {
  const auto mix = elementwise(
      "mix", [](auto a, auto b, auto t) { return a + t * (b - a); },
      [](auto g, auto&&, auto, auto, auto t) { return g * (1 - t); },
      [](auto g, auto&&, auto, auto, auto t) { return g * t; },
      [](auto g, auto&&, auto a, auto b, auto) { return g * (b - a); });
  const auto cube = [](const auto& x) {
    return record("cube", [](const auto& v) { return v * v * v; },
        [](const auto& g, auto&&, const auto& v) { return g * (3 * v * v); })(x);
  };
  ScalarTape<double> tape;
  CHECK(tape.value_and_grad(mix, 2.0, 5.0, 0.25).second == std::array{0.75, 0.25, 3.0});
  CHECK(tape.value_and_grad([&](auto a, auto b) { return mix(a, b, b); }, 2.0, 5.0).second == std::array{-4.0, 8.0});
  CHECK(tape.value_and_grad(cube, 2.0) == std::pair{8.0, 12.0});
}

TEST_CASE("a tape of floats computes in float, one of long doubles in long double") {
  const auto f = [](auto x) { return exp(x) * 0.1 + sin(x) / 3; };
  const auto of_float = ScalarTape<float>().value_and_grad(f, 0.7f);
  static_assert(std::is_same_v<decltype(of_float.second), float>);
  CHECK(of_float.second == value_and_grad(f, 0.7f).second);
  const auto of_long_double = ScalarTape<long double>().value_and_grad(f, 0.7L).second;
  CHECK(std::fabs(of_long_double - (std::exp(0.7L) * 0.1 + std::cos(0.7L) / 3)) < 1e-18L);
}

// ---- one tape, many sweeps
// -------------------------------------------------------------------------------------------

TEST_CASE("several results of one recording give the rows of a Jacobian") {
  ScalarTape<double> tape;
  const Number r = tape.variable(2), angle = tape.variable(0.5);
  const Number x = r * cos(angle), y = r * sin(angle);
  backward(x);
  CHECK(r.grad() == std::cos(0.5));
  CHECK(angle.grad() == doctest::Approx(-2 * std::sin(0.5)));
  backward(y);
  CHECK(r.grad() == std::sin(0.5));
  CHECK(angle.grad() == doctest::Approx(2 * std::cos(0.5)));
  const Number later = tape.variable(7);
  CHECK(later.grad() == 0);
  backward(later * x);
  CHECK(later.grad() == x.value());
  backward(r);
  CHECK(r.grad() == 1);
}

TEST_CASE("a warm gradient allocates nothing") {
  ScalarTape<double> tape;
  std::vector<double> x(3000, 0.7), gradient(3000);
  const auto f = [](auto v) {
    const Number y = rosenbrock(v.data(), static_cast<int>(v.size()));
    return y + 0 * sqrt(v[0] * 0) * v[1];  // has to find out what the loss depends on
  };
  const std::size_t cold = support::allocations();
  tape.value_and_grad(f, x, gradient);
  const std::size_t before = support::allocations();
  CHECK((before > cold || support::sanitized));
  for (int i = 0; i < 3; ++i) tape.value_and_grad(f, x, gradient);
  tape.value_and_grad([](auto a, auto b) { return a * b; }, 1.0, 2.0);
  CHECK(support::allocations() == before);
}

TEST_CASE("tapes in two threads do not disturb each other") {
  std::vector<double> x(200), expected(200);
  for (std::size_t i = 0; i < 200; ++i) x[i] = 0.5 + 0.01 * static_cast<double>(i);
  const auto f = [](auto v) { return rosenbrock(v.data(), 200); };
  ScalarTape<double>().value_and_grad(f, x, expected);
  const auto work = [&](bool& right) {
    ScalarTape<double> tape;
    std::vector<double> gradient(200);
    for (int i = 0; i < 200; ++i) {
      tape.value_and_grad(f, x, gradient);
      right = right && gradient == expected;
    }
  };
  bool first = true, second = true;
  std::thread other(work, std::ref(second));
  work(first);
  other.join();
  CHECK((first && second));
}

TEST_CASE("numbers of tapes that were made in two threads do not meet either") {
  const auto make = [] {
    std::unique_ptr<ScalarTape<double>> tape;
    std::thread([&] { tape = std::make_unique<ScalarTape<double>>(); }).join();
    return tape;
  };
  const auto one = make(), other = make();
  CHECK_THROWS_AS(one->variable(1) * other->variable(2), GraphError);
}

// ---- misuse
// ----------------------------------------------------------------------------------------------------------

TEST_CASE("numbers of two tapes do not meet") {
  ScalarTape<double> tape, other;
  const Number x = tape.variable(1), y = other.variable(2);
  const std::string message = ": a ScalarVar belongs to another tape, or is from before clear() of its tape";
  CHECK(error_of([&] { x + y; }) == "minigrad: add" + message);
  CHECK(error_of([&] { atan2(sin(y), 2 * x); }) == "minigrad: atan2" + message);
  CHECK(error_of([&] { tape.value_and_grad([&](auto v) { return v * y; }, 1.0); }) == "minigrad: mul" + message);
  CHECK(error_of([&] { tape.value_and_grad([&](auto) { return y; }, 1.0); }) == "minigrad: value_and_grad" + message);
}

TEST_CASE("a number from before clear() has a value and no derivative") {
  ScalarTape<double> tape;
  const Number old = tape.variable(1);
  tape.clear();
  const Number x = tape.variable(2);
  const std::string message = ": a ScalarVar belongs to another tape, or is from before clear() of its tape";
  CHECK(old.value() == 1);
  CHECK(error_of([&] { old* x; }) == "minigrad: mul" + message);
  CHECK(error_of([&] { x - old; }) == "minigrad: sub" + message);
  CHECK(error_of([&] { backward(exp(old)); }) == "minigrad: backward" + message);
  CHECK(error_of([&] { old.grad(); }) == "minigrad: grad" + message);
  CHECK(error_of([&] { old + old; }) == "minigrad: add" + message);
}

TEST_CASE("a number from a value_and_grad that is over is refused") {
  ScalarTape<double> tape;
  Number escaped;
  tape.value_and_grad([&](auto x) { return escaped = x; }, 1.0);
  CHECK(error_of([&] { tape.value_and_grad([&](auto x) { return x * escaped; }, 1.0); }).starts_with("minigrad: mul"));
}

TEST_CASE("gradients are given of variables only, and after backward()") {
  ScalarTape<double> tape;
  const Number x = tape.variable(1), y = 2 * x, same_as_x = x + 0;
  CHECK(error_of([&] { x.grad(); }) == "minigrad: grad: no gradient yet: call backward() on a loss that uses it");
  backward(x * y);
  CHECK(x.grad() == 4);
  for (const Number& computed : {y, same_as_x})
    CHECK(error_of([&] { computed.grad(); }) ==
          "minigrad: grad: this ScalarVar was computed, and a tape has gradients of variables only: make it by "
          "tape.variable()");
  CHECK(error_of([&] { Number(3).grad(); }) ==
        "minigrad: grad: this ScalarVar is a constant: make it by tape.variable()");
  CHECK(error_of([&] { backward(Number(3) * 2); }) ==
        "minigrad: backward: the loss depends on no tape.variable(), so there is nothing to differentiate");
}

TEST_CASE("value_and_grad wants room for as many derivatives as there are numbers, and keeps its tape usable") {
  ScalarTape<double> tape;
  const std::vector<double> x(3);
  std::vector<double> two(2, 5);
  const auto f = [](auto v) { return v[0]; };
  CHECK(error_of([&] { tape.value_and_grad(f, x, two); }) ==
        "minigrad: value_and_grad: room for 2 derivatives of a function of 3 numbers");
  CHECK(two == std::vector<double>{5, 5});
  struct Stop {};
  std::vector<double> three(3);
  CHECK_THROWS_AS(tape.value_and_grad(
                      [](auto v) -> Number {
                        if (v[0] < 1) throw Stop();
                        return v[0];
                      },
                      x, three),
                  Stop);
  tape.value_and_grad(f, x, three);
  CHECK(three == std::vector<double>{1, 0, 0});
}

TEST_CASE("a tape refuses to differentiate within what it is differentiating, and goes on afterwards") {
  ScalarTape<double> tape;
  const auto inner = [&](auto) { return tape.value_and_grad([](auto z) { return z * z; }, 5.0).first; };
  CHECK_THROWS_WITH_AS(tape.value_and_grad(inner, 1.0),
                       "minigrad: value_and_grad: called by a function that the same tape is differentiating: give the "
                       "inner function a tape of its own",
                       GraphError);
  CHECK(tape.value_and_grad([](auto z) { return z * z; }, 5.0).second == 10);
}

TEST_CASE("no ordinary function of numbers raises a floating-point exception on a tape") {
  ScalarTape<double> tape;
  const auto raised_by = [&](const auto& f, double at) {
    std::feclearexcept(FE_ALL_EXCEPT);
    tape.value_and_grad(f, at);
    return std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
  };
  for (const double x : {0.0, -1.0, 50.0, -800.0}) {
    CAPTURE(x);
    CHECK(raised_by([](auto v) { return v * v; }, x) == 0);
    CHECK(raised_by([](auto v) { return 0 * v; }, x) == 0);
    CHECK(raised_by([](auto v) { return cos(v); }, x) == 0);
    CHECK(raised_by([](auto v) { return abs(v); }, x) == 0);
    CHECK(raised_by([](auto v) { return pow(v, 2); }, x) == 0);
    CHECK(raised_by([](auto v) { return exp(minimum(v, 0)); }, x) == 0);
    CHECK(raised_by([](auto v) { return tanh(v) + relu(v) + elu(v) + softplus(v); }, x) == 0);
    CHECK(raised_by([](auto v) { return maximum(v, 3) + clamp(v, -1, 1) + floor(v); }, x) == 0);
  }
  std::feclearexcept(FE_ALL_EXCEPT);
  const auto slopes = tape.value_and_grad([](auto a, auto b) { return sqrt(a * a + b * b); }, 1.0, 0.0).second;
  CHECK(std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW) == 0);
  CHECK(slopes == std::array<double, 2>{1, 0});
}
