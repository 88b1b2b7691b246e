// How far values and first derivatives of the elementwise ops are from the truth, in units in the last place, over the
// whole range of floats and doubles. The truth is computed in long double, by formulas that do not cancel and are not
// those of the rules. What runs are the loops over rows that the engine calls, and value and rule on single numbers.
//
// The table in docs/derivatives.md is printed, and the bounds are checked on many more numbers, by
//   build/quick/tests/minigrad_test_ops --no-skip -tc="the table of errors"
#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <minigrad/core/random.hpp>
#include <minigrad/ops/activations.hpp>
#include <minigrad/ops/angles.hpp>
#include <numbers>
#include <string>
#include <type_traits>
#include <vector>

using namespace minigrad;

namespace {

using Real = long double;

/// The derivatives by the inputs, and the largest term of dx where it is a sum that crosses 0, or 1 - y is rounded.
struct Truth {
  Real y, dx, dz = 0, term = 0;
};

/// |y - truth| in units in the last place of the larger of truth and term, and of numbers not below 2^subnormal times
/// the smallest that is normal.
template <class T>
double error_of(T y, Real truth, Real term, int subnormal) {
  using Limits = std::numeric_limits<T>;
  if (!std::isfinite(y)) {
    const bool overflows =
        std::fabs(truth) > static_cast<Real>((Limits::max)()) * (1 - 4 * static_cast<Real>(Limits::epsilon()));
    return overflows && std::signbit(y) == std::signbit(truth) ? 0 : static_cast<double>(INFINITY);
  }
  int exponent;
  std::frexp((std::max)(std::fabs(truth), std::fabs(term)), &exponent);
  exponent = (std::max)(exponent, Limits::min_exponent + subnormal);
  return static_cast<double>(std::fabs(static_cast<Real>(y) - truth) / std::ldexp(Real(1), exponent - Limits::digits));
}

/// Numbers of every size and sign, near the places where some op has a kink, a pole or a zero, and ordinary ones.
template <class T>
T sample(Rng& rng) {
  using Limits = std::numeric_limits<T>;
  const auto any = [&](double low, double high) { return static_cast<T>(rng.uniform(low, high)); };
  switch (rng.integer(4)) {
    case 0:
      return std::ldexp(any(-1, 1), Limits::min_exponent - Limits::digits +
                                        static_cast<int>(rng.integer(static_cast<std::uint64_t>(
                                            Limits::max_exponent - Limits::min_exponent + Limits::digits + 1))));
    case 1: {
      const double places[] = {0, 1, -1, 0.5, 2, -1.2784645, -0.7517916, 1.5707963267948966, 3.141592653589793, 30};
      return static_cast<T>(places[rng.integer(10)]) +
             std::ldexp(any(-1, 1), -static_cast<int>(rng.integer(Limits::digits + 4)));
    }
    case 2:
      return any(-4, 4);
    default:
      return sizeof(T) == 4 ? any(-110, 110) : any(-760, 760);
  }
}
/// Pairs, of which half are of similar size.
template <class T>
void sample_pair(Rng& rng, T& x, T& z) {
  x = sample<T>(rng);
  z = rng.integer(2) ? sample<T>(rng)
                     : std::ldexp(x, static_cast<int>(rng.integer(121)) - 60) * static_cast<T>(rng.uniform(-2, 2));
}
/// Bases and exponents whose power is in the range, or not far outside.
template <class T>
void sample_power(Rng& rng, T& x, T& p) {
  x = sample<T>(rng);
  const double exponents[] = {0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 1.5};
  switch (rng.integer(3)) {
    case 0:
      p = static_cast<T>(exponents[rng.integer(10)]);
      break;
    case 1:
      p = sample<T>(rng);
      break;
    default:
      p = static_cast<T>(rng.uniform(-1.01, 1.01) * std::numeric_limits<T>::max_exponent / std::log2(std::fabs(x)));
  }
  if (p != std::floor(p)) x = std::fabs(x);
}

struct Errors {
  double value = 0, x = 0, z = 0;  // the worst, of the derivatives by x and z
  double at[3][2] = {};            // where
};

template <class T, class F, class... In>
void run(const F& f, bool numbers, std::size_t n, T* out, const In*... in) {
  const void* const from[] = {in...};
  static constexpr std::size_t steps[] = {1, 1, 1, 1, 1, 1};
  if constexpr (is_simd_fn<F>)
    if (!numbers) return detail::inner_loop_on_one_thread<T, F, In...>(&f, n, out, from, steps);
  for (std::size_t i = 0; i < n; ++i) out[i] = f(in[i]...);
}
template <class T, class Rule, class... In>
void run_rule(const Rule& rule, bool numbers, std::size_t n, T* out, const T* g, const T* y, const In*... in) {
  constexpr auto reads = detail::reads_of<Rule, T>(std::index_sequence_for<In...>{});
  if constexpr (reads == detail::Reads::gradient)
    run(rule, numbers, n, out, g);
  else if constexpr (reads == detail::Reads::result)
    run(rule, numbers, n, out, g, y);
  else if constexpr (reads == detail::Reads::inputs)
    run(rule, numbers, n, out, g, in...);
  else
    run(rule, numbers, n, out, g, y, in...);
}

/// Everything of an op on rows of x, or of x and z.
template <class T, class Op>
void compute(const Op& op, bool numbers, std::size_t n, const T* x, const T* z, T* y, T* dx, T* dz) {
  const std::vector<T> g(n, T(1));
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(op.rules.template get<1>())>, NoRule>) {
    run(op.value, numbers, n, y, x);
    run_rule(op.rules.template get<0>(), numbers, n, dx, g.data(), y, x);
  } else {
    run(op.value, numbers, n, y, x, z);
    run_rule(op.rules.template get<0>(), numbers, n, dx, g.data(), y, x, z);
    run_rule(op.rules.template get<1>(), numbers, n, dz, g.data(), y, x, z);
  }
}
/// As above, through a pointer to the op, which has its attributes.
template <class T>
using Compute = void (*)(bool numbers, std::size_t n, const T* x, const T* z, T* y, T* dx, T* dz);

enum class Samples { one, two, power };

/// An op with the truth about it, and how many units in the last place the value, the derivative by the first input and
/// that by the second may be off. `subnormal`: the op multiplies a number that may be subnormal by up to 2^subnormal.
/// `z_from_value`: the derivative by the second input is computed from the value, and has its digits where that is
/// subnormal.
struct Entry {
  const char* name;
  Samples samples;
  double most_value, most_x, most_z;
  Compute<float> on_floats;
  Compute<double> on_doubles;
  Truth (*truth)(Real, Real);
  int subnormal = 0;
  bool z_from_value = false;
};

template <class T>
void draw(const Entry& entry, Rng& rng, T& x, T& z) {
  if (entry.samples == Samples::one) x = sample<T>(rng);
  if (entry.samples == Samples::two) sample_pair(rng, x, z);
  if (entry.samples == Samples::power) sample_power(rng, x, z);
}

template <class T>
Errors measure(const Entry& entry, Compute<T> compute_op, std::size_t n) {
  Rng rng(1);
  std::vector<T> x(n), z(n), y(n), dx(n), dz(n);
  for (std::size_t i = 0; i < n; ++i) draw(entry, rng, x[i], z[i]);
  std::vector<Truth> right(n);
  for (std::size_t i = 0; i < n; ++i) right[i] = entry.truth(static_cast<Real>(x[i]), static_cast<Real>(z[i]));
  Errors errors;
  for (const bool numbers : {false, true}) {
    compute_op(numbers, n, x.data(), z.data(), y.data(), dx.data(), dz.data());
    for (std::size_t i = 0; i < n; ++i) {
      const Truth& one = right[i];
      const auto note = [&](int k, double& worst, T found, Real expected, Real term) {
        if (!std::isfinite(expected) || std::isnan(one.y)) return;  // a pole, or outside of the domain
        const double off = error_of(found, expected, term, entry.subnormal);
        if (off > worst) {
          worst = off;
          errors.at[k][0] = static_cast<double>(x[i]);
          errors.at[k][1] = static_cast<double>(z[i]);
        }
      };
      note(0, errors.value, y[i], one.y, 0);
      note(1, errors.x, dx[i], one.dx, one.term);
      if (entry.samples == Samples::one) continue;
      constexpr auto smallest = static_cast<Real>((std::numeric_limits<T>::min)());
      if (entry.z_from_value && std::fabs(one.y) > static_cast<Real>((std::numeric_limits<T>::max)())) continue;
      const bool lost_digits = entry.z_from_value && one.y != 0 && std::fabs(one.y) < smallest;
      note(2, errors.z, dz[i], one.dz, lost_digits ? std::fabs(one.dz / one.y) * smallest : 0);
    }
  }
  return errors;
}

constexpr Real pi = std::numbers::pi_v<Real>, root_half = std::numbers::sqrt2_v<Real> / 2;
Real one_minus_square(Real x) { return std::fma(-x, x, Real(1)); }
/// exp(-x^2 rate), where rate is a power of 2.
Real bell(Real x, Real rate) {
  const Real square = x * x, rest = std::fma(x, x, -square);
  return std::exp(-square * rate) * (1 - (std::isfinite(rest) ? rest * rate : 0));
}
Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }
Real slope_of_tanh(Real x) { return 1 / (std::cosh(x) * std::cosh(x)); }
Truth power_truth(Real x, Real p) {
  const Real y = std::pow(x, p), slope = std::fabs(p) < 0x1p60L ? p * std::pow(x, p - 1) : p * y / x;
  return {y, p == 0 ? 0 : slope, y * std::log(x)};
}
Truth gelu_truth(Real x) {
  const Real cdf = std::erfc(-x * root_half) / 2, term = x * bell(x, 0.5L) / std::sqrt(2 * pi);
  return {x * cdf, cdf + term, 0, (std::max)(cdf, std::fabs(term))};
}
Truth silu_truth(Real x) {
  const Real s = logistic(x), term = x * s * logistic(-x);
  return {x * s, s + term, 0, (std::max)(s, std::fabs(term))};
}

#define COMPUTE(...)                                                                           \
  [](bool numbers, std::size_t n, const auto* x, const auto* z, auto* y, auto* dx, auto* dz) { \
    compute(__VA_ARGS__, numbers, n, x, z, y, dx, dz);                                         \
  }
#define ONE(name, op, value, most, ...)                         \
  name, Samples::one, value, most, 0, COMPUTE(op), COMPUTE(op), \
      []([[maybe_unused]] Real x, Real) -> Truth { return __VA_ARGS__; }
#define TWO(name, samples, op, value, most_x, most_z, ...)        \
  name, samples, value, most_x, most_z, COMPUTE(op), COMPUTE(op), \
      []([[maybe_unused]] Real x, [[maybe_unused]] Real z) -> Truth { return __VA_ARGS__; }

const Entry entries[] = {
    // arithmetic
    {TWO("add", Samples::two, add_op, 0.5, 0, 0, {x + z, 1, 1})},
    {TWO("sub", Samples::two, sub_op, 0.5, 0, 0, {x - z, 1, -1})},
    {TWO("mul", Samples::two, mul_op, 0.5, 0, 0, {x * z, z, x})},
    {TWO("div", Samples::two, div_op, 0.5, 0.5, 2, {x / z, 1 / z, -x / (z * z)}), 0, true},
    {ONE("neg", neg_op, 0, 0, {-x, -1})},
    {TWO("maximum", Samples::two, maximum_op, 0, 0, 0,
         {(std::max)(x, z), x == z ? 0.5L : x > z, x == z ? 0.5L : z > x})},
    {TWO("minimum", Samples::two, minimum_op, 0, 0, 0,
         {(std::min)(x, z), x == z ? 0.5L : x < z, x == z ? 0.5L : z < x})},
    {ONE("clamp", clamp_op.with(detail::Limits<double>{-1, 2}), 0, 0,
         {x < -1  ? -1
          : x > 2 ? 2
                  : x,
          x >= -1 && x <= 2 ? 1.0L : 0.0L})},
    // sizes, squares and roots
    {ONE("sign", sign_op, 0, 0, {static_cast<Real>((x > 0) - (x < 0)), 0})},
    {ONE("abs", abs_op, 0, 0, {std::fabs(x), static_cast<Real>((x > 0) - (x < 0))})},
    {ONE("square", square_op, 0.5, 0, {x * x, 2 * x})},
    {ONE("sqrt", sqrt_op, 0.5, 1.5, {std::sqrt(x), 1 / (2 * std::sqrt(x))})},
    {ONE("reciprocal", reciprocal_op, 0.5, 2, {1 / x, -1 / (x * x)})},
    {ONE("floor", floor_op, 0, 0, {std::floor(x), 0})},
    {ONE("ceil", ceil_op, 0, 0, {std::ceil(x), 0})},
    // exponentials, logarithms, powers
    {ONE("exp", exp_op, 1.5, 1.5, {std::exp(x), std::exp(x)})},
    {ONE("expm1", expm1_op, 2, 1.5, {std::expm1(x), std::exp(x)})},
    {ONE("log", log_op, 1.5, 0.5, {std::log(x), 1 / x})},
    {ONE("log1p", log1p_op, 2, 1.5, {std::log1p(x), 1 / (1 + x)})},
    {ONE("log2", log2_op, 1.5, 4, {std::log2(x), 1 / (x * std::numbers::ln2_v<Real>)})},
    {ONE("log10", log10_op, 2.5, 3, {std::log10(x), 1 / (x * std::numbers::ln10_v<Real>)})},
    {TWO("pow", Samples::power, pow_op, 1, 4, 4, power_truth(x, z)), 0, true},
    // angles and hyperbolic functions
    {ONE("sin", sin_op, 1, 1, {std::sin(x), std::cos(x)})},
    {ONE("cos", cos_op, 1, 1, {std::cos(x), -std::sin(x)})},
    {ONE("tan", tan_op, 1.5, 4, {std::tan(x), 1 / (std::cos(x) * std::cos(x))})},
    {ONE("asin", asin_op, 1, 3, {std::asin(x), 1 / std::sqrt(one_minus_square(x))})},
    {ONE("acos", acos_op, 1, 3, {std::acos(x), -1 / std::sqrt(one_minus_square(x))})},
    {ONE("atan", atan_op, 1, 4, {std::atan(x), 1 / (1 + x * x)})},
    {TWO("atan2", Samples::two, atan2_op, 1.5, 5, 5, {std::atan2(x, z), z / (x * x + z * z), -x / (x * x + z * z)})},
    {TWO("hypot", Samples::two, hypot_op, 1, 3, 3,
         {std::sqrt(x * x + z * z), x / std::sqrt(x* x + z * z), z / std::sqrt(x* x + z * z)})},
    {ONE("sinh", sinh_op, 2, 2, {std::sinh(x), std::cosh(x)})},
    {ONE("cosh", cosh_op, 2, 2, {std::cosh(x), std::sinh(x)})},
    {ONE("asinh", asinh_op, 2, 2, {std::asinh(x), 1 / std::sqrt(x* x + 1)})},
    {ONE("acosh", acosh_op, 2, 4, {std::acosh(x), 1 / std::sqrt(-one_minus_square(x))})},
    {ONE("atanh", atanh_op, 2, 3, {std::atanh(x), 1 / one_minus_square(x)})},
    {ONE("erf", erf_op, 1, 4, {std::erf(x), 2 / std::sqrt(pi) * bell(x, 1)})},
    // activations
    {ONE("tanh", tanh_op, 4, 4, {std::tanh(x), slope_of_tanh(x), 0, 1})},
    {ONE("sigmoid", sigmoid_op, 3, 4, {logistic(x), logistic(x) * logistic(-x), 0, logistic(x)})},
    {ONE("relu", relu_op, 0, 0, {(std::max)(x, Real(0)), x > 0 ? 1.0L : 0.0L})},
    {ONE("leaky_relu", leaky_relu_op.with(detail::Slope{0.25}), 0.5, 0, {x > 0 ? x : x / 4, x > 0 ? 1 : 0.25L})},
    {ONE("elu", elu_op.with(detail::Alpha{0.75}), 3, 3,
         {x > 0 ? x : 0.75L * std::expm1(x), x > 0 ? 1 : 0.75L * std::exp(x)})},
    {ONE("softplus", softplus_op, 3, 3, {(std::max)(x, Real(0)) + std::log1p(std::exp(-std::fabs(x))), logistic(x)})},
    {ONE("silu", silu_op, 4, 5, silu_truth(x)), 10},
    {ONE("gelu", gelu_op, 2000, 8, gelu_truth(x)), 5},
};

/// The floating-point exceptions that an op raises on rows of n numbers; the numbers go round.
template <class T>
int raised_by(Compute<T> compute_op, bool numbers, const std::vector<T>& x, const std::vector<T>& z, std::size_t n) {
  std::vector<T> y(n), dx(n), dz(n);
  int raised = 0;
  for (std::size_t i = 0; i + n <= x.size(); i += n) {
    std::feclearexcept(FE_ALL_EXCEPT);
    compute_op(numbers, n, &x[i], &z[i], y.data(), dx.data(), dz.data());
    raised |= std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
  }
  return raised;
}

/// Checks that an op raises none where value and derivatives are finite numbers.
template <class T>
void check_exceptions(const Entry& entry, Compute<T> compute_op, std::size_t samples) {
  Rng rng(2);
  const auto fits = [](Real value) { return std::fabs(value) < static_cast<Real>((std::numeric_limits<T>::max)()); };
  std::vector<T> x, z;
  for (std::size_t i = 0; i < samples; ++i) {
    T a = 0, b = 0;
    draw(entry, rng, a, b);
    const Truth truth = entry.truth(static_cast<Real>(a), static_cast<Real>(b));
    if (!fits(truth.y) || !fits(truth.dx) || !fits(truth.dz)) continue;
    if (entry.samples == Samples::power && !fits(truth.dx / static_cast<Real>(b))) continue;  // x^(p-1) overflows
    x.push_back(a);
    z.push_back(b);
  }
  for (const bool numbers : {false, true}) {
    bool none = true;
    for (const std::size_t n : {97u, 32u, 5u, 1u}) none = none && raised_by(compute_op, numbers, x, z, n) == 0;
    CHECK(none);
    for (std::size_t i = 0; i < x.size() && !none; ++i)
      if (const int raised = raised_by(compute_op, numbers, {x[i]}, {z[i]}, 1)) {
        std::string text = sizeof(T) == 4 ? "float" : "double";
        text += numbers ? ", one number:" : ", a row:";
        if (raised & FE_INVALID) text += " FE_INVALID";
        if (raised & FE_DIVBYZERO) text += " FE_DIVBYZERO";
        if (raised & FE_OVERFLOW) text += " FE_OVERFLOW";
        CAPTURE(x[i]);
        CAPTURE(z[i]);
        FAIL_CHECK(text);
        break;
      }
  }
}

/// valgrind computes with long double as with double, and some systems have no better one.
bool long_double_is_long() {
  volatile Real tiny = std::ldexp(Real(1), -60);
  const bool is_long = (1 + tiny) - 1 == tiny;
  if (!is_long) MESSAGE("skipped: long double is no longer than double here");
  return is_long;
}

void check_bounds(const Entry& one, const Errors& errors) {
  CAPTURE(std::string(one.name));
  CAPTURE(errors.at);
  CHECK(errors.value <= one.most_value);
  CHECK(errors.x <= one.most_x);
  CHECK(errors.z <= one.most_z);
}

}  // namespace

TEST_CASE("values and derivatives are right to a few units in the last place over the whole range") {
  if (!long_double_is_long()) return;
  for (const Entry& one : entries) {
    check_bounds(one, measure<float>(one, one.on_floats, 6'000));
    check_bounds(one, measure<double>(one, one.on_doubles, 6'000));
  }
}

TEST_CASE("no result that is a finite number raises FE_INVALID, FE_DIVBYZERO or FE_OVERFLOW") {
  if (!long_double_is_long()) return;
  for (const Entry& one : entries) {
    CAPTURE(std::string(one.name));
    check_exceptions<float>(one, one.on_floats, 3'000);
    check_exceptions<double>(one, one.on_doubles, 3'000);
  }
}

TEST_CASE("the table of errors" * doctest::skip()) {
  const auto up = [](double off) { return std::ceil(off * 10) / 10; };
  std::printf("| op | float: y | slopes | double: y | slopes |\n| --- | --- | --- | --- | --- |\n");
  for (const Entry& one : entries) {
    std::printf("| `%s` |", one.name);
    const auto print = [&](const Errors& errors) {
      check_bounds(one, errors);
      std::printf(" %g | %g", up(errors.value), up(errors.x));
      if (one.samples != Samples::one) std::printf(", %g", up(errors.z));
      std::printf(" |");
    };
    print(measure<float>(one, one.on_floats, 400'000));
    print(measure<double>(one, one.on_doubles, 400'000));
    std::printf("\n");
  }
}
