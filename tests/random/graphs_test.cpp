// Thousands of random expressions over the op table, of numbers and of small tensors that broadcast: gradients against
// finite differences, and gradients and Hessians against ADOL-C where it is installed (Debian: libadolc-dev). An
// expression is grown at a point, and an op is taken only where it is smooth and of moderate size there. A failure
// prints its seed and its expression; seeds are 1, 2, 3, ...
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/minigrad.hpp>
#include <string>
#include <type_traits>
#include <vector>

#if defined(MINIGRAD_HAS_ADOLC)
#include <adolc/adolc.h>

// What ADOL-C has no function for, from those that it has.
namespace adolc_ops {
inline adouble maximum(const adouble& x, const adouble& y) { return fmax(x, y); }
inline adouble minimum(const adouble& x, const adouble& y) { return fmin(x, y); }
inline adouble abs(const adouble& x) { return fabs(x); }
inline adouble square(const adouble& x) { return x * x; }
inline adouble reciprocal(const adouble& x) { return 1 / x; }
inline adouble expm1(const adouble& x) { return exp(x) - 1; }
inline adouble log1p(const adouble& x) { return log(1 + x); }
inline adouble sigmoid(const adouble& x) { return 1 / (1 + exp(-x)); }
inline adouble relu(const adouble& x) { return x > 0 ? x : 0 * x; }
inline adouble leaky_relu(const adouble& x, double slope) { return x > 0 ? x : slope * x; }
inline adouble elu(const adouble& x, double alpha) { return x > 0 ? x : alpha * (exp(x) - 1); }
inline adouble softplus(const adouble& x) { return log(1 + exp(x)); }
inline adouble silu(const adouble& x) { return x / (1 + exp(-x)); }
inline adouble gelu(const adouble& x) { return x * (1 + erf(x / std::sqrt(2.0))) / 2; }
inline adouble clamp(const adouble& x, double low, double high) {
  return x < low ? 0 * x + low : x > high ? 0 * x + high : adouble(x);
}
}  // namespace adolc_ops
#endif

using namespace minigrad;

namespace {

using T = Tensor<double>;

template <class X>
auto positive_or(const X& x, const X& y) {
  return where(greater(x, 0), x, y);
}
#if defined(MINIGRAD_HAS_ADOLC)
adouble positive_or(const adouble& x, const adouble& y) { return x > 0 ? x : y; }
#endif

/// Where an op may be applied: its first operand, and, for all but sums and products, its second.
struct Op {
  const char* text;  // x and y stand for the operands, c for a constant
  int operands;
  double low = -8, high = 8;
  double corner = 100;        // a place to keep away from
  double low2 = -8, high2 = 8;
  double corner2 = 100;
};
constexpr Op ops[] = {
    {"(x + y)", 2}, {"(x - y)", 2}, {"(x * y)", 2}, {"(x / y)", 2, -8, 8, 100, -8, 8, 0},
    {"maximum(x, y)", 2}, {"minimum(x, y)", 2}, {"positive_or(x, y)", 2, -8, 8, 0},
    {"pow(x, y)", 2, 0.3, 4, 100, -3, 3}, {"(-x)", 1}, {"abs(x)", 1, -8, 8, 0}, {"square(x)", 1, -4, 4},
    {"sqrt(x)", 1, 0.2, 50}, {"reciprocal(x)", 1, -8, 8, 0}, {"exp(x)", 1, -5, 2}, {"expm1(x)", 1, -5, 2},
    {"log(x)", 1, 0.2, 50}, {"log1p(x)", 1, -0.8, 50}, {"pow(x, c)", 1, 0.3, 4}, {"pow(c, x)", 1, -2, 2},
    {"pow(x, 3)", 1, -2, 2}, {"sin(x)", 1}, {"cos(x)", 1}, {"tan(x)", 1, -1.2, 1.2}, {"atan(x)", 1},
    {"erf(x)", 1, -3, 3},
    {"tanh(x)", 1}, {"sigmoid(x)", 1}, {"relu(x)", 1, -8, 8, 0}, {"leaky_relu(x, 0.1)", 1, -8, 8, 0},
    {"elu(x, 0.7)", 1, -8, 8, 0}, {"softplus(x)", 1}, {"silu(x)", 1}, {"gelu(x)", 1, -4, 4},
    {"clamp(x, -1, c)", 1}, {"(x * c)", 1}, {"(c / x)", 1, -8, 8, 0}, {"(c - x)", 1},
    // of tensors only
    {"sum(x, -1)", 1}, {"mean(x)", 1}, {"max(x, 0)", 1}, {"logsumexp(x, -1)", 1}, {"softmax(x, -1)", 1},
    {"log_softmax(x, 0)", 1}, {"transpose(x)", 1}, {"matmul_nt(x, y)", 2}, {"var(x)", 1}, {"slice(x, 0, 1)", 1}};
constexpr std::size_t op_count = std::size(ops), tensor_ops = 10;

/// One op of an expression: its operands are earlier values, the inputs first.
struct Step {
  std::size_t op, x, y;
  double c;
};

template <class X>
X apply(const Step& step, const X& x, const X& y) {
#if defined(MINIGRAD_HAS_ADOLC)
  using namespace adolc_ops;
#endif
  const double c = step.c;
  switch (step.op) {
    case 0: return x + y;
    case 1: return x - y;
    case 2: return x * y;
    case 3: return x / y;
    case 4: return maximum(x, y);
    case 5: return minimum(x, y);
    case 6: return positive_or(x, y);
    case 7: return pow(x, y);
    case 8: return -x;
    case 9: return abs(x);
    case 10: return square(x);
    case 11: return sqrt(x);
    case 12: return reciprocal(x);
    case 13: return exp(x);
    case 14: return expm1(x);
    case 15: return log(x);
    case 16: return log1p(x);
    case 17: return pow(x, c);
    case 18: return pow(c, x);
    case 19: return pow(x, 3);
    case 20: return sin(x);
    case 21: return cos(x);
    case 22: return tan(x);
    case 23: return atan(x);
    case 24: return erf(x);
    case 25: return tanh(x);
    case 26: return sigmoid(x);
    case 27: return relu(x);
    case 28: return leaky_relu(x, 0.1);
    case 29: return elu(x, 0.7);
    case 30: return softplus(x);
    case 31: return silu(x);
    case 32: return gelu(x);
    case 33: return clamp(x, -1.0, c);
    case 34: return x * c;
    case 35: return c / x;
    case 36: return c - x;
  }
  if constexpr (std::is_same_v<X, T> || std::is_same_v<X, Var<T>>) {
    switch (step.op) {
      case 37: return sum(x, -1);
      case 38: return mean(x);
      case 39: return (max)(x, 0);
      case 40: return logsumexp(x, -1);
      case 41: return softmax(x, -1);
      case 42: return log_softmax(x, 0);
      case 43: return transpose(x);
      case 44: return matmul_nt(x, y);
      case 45: return var(x);
      case 46: return slice(x, 0, 1);
    }
  }
  throw Error("no such op");
}

std::span<const double> numbers_of(const double& x) { return {&x, 1}; }
std::span<const double> numbers_of(const T& x) { return {x.data(), x.size()}; }
bool within(std::span<const double> x, double low, double high, double corner) {
  return std::all_of(x.begin(), x.end(), [&](double v) { return v > low && v < high && std::fabs(v - corner) > 0.05; });
}

/// Whether the op is smooth at these operands, and takes their shapes.
template <class X>
bool fits(const Step& step, const X& x, const X& y) {
  const Op& op = ops[step.op];
  if (!within(numbers_of(x), op.low, op.high, op.corner)) return false;
  if (op.operands == 2 && !within(numbers_of(y), op.low2, op.high2, op.corner2)) return false;
  if (step.op == 33) return within(numbers_of(x), -8, 8, -1) && within(numbers_of(x), -8, 8, step.c);
  if constexpr (std::is_same_v<X, T>) {
    const std::size_t rank = x.rank();
    if (op.operands == 2 && step.op < op_count - tensor_ops)
      for (std::size_t i = 0; i < std::max(rank, y.rank()); ++i) {
        const std::size_t m = x.shape().from_right(i), n = y.shape().from_right(i);
        if (m != n && m != 1 && n != 1) return false;
      }
    if (step.op >= op_count - tensor_ops && rank == 0) return false;
    if (step.op == 43 && rank != 2) return false;
    if (step.op == 44) return rank == 2 && y.rank() == 2 && x.shape()[1] == y.shape()[1];
    if (step.op == 45) return x.size() > 1;
    if (step.op == 39) {  // no ties nearby
      auto sorted = std::vector<double>(x.begin(), x.end());
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t i = 1; i < sorted.size(); ++i)
        if (sorted[i] - sorted[i - 1] < 0.05) return false;
    }
  }
  if (step.op == 4 || step.op == 5) {
    const X gap = x - y;
    return within(numbers_of(gap), -16, 16, 0);
  }
  return true;
}

/// An expression, the point at which it was grown, and its text.
template <class X>
struct Expression {
  std::vector<X> inputs;
  std::vector<Step> steps;
  std::string text;

  /// The sum of the elements of the last value, and of the inputs, so that it depends on each.
  template <class Y>
  Y operator()(std::vector<Y> values) const {
    for (const Step& step : steps) values.push_back(apply(step, values[step.x], values[step.y]));
    const auto total = [](const Y& v) -> Y {
      if constexpr (std::is_same_v<Y, T> || std::is_same_v<Y, Var<T>>) return sum(v);
      else return v;
    };
    Y y = total(values.back());
    for (std::size_t k = 0; k < inputs.size(); ++k) y = y + total(values[k]);
    return y;
  }
};

template <class X>
Expression<X> grow(std::uint64_t seed) {
  Rng rng(seed);
  Expression<X> out;
  std::vector<X> values;
  std::vector<std::string> texts;
  constexpr bool tensors = std::is_same_v<X, T>;
  const Shape shapes[] = {{}, {1}, {3}, {2, 1}, {2, 3}, {1, 3}, {3, 3}};
  for (std::size_t k = 0; k < 3; ++k) {
    if constexpr (tensors) values.push_back(uniform<double>(shapes[rng.integer(std::size(shapes))], -2, 2, rng));
    else values.push_back(rng.uniform(-2, 2));
    texts.push_back(std::string(1, static_cast<char>('a' + k)));
  }
  out.inputs = values;
  const std::size_t length = 3 + rng.integer(20);
  for (int attempt = 0; out.steps.size() < length && attempt < 1000; ++attempt) {
    // The newest value is an operand every other time, so that expressions grow deep.
    const auto any = [&] { return rng.integer(2) ? values.size() - 1 : std::size_t{rng.integer(values.size())}; };
    const Step step{rng.integer(tensors ? op_count : op_count - tensor_ops), any(), any(), rng.uniform(0.5, 2)};
    const X &x = values[step.x], &y = values[step.y];
    if (!fits(step, x, y)) continue;
    X value = apply(step, x, y);
    if (!within(numbers_of(value), -50, 50, 100) || numbers_of(value).size() > 40) continue;
    std::string text;
    for (const char* at = ops[step.op].text; *at; ++at) {
      const bool name = std::isalnum(static_cast<unsigned char>(at[1])) || at[1] == '_' || at[1] == '(' ||
                        (at != ops[step.op].text && std::isalnum(static_cast<unsigned char>(at[-1])));
      if (*at == 'x' && !name) text += texts[step.x];
      else if (*at == 'y' && !name) text += texts[step.y];
      else if (*at == 'c' && !name) text += format_fixed(step.c, 6);
      else text += *at;
    }
    texts.push_back("v" + std::to_string(out.steps.size()));
    out.text += texts.back() + " = " + text + "; ";
    out.steps.push_back(step);
    values.push_back(std::move(value));
  }
  return out;
}

/// Compares a gradient with central differences of steps h and h / 2; where these differ much, nothing is said.
struct Differences {
  std::size_t compared = 0, unclear = 0;

  template <class X>
  void check(const Expression<X>& f, std::uint64_t seed, const std::vector<std::vector<double>>& gradient) {
    for (std::size_t k = 0; k < f.inputs.size(); ++k)
      for (std::size_t i = 0; i < gradient[k].size(); ++i) {
        const auto slope = [&](double h) {
          double sides[2];
          for (int side : {0, 1}) {
            std::vector<X> x = f.inputs;
            const double moved = numbers_of(x[k])[i] + (side ? h : -h);
            if constexpr (std::is_same_v<X, T>) x[k][i] = moved;
            else x[k] = moved;
            sides[side] = numbers_of(f(std::move(x)))[0];
          }
          return (sides[1] - sides[0]) / (2 * h);
        };
        const double rough = slope(2e-4), fine = slope(1e-4), g = gradient[k][i];
        const double size = std::fmax(1, std::fabs(fine)), doubt = std::fabs(rough - fine);
        if (!(doubt < 1e-3 * size)) {
          ++unclear;
          continue;
        }
        ++compared;
        if (!(std::fabs(g - (4 * fine - rough) / 3) <= 1e-7 * size + doubt))
          FAIL_CHECK("seed " << seed << ", input " << k << "[" << i << "]: " << g << ", by differences " << fine
                             << ": " << f.text);
      }
  }
};

bool close(double a, double b, double tolerance) {
  return std::fabs(a - b) <= tolerance * std::fmax(1, std::fmax(std::fabs(a), std::fabs(b)));
}

}  // namespace

TEST_CASE("gradients of 4000 random expressions of numbers agree with finite differences") {
  Differences differences;
  std::size_t steps = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    const auto f = grow<double>(seed);
    steps += f.steps.size();
    Graph<double> graph;
    std::vector<Var<double>> x;
    for (const double value : f.inputs) x.push_back(graph.variable(value));
    const auto y = f(x);
    if (y.value() != f(f.inputs)) FAIL_CHECK("seed " << seed << ": value: " << f.text);
    backward(y);
    std::vector<std::vector<double>> gradient;
    for (const auto& v : x) gradient.push_back({v.grad()});
    differences.check(f, seed, gradient);
  }
  MESSAGE(steps << " ops, " << differences.compared << " derivatives compared, " << differences.unclear << " unclear");
  CHECK(differences.unclear * 50 < differences.compared);
}

TEST_CASE("gradients of 2000 random expressions of tensors agree with finite differences, and recorded ones too") {
  Differences differences;
  std::size_t steps = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const auto f = grow<T>(seed);
    steps += f.steps.size();
    Graph<T> graph;
    std::vector<Var<T>> x;
    for (const T& value : f.inputs) x.push_back(graph.variable(value));
    const auto y = f(x);
    if (!close(y.value().item(), f(f.inputs).item(), 1e-12)) FAIL_CHECK("seed " << seed << ": value: " << f.text);
    backward(y);
    std::vector<std::vector<double>> gradient;
    for (const auto& v : x) {
      gradient.emplace_back(v.grad().begin(), v.grad().end());
      const auto recorded = grad(y, v);
      for (std::size_t i = 0; i < gradient.back().size(); ++i)
        if (!close(recorded.value()[i], gradient.back()[i], 1e-12)) FAIL_CHECK("seed " << seed << ": grad: " << f.text);
    }
    differences.check(f, seed, gradient);
  }
  MESSAGE(steps << " ops, " << differences.compared << " derivatives compared, " << differences.unclear << " unclear");
  CHECK(differences.unclear * 50 < differences.compared);
}

#if defined(MINIGRAD_HAS_ADOLC)
TEST_CASE("gradients and Hessians of 4000 random expressions of numbers agree with ADOL-C") {
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    const auto f = grow<double>(seed);
    const std::size_t n = f.inputs.size();
    trace_on(1);
    std::vector<adouble> inputs(n);
    for (std::size_t k = 0; k < n; ++k) inputs[k] <<= f.inputs[k];
    double value;
    f(inputs) >>= value;
    trace_off();
    std::vector<double> at = f.inputs, first(n), second(n * n);
    std::vector<double*> rows;
    for (std::size_t k = 0; k < n; ++k) rows.push_back(&second[k * n]);
    gradient(1, static_cast<int>(n), at.data(), first.data());
    hessian(1, static_cast<int>(n), at.data(), rows.data());

    Graph<double> graph;
    std::vector<Var<double>> x;
    for (const double number : f.inputs) x.push_back(graph.variable(number));
    const auto y = f(x);
    for (std::size_t k = 0; k < n; ++k) {
      const auto g = grad(y, x[k]);
      if (!close(g.value(), first[k], 1e-10))
        FAIL_CHECK("seed " << seed << ", input " << k << ": " << g.value() << ", ADOL-C: " << first[k] << ": "
                           << f.text);
      for (std::size_t j = 0; j <= k; ++j) {
        const double ours = grad(g, x[j]).value(), theirs = second[k * n + j];
        if (!close(ours, theirs, 1e-9))
          FAIL_CHECK("seed " << seed << ", inputs " << k << ", " << j << ": " << ours << ", ADOL-C: " << theirs << ": "
                             << f.text);
      }
    }
  }
}
#endif
