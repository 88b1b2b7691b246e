#include <minigrad/scalar/c_functions.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <minigrad/scalar/scalar_functions.hpp>
#include <limits>
#include <sstream>
#include <vector>

using namespace minigrad;

namespace {

using S = ScalarVar<double>;
constexpr double inf = std::numeric_limits<double>::infinity(), no_number = std::numeric_limits<double>::quiet_NaN();

/// Compares the value with that of numbers, and each derivative with a difference quotient in long double.
template <class F, class... N>
void check(const char* name, const F& f, N... at) {
  CAPTURE(name);
  ScalarTape<double> tape;
  std::vector<double> x{at...}, slopes(x.size());
  const auto call = [&](const auto& v) {
    if constexpr (sizeof...(N) == 1)
      return f(v[0]);
    else if constexpr (sizeof...(N) == 2)
      return f(v[0], v[1]);
    else
      return f(v[0], v[1], v[2]);
  };
  const double value = tape.value_and_grad([&](auto v) { return S(call(v)); }, std::span<const double>(x), slopes);
  CHECK(value == doctest::Approx(static_cast<double>(call(x))).epsilon(1e-15));
  for (std::size_t k = 0; k < x.size(); ++k) {
    CAPTURE(k);
    std::vector<long double> up(x.begin(), x.end()), down(up);
    const long double h = 1e-6L * std::fabs(up[k]);
    up[k] += h;
    down[k] -= h;
    CHECK(slopes[k] == doctest::Approx(static_cast<double>((call(up) - call(down)) / (2 * h))).epsilon(1e-8));
  }
}

/// dy/dx of a function of one number, and of the k-th of two.
template <class F>
double slope(const F& f, double x) {
  return ScalarTape<double>().value_and_grad(f, x).second;
}
template <class F>
std::array<double, 2> slopes(const F& f, double x, double y) {
  return ScalarTape<double>().value_and_grad(f, x, y).second;
}

}  // namespace

#define CHECK_FUNCTION(f, ...) \
  check(                       \
      #f,                      \
      [](const auto&... v) {   \
        using std::f;          \
        return f(v...);        \
      },                       \
      __VA_ARGS__)

TEST_CASE("the functions of <math.h> have the values of numbers, and derivatives as difference quotients say") {
  CHECK_FUNCTION(cbrt, 2.5);
  CHECK_FUNCTION(cbrt, -0.3);
  CHECK_FUNCTION(exp2, 1.7);
  CHECK_FUNCTION(erfc, 0.8);
  CHECK_FUNCTION(erfc, -1.2);
  for (const double x : {0.01, 0.5, 1.3, 1.5, 4.2, 30.5, -0.4, -2.7, -7.3}) CHECK_FUNCTION(lgamma, x);
  for (const double x : {0.2, 0.5, 1.3, 4.2, 12.5, -0.4, -2.7}) CHECK_FUNCTION(tgamma, x);
  for (const double x : {1.4, -1.6, 3.0001}) {
    CHECK_FUNCTION(round, x);
    CHECK_FUNCTION(trunc, x);
    CHECK_FUNCTION(rint, x);
    CHECK_FUNCTION(nearbyint, x);
    CHECK_FUNCTION(logb, x);
  }
  CHECK_FUNCTION(fmax, 1.5, -2.0);
  CHECK_FUNCTION(fmin, 1.5, -2.0);
  CHECK_FUNCTION(fdim, 1.5, -2.0);
  CHECK_FUNCTION(fdim, -2.0, 1.5);
  for (const double y : {1.3, -1.3, 20.0}) {
    CHECK_FUNCTION(fmod, 7.1, y);
    CHECK_FUNCTION(fmod, -7.1, y);
    CHECK_FUNCTION(remainder, 7.1, y);
    CHECK_FUNCTION(remainder, -7.1, y);
    CHECK_FUNCTION(copysign, 7.1, y);
    CHECK_FUNCTION(copysign, -7.1, y);
  }
  CHECK_FUNCTION(fma, 1.5, -2.0, 0.7);
  CHECK_FUNCTION(hypot, 1.5, -2.0, 0.7);
  check(
      "ldexp",
      [](const auto& x) {
        using std::ldexp;
        return ldexp(x, 5) + ldexp(x, -3);
      },
      1.3);
  check(
      "frexp",
      [](const auto& x) {
        using std::frexp;
        int n = 0;
        return frexp(x, &n) * n;
      },
      13.0);
  check(
      "modf",
      [](const auto& x) {
        using std::modf;
        auto whole = x;
        const auto part = modf(x, &whole);
        return part * part + whole;
      },
      2.7);
}

TEST_CASE("known points have the values of digamma, to 4e-15") {
  const double gamma = 0.57721566490153286061, pi = 3.14159265358979323846;
  const auto close = [](double x, double right) {
    CAPTURE(x);
    CHECK(std::fabs(detail::digamma(x) - right) <= 4e-15 * std::fmax(1, std::fabs(right)));
  };
  close(1, -gamma);
  close(2, 1 - gamma);
  close(0.5, -gamma - 2 * std::log(2.0));
  close(0.25, -gamma - pi / 2 - 3 * std::log(2.0));
  close(1.0 / 3, -gamma - pi / (2 * std::sqrt(3.0)) - 1.5 * std::log(3.0));
  close(-0.5, 2 - gamma - 2 * std::log(2.0));
  close(-1.5, 2 + 2.0 / 3 - gamma - 2 * std::log(2.0));
  close(1.4616321449683623, 0);  // its zero
  close(100, 4.6001618527380874002);
  close(1e10, 23.025850929890456840);
  for (double x = 0.1; x < 15; x += 0.37) {  // in long double the same steps are 2000 times as exact
    const long double right = detail::digamma(static_cast<long double>(x));
    if (std::numeric_limits<long double>::digits > 53) close(x, static_cast<double>(right));
    CHECK(detail::digamma(static_cast<float>(x)) == doctest::Approx(static_cast<double>(right)).epsilon(2e-6));
  }
  CHECK(detail::is_nan(detail::digamma(0.0)));
  CHECK(detail::is_nan(detail::digamma(-3.0)));
}

TEST_CASE("where there is no derivative, the conventions hold") {
  CHECK(slope([](auto x) { return cbrt(x); }, 0) == inf);
  CHECK(slope([](auto x) { return round(x); }, 0.5) == 0);
  CHECK(detail::is_nan(slope([](auto x) { return lgamma(x); }, -2)));
  using P = std::array<double, 2>;
  const auto larger = [](auto x, auto y) { return fmax(x, y); };
  const auto smaller = [](auto x, auto y) { return fmin(x, y); };
  CHECK(slopes(larger, 3, 3) == P{0.5, 0.5});
  CHECK(slopes(smaller, 3, 3) == P{0.5, 0.5});
  CHECK(slopes(larger, no_number, 3) == P{0, 1});
  CHECK(slopes(larger, 3, no_number) == P{1, 0});
  CHECK(slopes(smaller, no_number, 3) == P{0, 1});
  CHECK(ScalarTape<double>().value_and_grad(larger, no_number, 3).first == 3);
  CHECK(slopes([](auto x, auto y) { return fdim(x, y); }, 3, 3) == P{0, 0});
  CHECK(slopes([](auto x, auto y) { return copysign(x, y); }, 0.0, -1.0) == P{-1, 0});
}

TEST_CASE("functions of several numbers take ScalarVars and numbers in any mix") {
  ScalarTape<double> tape;
  const auto [value, slope] = tape.value_and_grad(
      [](auto x) {
        return fmax(x, 1) + fmin(4, x) + fmod(x, 2) + fma(2, x, 1) + hypot(x, 4, 0) + copysign(1, x) + max(x, 2.0) +
               min(5, x);
      },
      3.0);
  CHECK(value == 3 + 3 + 1 + 7 + 5 + 1 + 3 + 3);
  CHECK(slope == doctest::Approx(1 + 1 + 1 + 2 + 0.6 + 0 + 1 + 1));
}

TEST_CASE("a ScalarVar counts up and down, and writes its value") {
  ScalarTape<double> tape;
  const auto [value, slope] = tape.value_and_grad(
      [](auto x) {
        const auto first = x++, second = ++x, third = x--, fourth = --x;
        return first + 10 * second + 100 * third + 1000 * fourth;
      },
      1.0);
  CHECK(value == 1 + 30 + 300 + 1000);
  CHECK(slope == 1111);
  std::ostringstream out;
  out << tape.variable(1.5) << ' ' << ilogb(tape.variable(9)) << lround(tape.variable(2.5)) << signbit(S(-1));
  CHECK(out.str() == "1.5 331");
}
