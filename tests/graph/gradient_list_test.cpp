// The list of gradient checks: every op with a derivative stands here once, and is checked by check_grads to order 2,
// on small inputs to order 3.
// The last test compares the list with the headers, so that no op is forgotten.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/class_losses.hpp>
#include <minigrad/nn/embedding_losses.hpp>
#include <minigrad/nn/regression_losses.hpp>
#include <minigrad/nn/images.hpp>
#include <minigrad/ops/all.hpp>
#include <set>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

using T = Tensor<double>;

/// Random numbers between low and high, but none within 0.05 of 0, where many ops have a corner.
T numbers(const Shape& shape, double low, double high, std::uint64_t seed = 1) {
  Rng rng(seed);
  auto x = T::empty(shape);
  for (double& value : x) {
    do value = rng.uniform(low, high);
    while (std::fabs(value) < 0.05);
  }
  return x;
}

/// Counts what was checked, for the summary at the end.
std::size_t checks_to_order_2 = 0, checks_to_order_3 = 0;

/// check_grads to order 2, and to order 3 where that takes few evaluations.
template <class F, class V, std::size_t N>
void check(const F& f, const V (&inputs)[N]) {
  std::size_t elements = 0;
  for (const V& x : inputs) elements += shape_of(x).size();
  const bool cheap = elements <= 9;
  ++(cheap ? checks_to_order_3 : checks_to_order_2);
  check_grads(f, inputs, cheap ? 3 : 2);
}

/// f(x) on tensors of these shapes.
template <class F>
void on_tensors(const F& f, std::initializer_list<Shape> shapes, double low = -2, double high = 2) {
  for (const Shape& shape : shapes) check(f, {numbers(shape, low, high)});
}

/// f(x), element by element, on tensors of all kinds of shapes and on a number.
template <class F>
void one(const F& f, double low = -2, double high = 2) {
  on_tensors(f, {{}, {0}, {1}, {1, 1, 1}, {5}, {2, 3}, {3, 1}, {0, 0}, {2, 0, 3}, {1, 2, 1, 2}, {1, 1, 2, 1, 1, 2}}, low,
             high);
  for (double x : numbers({5}, low, high)) check(f, {x});
  check([&](const auto& v) { return f(f(v) * 0.1 + v); }, {numbers({2}, low, high)});  // the same op again
}

/// f(x, y), element by element: stretched both ways, the same input twice, and either one a constant.
template <class F>
void two(const F& f, double low = -2, double high = 2) {
  const Shape pairs[][2] = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}},  {{3}, {2, 3}},  {{2, 1}, {1, 3}},    {{1, 3}, {2, 1}},       {{2}, {}},
      {{}, {2}},        {{}, {}},       {{1}, {1}},     {{1}, {3}},          {{3}, {1}},             {{1, 1}, {}},
      {{0}, {1}},       {{1}, {0}},     {{0}, {0}},     {{}, {0}},           {{2, 1}, {2, 0}},       {{2, 0}, {2, 1}},
      {{3}, {1, 1, 3}}, {{2, 1, 2}, {3, 1}}, {{3, 1}, {2, 1, 2}}, {{1, 2, 1, 3}, {2, 1, 2, 1}}, {{2, 2, 2}, {2}}};
  for (const auto& [a, b] : pairs) check(f, {numbers(a, low, high, 1), numbers(b, low, high, 2)});
  const T x = numbers({2, 3}, low, high, 3), row = numbers({3}, low, high, 4), column = numbers({2, 1}, low, high, 5);
  for (const T& v : {x, row, column, T::scalar(x[0]), T::empty({0, 2})}) {
    check([&](const auto& u) { return f(u, u); }, {v});
    check([&](const auto& u) { return f(u, 1.5); }, {v});
    check([&](const auto& u) { return f(1.5, u); }, {v});
  }
  for (const Shape& shape : {Shape{2, 3}, Shape{3}, Shape{2, 1}}) {
    const T constant = numbers(shape, low, high, 6);
    check([&](const auto& u) { return f(u, constant); }, {x});
    check([&](const auto& u) { return f(constant, u); }, {x});
    check([&](const auto& u) { return f(u, constant); }, {row});
    check([&](const auto& u) { return f(constant, u); }, {column});
  }
  check(f, {x[0], x[1]});
  check([&](const auto& v) { return f(v, v); }, {x[0]});
  check([&](const auto& v) { return f(v, 1.5); }, {x[0]});
  check([&](const auto& v) { return f(1.5, v); }, {x[0]});
}

/// f(x, axis, keepdim) over everything and along each axis.
template <class F>
void reduction(const F& f, bool of_nothing = true) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{4}, Shape{2, 3}, Shape{1, 1}, Shape{3, 1, 2}, Shape{2, 2, 2},
                             Shape{0}, Shape{2, 0}, Shape{0, 3}}) {
    if (shape.size() == 0 && !of_nothing) continue;
    const T x = numbers(shape, -2, 2);
    for (const bool keepdim : {false, true}) {
      check([&](const auto& v) { return f(v, all_axes, keepdim); }, {x});
      for (int axis = 0; axis < static_cast<int>(shape.rank()); ++axis) {
        check([&](const auto& v) { return f(v, axis, keepdim); }, {x});
        check([&](const auto& v) { return f(v, axis - static_cast<int>(shape.rank()), keepdim); }, {x});
      }
    }
  }
}

/// A product of matrices, of which one may be stored transposed.
template <class F>
void product(const F& f, bool a_transposed = false, bool b_transposed = false) {
  for (const auto& [m, k, n] : {std::array{2, 3, 4}, {1, 1, 1}, {1, 3, 1}, {2, 1, 2}, {3, 1, 2}, {1, 2, 3}, {0, 2, 3},
                                {2, 0, 3}, {2, 3, 0}, {0, 0, 0}}) {
    const Shape a = a_transposed ? Shape{k, m} : Shape{m, k}, b = b_transposed ? Shape{n, k} : Shape{k, n};
    check(f, {numbers(a, -2, 2, 1), numbers(b, -2, 2, 2)});
  }
  const T x = numbers({3, 3}, -2, 2), y = numbers({3, 3}, -2, 2, 2);
  check([&](const auto& v) { return f(v, v); }, {x});
  check([&](const auto& v) { return f(f(v, v), v); }, {numbers({2, 2}, -1, 1)});
  check([&](const auto& v) { return f(v, y); }, {x});
  check([&](const auto& v) { return f(y, v); }, {x});
}

/// A loss of prediction and target, each a Var or the target a constant.
template <class F>
void loss(const F& f, double target_low = -2, double target_high = 2) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{4}, Shape{3, 2}, Shape{0}, Shape{2, 0}, Shape{1, 2, 2}}) {
    const T p = numbers(shape, -2, 2, 1), t = numbers(shape, target_low, target_high, 2);
    for (const auto reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
      if (shape.size() == 0 && reduction == Reduction::mean) continue;  // the mean of nothing is NaN
      check([&](const auto& x, const auto& y) { return f(x, y, reduction); }, {p, t});
      check([&](const auto& x) { return f(x, t, reduction); }, {p});
      check([&](const auto& y) { return f(p, y, reduction); }, {t});
      check([&](const auto& x) { return f(x, x * 0.1 + 0.5, reduction); }, {p});
    }
  }
}

struct GradientCheck {
  std::string op;
  void (*check)();
};

const Tensor<std::int64_t> labels{2, 0, 2, 1};

#define OP(...) [](const auto& x) { return __VA_ARGS__; }
#define OP2(...) [](const auto& x, const auto& y) { return __VA_ARGS__; }

const std::vector<GradientCheck> gradient_list = {
    // arithmetic
    {"add", [] { two(OP2(x + y)); }},
    {"sub", [] { two(OP2(x - y)); }},
    {"mul", [] { two(OP2(x * y)); }},
    {"div", [] { two(OP2(x / y), 0.5, 2); }},
    {"neg", [] { one(OP(-x)); }},
    {"maximum", [] { two(OP2(maximum(x, y))); }},
    {"minimum", [] { two(OP2(minimum(x, y))); }},
    {"clamp", [] { one(OP(clamp(x, -0.7, 1))); }},
    {"where", [] { two(OP2(where(greater(x, 0.2), x * x, y))); }},
    // sizes, squares and roots
    {"sign", [] { one(OP(sign(x) * x)); }},
    {"abs", [] { one(OP(abs(x))); }},
    {"square", [] { one(OP(square(x))); }},
    {"sqrt", [] { one(OP(sqrt(x)), 0.5, 2); }},
    {"floor", [] { one(OP(floor(x) * x)); }},
    {"ceil", [] { one(OP(ceil(x) * x)); }},
    {"reciprocal", [] { one(OP(reciprocal(x)), 0.5, 2); }},
    // exponentials, logarithms, powers, angles
    {"exp", [] { one(OP(exp(x))); }},
    {"expm1", [] { one(OP(expm1(x))); }},
    {"log", [] { one(OP(log(x)), 0.5, 2); }},
    {"log1p", [] { one(OP(log1p(x)), -0.5, 2); }},
    {"log2", [] { one(OP(log2(x)), 0.5, 2); }},
    {"log10", [] { one(OP(log10(x)), 0.5, 2); }},
    {"pow", [] { two(OP2(pow(x, y)), 0.5, 2); }},
    {"pow_derivative",
     [] {
       two([](const auto& x, const auto& y) { return detail::pow_derivative(x, y, 1); }, 0.5, 2);
       two([](const auto& x, const auto& y) { return detail::pow_derivative(x, y, 2); }, 0.5, 2);
     }},
    {"gaussian", [] { one(OP(detail::gaussian(x, 0.5))); }},
    {"sin", [] { one(OP(sin(x))); }},
    {"cos", [] { one(OP(cos(x))); }},
    {"tan", [] { one(OP(tan(x)), -1, 1); }},
    {"atan", [] { one(OP(atan(x))); }},
    {"erf", [] { one(OP(erf(x))); }},
    {"asin", [] { one(OP(asin(x)), -0.8, 0.8); }},
    {"acos", [] { one(OP(acos(x)), -0.8, 0.8); }},
    {"atan2", [] { two(OP2(atan2(x, y))); }},
    {"hypot", [] { two(OP2(hypot(x, y))); }},
    {"sinh", [] { one(OP(sinh(x))); }},
    {"cosh", [] { one(OP(cosh(x))); }},
    {"asinh", [] { one(OP(asinh(x))); }},
    {"acosh", [] { one(OP(acosh(x)), 1.2, 3); }},
    {"atanh", [] { one(OP(atanh(x)), -0.8, 0.8); }},
    // activations
    {"tanh", [] { one(OP(tanh(x))); }},
    {"sigmoid", [] { one(OP(sigmoid(x))); }},
    {"relu", [] { one(OP(relu(x) * x)); }},
    {"leaky_relu", [] { one(OP(leaky_relu(x, 0.3) * x)); }},
    {"elu", [] { one(OP(elu(x, 0.7))); }},
    {"softplus", [] { one(OP(softplus(x))); }},
    {"silu", [] { one(OP(silu(x))); }},
    {"normal_cdf", [] { one(OP(detail::normal_cdf_op(x))); }},
    {"gelu", [] { one(OP(gelu(x))); }},
    // reductions
    {"sum", [] { reduction([](const auto& x, auto... how) { return square(sum(x, how...)); }); }},
    {"mean", [] { reduction([](const auto& x, auto... how) { return square(mean(x, how...)); }, false); }},
    {"var", [] { reduction([](const auto& x, auto... how) { return var(x, how..., 0); }, false); }},
    {"std", [] { on_tensors([](const auto& x) { return minigrad::std(x, 1); }, {{2, 3}, {1, 4}}); }},
    {"max", [] { reduction([](const auto& x, auto... how) { return square((max)(x, how...)); }, false); }},
    {"min", [] { reduction([](const auto& x, auto... how) { return square((min)(x, how...)); }, false); }},
    {"logsumexp", [] { reduction([](const auto& x, auto... how) { return logsumexp(x, how...); }, false); }},
    {"softmax", [] { reduction([](const auto& x, Axis axis, bool) { return softmax(x, axis); }); }},
    {"log_softmax", [] { reduction([](const auto& x, Axis axis, bool) { return log_softmax(x, axis); }); }},
    {"broadcast_to", [] { on_tensors(OP(square(broadcast_to(x, {2, 3}))), {{2, 3}, {3}, {2, 1}, {1, 1}, {}}); }},
    {"sum_to", [] { on_tensors(OP(square(sum_to(x, {2, 1}))), {{2, 1}, {2, 3}, {4, 2, 3}, {2, 0}}); }},
    // the same numbers elsewhere
    {"reshape", [] { on_tensors(OP(square(reshape(x, {3, 2}))), {{6}, {2, 3}, {1, 6, 1}}); }},
    {"reshape to -1", [] { on_tensors(OP(square(reshape(x, {-1, 2}))), {{6}, {2, 3}, {1, 6, 1}, {0, 3}}); }},
    {"flatten", [] { on_tensors(OP(square(flatten(x, 1))), {{2, 3}, {2, 1, 2}, {0, 3, 2}, {2, 0}}); }},
    {"transpose",
     [] {
       on_tensors(OP(square(transpose(x))), {{2, 3}, {1, 1}, {0, 2}, {2, 3, 2}});
       on_tensors(OP(square(transpose(x, 0, 2))), {{2, 3, 2}, {2, 1, 0}});
     }},
    {"permute",
     [] {
       on_tensors(OP(square(permute(x, {2, 0, 1}))), {{2, 3, 2}, {1, 2, 3}, {2, 0, 3}});
       on_tensors(OP(square(permute(x, {0, -1, 1}))), {{2, 3, 2}});
     }},
    {"pad",
     [] {
       on_tensors(OP(square(pad(x, {1, 2}, PadMode::constant, 3))), {{2}, {2, 2}, {0, 3}, {2, 0}});
       on_tensors(OP(square(pad(x, {-1, 1, 1, -1}))), {{2, 2}, {2, 3, 2}});
       on_tensors(OP(square(pad(x, {1, 2}, PadMode::reflect))), {{3}, {2, 3}});
       on_tensors(OP(square(pad(x, {1, 2, 2, 0}, PadMode::replicate))), {{2, 2}, {2, 1, 2}});
       on_tensors(OP(square(pad(x, {1, 2, 0, 1}, PadMode::circular))), {{2, 2}});
     }},
    {"slice", [] { on_tensors(OP(square(slice(x, 1, 3, -1))), {{3}, {2, 4}, {2, 2, 3}, {0, 3}}); }},
    {"unslice", [] { on_tensors(OP(square(unslice(x, {2, 5}, 1, 1))), {{2, 3}, {2, 0}, {2, 4}}); }},
    {"index_select", [] { on_tensors(OP(square(index_select(x, labels))), {{3}, {3, 2}, {4, 1, 2}, {3, 0}}); }},
    {"index_add", [] { on_tensors(OP(square(index_add(x, labels, 3))), {{4}, {4, 2}, {4, 0}}); }},
    {"concatenate",
     [] {
       const auto joined = OP2(square(concatenate({x, y, x}, 1)));
       check(joined, {numbers({2, 3}, -2, 2), numbers({2, 1}, -2, 2)});
       check(joined, {numbers({2, 3}, -2, 2), numbers({2, 0}, -2, 2)});
     }},
    {"stack",
     [] {
       check(OP2(square(stack({x, y}))), {numbers({2, 3}, -2, 2), numbers({2, 3}, -2, 2)});
       check(OP2(square(stack({x, y, x}, -1))), {numbers({2}, -2, 2), numbers({2}, -2, 2)});
     }},
    // products of matrices
    {"matmul",
     [] {
       product(OP2(matmul(x, y)));
       check(OP2(matmul(x, y)), {numbers({2, 2, 3}, -2, 2, 1), numbers({3, 2}, -2, 2, 2)});
       check(OP2(matmul(x, y)), {numbers({3}, -2, 2, 1), numbers({3, 2}, -2, 2, 2)});
     }},
    {"batch_matmul",
     [] {
       const Shape pairs[][2] = {{{2, 2, 3}, {2, 3, 2}}, {{2, 3}, {2, 3, 2}},    {{2, 2, 3}, {1, 3, 2}},
                                 {{2, 3}, {3}},          {{2, 1, 2, 3}, {2, 3, 1}}, {{3}, {2, 3, 2}},
                                 {{3}, {3}},             {{0, 2, 3}, {0, 3, 2}}, {{2, 2, 0}, {2, 0, 2}}};
       for (const auto& [a, b] : pairs) check(OP2(matmul(x, y)), {numbers(a, -2, 2, 1), numbers(b, -2, 2, 2)});
       check(OP(matmul(x, matmul(x, x))), {numbers({2, 2, 2}, -1, 1)});
     }},
    {"batch_matmul_nt",
     [] { check(OP2(matmul_nt(x, y)), {numbers({2, 2, 3}, -2, 2, 1), numbers({2, 1, 3}, -2, 2, 2)}); }},
    {"batch_matmul_tn",
     [] { check(OP2(detail::batch_matmul_tn(x, y)), {numbers({2, 3, 2}, -2, 2, 1), numbers({2, 3, 1}, -2, 2, 2)}); }},
    {"matmul_nt",
     [] {
       product(OP2(matmul_nt(x, y)), false, true);
       check(OP2(matmul_nt(x, y)), {numbers({2, 2, 3}, -2, 2, 1), numbers({2, 3}, -2, 2, 2)});
     }},
    {"matmul_tn",
     [] {
       product(OP2(matmul_tn(x, y)), true, false);
       check(OP2(matmul_tn(x, y)), {numbers({2, 2, 3}, -2, 2, 1), numbers({2, 2, 1}, -2, 2, 2)});
       check(OP2(matmul_tn(x, y)), {numbers({3}, -2, 2, 1), numbers({2}, -2, 2, 2)});
     }},
    {"linear",
     [] {
       const auto layer = [](const auto& x, const auto& w, const auto& b) { return linear(x, w, b); };
       for (const Shape& shape : {Shape{3}, Shape{2, 3}, Shape{2, 2, 3}, Shape{0, 3}})
         check(layer, {numbers(shape, -2, 2, 1), numbers({4, 3}, -2, 2, 2), numbers({4}, -2, 2, 3)});
       check(layer, {numbers({2, 0}, -2, 2), numbers({4, 0}, -2, 2), numbers({4}, -2, 2)});
       check(layer, {numbers({2, 3}, -2, 2), numbers({0, 3}, -2, 2), numbers({0}, -2, 2)});
     }},
    // losses
    {"mse_loss", [] { loss([](const auto&... x) { return mse_loss(x...); }); }},
    {"l1_loss", [] { loss([](const auto&... x) { return l1_loss(x...); }); }},
    {"huber_loss", [] { loss([](const auto& p, const auto& t, auto r) { return huber_loss(p, t, 0.7, r); }); }},
    {"bce_with_logits_loss", [] { loss([](const auto&... x) { return bce_with_logits_loss(x...); }, 0.1, 0.9); }},
    {"cross_entropy_loss",
     [] {
       on_tensors(OP(cross_entropy_loss(x, labels)), {{4, 3}, {4, 5}});
       check(OP2(cross_entropy_loss(x, softmax(y, 1))), {numbers({4, 3}, -2, 2, 1), numbers({4, 3}, -2, 2, 2)});
     }},
    {"nll_loss", [] { on_tensors(OP(nll_loss(log_softmax(x, 1), labels, Reduction::none)), {{4, 3}, {4, 4}}); }},
    {"smooth_l1_loss", [] { loss([](const auto& p, const auto& t, auto r) { return smooth_l1_loss(p, t, 0.7, r); }); }},
    {"gaussian_nll_loss",
     [] {
       const auto f = [](const auto& p, const auto& t, const auto& v) { return gaussian_nll_loss(p, t, v, {.full = true}); };
       check(f, {numbers({2, 3}, -2, 2, 1), numbers({2, 3}, -2, 2, 2), numbers({2, 3}, 0.5, 2, 3)});
       check(f, {numbers({3, 1}, -2, 2, 1), numbers({3, 1}, -2, 2, 2), numbers({3, 1}, 0.5, 2, 3)});
       check(f, {numbers({2, 3}, -2, 2, 1), numbers({2, 3}, -2, 2, 2), numbers({2, 1}, 0.5, 2, 3)});
       loss([](const auto& p, const auto& t, auto) { return poisson_nll_loss(p, t, {.full = true}); }, 1.5, 3);
       loss([](const auto& p, const auto& t, auto) { return poisson_nll_loss(exp(p), t, {.log_input = false}); }, 0.1, 3);
     }},
    {"kl_div",
     [] {
       const auto f = [](const auto& x, const auto& t) { return kl_div(log_softmax(x, 1), t, Reduction::sum); };
       check(f, {numbers({2, 4}, -2, 2, 1), numbers({2, 4}, 0.1, 0.9, 2)});
       check(OP2(kl_div(log_softmax(x, 1), log_softmax(y, 1), Reduction::mean, true)),
             {numbers({2, 4}, -2, 2, 1), numbers({2, 4}, -2, 2, 2)});
     }},
    {"class_loss",
     [] {
       on_tensors(OP(cross_entropy_loss(x, labels, {.weight = {1, 2, 0.5}, .label_smoothing = 0.1})), {{4, 3}});
       on_tensors(OP(cross_entropy_loss(x, labels, {.ignore_index = 2, .label_smoothing = 0.1})), {{4, 3}});
       on_tensors(OP(nll_loss(log_softmax(x, 1), labels, {.weight = {1, 2, 0.5}})), {{4, 3}});
       check(OP2(cross_entropy_loss(x, softmax(y, 1), {.weight = {1, 2, 0.5}, .label_smoothing = 0.1})),
             {numbers({4, 3}, -2, 2, 1), numbers({4, 3}, -2, 2, 2)});
       const T signs{{1, -1, 1}, {-1, 1, -1}};
       on_tensors([&](const auto& x) { return hinge_embedding_loss(x, signs, 0.3); }, {{2, 3}});
       const T of_rows{1, -1};
       check([&](const auto& x, const auto& y) { return cosine_embedding_loss(x, y, of_rows, -0.9); },
             {numbers({2, 3}, -2, 2, 1), numbers({2, 3}, -2, 2, 2)});
       for (const double p : {1.0, 2.0, 3.0})
         check([&](const auto& x, const auto& y, const auto& z) {
           return triplet_margin_loss(x, y, z, {.margin = 3, .p = p, .swap = true});
         }, {numbers({2, 3}, -2, 2, 1), numbers({2, 3}, -2, 2, 2), numbers({2, 3}, -2, 2, 3)});
     }},
    {"class_loss_rule",
     [] {
       const detail::ClassTargets q{"class_loss_rule", labels, T{1, 2, 0.5}, -100, 0.1, true, false};
       on_tensors([&](const auto& g) { return square(detail::class_loss_rule(q, g, 3)); }, {{4}});
     }},
    {"max_with_indices",
     [] {
       reduction([](const auto& v, Axis axis, bool keepdim) { return square(max_with_indices(v, axis, keepdim).first); },
                 false);
     }},
    // images
    {"conv",
     [] {
       const auto f = [](const auto& x, const auto& w, const auto& b) {
         return conv2d(x, w, b, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2});
       };
       check(f, {numbers({2, 2, 5, 4}, -2, 2), numbers({4, 1, 3, 2}, -2, 2, 2), numbers({4}, -2, 2, 3)});
       check(OP2(conv1d(x, y, {.padding = "same"})), {numbers({1, 1, 5}, -2, 2), numbers({1, 1, 4}, -2, 2, 2)});
       check(OP2(conv1d(x, y)), {numbers({0, 2, 5}, -2, 2), numbers({3, 2, 2}, -2, 2, 2)});
     }},
    {"conv_transpose",
     [] {
       const auto f = [](const auto& x, const auto& w, const auto& b) {
         return conv_transpose2d(x, w, b, {.stride = {2, 3}, .padding = {1, 0}, .output_padding = 1, .groups = 2});
       };
       check(f, {numbers({2, 2, 2, 3}, -2, 2), numbers({2, 2, 3, 2}, -2, 2, 2), numbers({4}, -2, 2, 3)});
       check(OP2(conv_transpose1d(x, y, {.stride = 3})), {numbers({1, 2, 2}, -2, 2), numbers({2, 1, 2}, -2, 2, 2)});
     }},
    {"conv_weight",
     [] {
       const detail::ConvAttributes a = detail::conv_attributes("conv2d", PerAxis<2>(2, 3), ConvOptions<2>{.stride = 2, .padding = 1});
       const auto f = [&](const auto& x, const auto& y) { return detail::conv_weight(a, x, y); };
       check(f, {numbers({2, 2, 5, 4}, -2, 2), numbers({2, 3, 3, 2}, -2, 2, 2)});
     }},
    {"channel_sum", [] { on_tensors(OP(square(detail::channel_sum(x))), {{2, 3}, {2, 3, 2}, {0, 2, 3}, {20, 2}}); }},
    {"channel_expand", [] { on_tensors(OP(square(detail::channel_expand(x, {2, 3, 2}))), {{3}}); }},
    {"max_pool", [] {
       on_tensors(OP(square(MaxPool2d(3, {.stride = PerAxis<2>(2), .padding = 1})(x))), {{2, 2, 5, 4}});
       on_tensors(OP(square(MaxPool1d(2)(x))), {{1, 2, 5}, {0, 2, 5}});
     }},
    {"plane_gather",
     [] {
       const detail::PlaneAttributes a{detail::IndexRef(Tensor<std::int64_t>{{{1, 4, 1}}}), {1, 1, 5}};
       on_tensors([&](const auto& x) { return square(detail::plane_gather(a, x)); }, {{1, 1, 5}});
     }},
    {"plane_scatter",
     [] {
       const detail::PlaneAttributes a{detail::IndexRef(Tensor<std::int64_t>{{{1, 4, 1}}}), {1, 1, 5}};
       on_tensors([&](const auto& x) { return square(detail::plane_scatter(a, x)); }, {{1, 1, 3}});
     }},
    {"resample",
     [] {
       on_tensors(OP(square(AvgPool2d(3, {.stride = PerAxis<2>(2), .padding = 1})(x))), {{2, 2, 5, 4}});
       on_tensors(OP(square(AdaptiveAvgPool1d(3)(x))), {{1, 2, 5}});
       on_tensors(OP(square(Upsample({.scale_factor = 1.7, .mode = "bilinear"})(x))), {{1, 2, 3, 4}});
     }},
    {"resample_transpose",
     [] {
       detail::ResampleTransposeAttributes a{};
       a.kind = detail::Resample::upsample_linear;
       a.window.kernel = {1};
       a.output = {5};
       a.shape = {1, 2, 3};
       on_tensors([&](const auto& y) { return square(detail::resample_transpose(a, y)); }, {{1, 2, 5}});
     }},
    {"batch_norm",
     [] {
       const auto f = [](const auto& x, const auto& w, const auto& b) {
         using V = typename std::remove_cvref_t<decltype(x)>::value_type;
         const detail::BatchNormAttributes<V> a{"batch_norm", 1e-5, &x.graph(), &x.graph().saved(), nullptr, nullptr, 0, nullptr};
         return detail::batch_norm_op.apply(a, x, w, b);
       };
       check(f, {numbers({3, 2, 2}, -2, 2), numbers({2}, -2, 2, 2), numbers({2}, -2, 2, 3)});
       check(f, {numbers({4, 1}, -2, 2), numbers({1}, -2, 2, 2), numbers({1}, -2, 2, 3)});
     }},
    {"dropout_channels",
     [] {
       on_tensors([](const auto& x) {
         Rng rng(7);  // the same channels each time
         return Dropout2d(0.5, rng)(square(x));
       }, {{2, 3, 1, 2}});
     }},
    {"select_along",
     [] {
       const detail::SelectAttributes at{{1, false}, Tensor<std::int64_t>{2, 0}};
       on_tensors([&](const auto& x) { return square(detail::select_along(x, at)); }, {{2, 3}});
     }},
    {"scatter_along",
     [] {
       const detail::SelectAttributes at{{1, false}, Tensor<std::int64_t>{2, 0}};
       on_tensors([&](const auto& x) { return square(detail::scatter_along(x, at, {2, 3})); }, {{2}});
     }},
    {"scatter_labels",
     [] {
       on_tensors(OP(square(detail::scatter(x, detail::LabelAttributes{"scatter", labels}, 5))), {{4}});
     }},
    // parts, and what is picked by indices
    {"strided_slice",
     [] {
       on_tensors(OP(square(index(x, {1, Slice(0, 3, 2), ellipsis, Slice(-2, to_end)}))), {{2, 3, 3}, {2, 3, 1, 2}});
       on_tensors(OP(square(slice(x, 0, 3, -1, 2))), {{3}, {2, 4}});
     }},
    {"strided_unslice",
     [] {
       detail::StridedPart part({2, 5});
       part.set("slice", 1, Slice(1, to_end, 2), false);
       on_tensors([&](const auto& x) { return square(detail::strided_unslice(x, part)); }, {{2, 2}});
     }},
    {"gather",
     [] {
       on_tensors(OP(square(gather(x, Tensor<std::int64_t>{{2, 0, 1, 1}, {0, 0, 2, 1}}, 1))), {{2, 3}, {3, 3}});
       on_tensors(OP(square(gather(x, Tensor<std::int64_t>{{1, 0}}, 0))), {{2, 3}});
       on_tensors(OP(square(take_along_dim(x, Tensor<std::int64_t>{{1}, {0}}, 1))), {{2, 3}, {1, 3}});
     }},
    {"scatter_add",
     [] {
       check(OP2(square(scatter_add(x, Tensor<std::int64_t>{{0, 0}, {2, 1}}, y, 1))),
             {numbers({2, 3}, -2, 2, 1), numbers({2, 2}, -2, 2, 2)});
     }},
    // sorted, running, triangles, turned
    {"sort", [] { on_tensors(OP(square(sort(x).first) + sort(x, 0, true).first), {{1}, {4}, {2, 3}, {2, 0}}); }},
    {"topk", [] { on_tensors(OP(square(topk(x, 2).first)), {{2}, {4}, {2, 3}}); }},
    {"cumsum",
     [] {
       on_tensors(OP(square(cumsum(x, 0)) + cumsum(x, -1, true, true)), {{4}, {2, 3}, {0, 2}});
     }},
    {"cumprod",
     [] {
       const T zeros{{0, 2}, {0, 1}, {1, 3}};
       for (const bool exclusive : {false, true})
         for (const bool reverse : {false, true}) {
           const auto f = [=](const auto& x) { return square(cumprod(x, 0, exclusive, reverse)); };
           on_tensors(f, {{3}, {2, 3}, {0, 2}});
           check(f, {zeros});
         }
     }},
    {"scan",
     [] {
       for (const bool lagged : {false, true})
         for (const bool reverse : {false, true})
           check([=](const auto& b, const auto& x) { return detail::scan(b, x, {1, reverse, lagged}); },
                 {numbers({2, 3}, -2, 2, 1), numbers({2, 3}, -2, 2, 2)});
     }},
    {"prod",
     [] {
       on_tensors(OP(square(prod(x)) + prod(x, {0, 1}) * prod(x, 0, true)), {{1, 3}, {2, 2}});
       check(OP(prod(x)), {T{0, 2, 0, 3}});
       check(OP(prod(x, 1)), {T{{0, 2, 3}, {1, 4, 2}}});
     }},
    {"triangle", [] { on_tensors(OP(square(tril(x)) + triu(x, 1) * x), {{2, 2}, {3, 2}, {2, 1, 2}, {0, 2}}); }},
    {"flip", [] { on_tensors(OP(square(flip(x, 1)) * flip(x)), {{2, 2}, {1, 3}, {2, 0}}); }},
    {"roll", [] { on_tensors(OP(square(roll(x, 1, 1)) * roll(x, -1)), {{2, 2}, {1, 3}, {2, 0}}); }},
    {"norm",
     [] {
       for (const double p : {0.5, 1.0, 1.5, 2.0, 3.0, 1.0 / 0.0})
         on_tensors([=](const auto& x) { return norm(x, p, 1) * norm(x, p); }, {{2, 2}, {1, 3}});
     }},
    {"dropout",
     [] {
       on_tensors([](const auto& x) {
         Rng rng(7);  // the same numbers each time
         return dropout(square(x), 0.3, rng);
       }, {{4, 3}});
     }},
    {"gather_labels", [] { on_tensors(OP(square(detail::gather(x, detail::LabelAttributes{"gather", labels}))), {{4, 3}, {4, 5}}); }},
};

#undef OP
#undef OP2

/// Ops that give positions, the one that stops gradients, and the one that only checks.
const std::set<std::string> has_no_derivative{"argmax", "argmin", "require", "stop_gradient"};

/// The names in calls of record("name", elementwise("name" and record_many("name" of a source text, comments left out.
std::set<std::string> ops_recorded_in(std::istream& source) {
  std::string text;
  for (std::string line; std::getline(source, line);) text += line.substr(0, line.find("//")) + "\n";
  std::set<std::string> names;
  for (const std::string call : {"record(", "elementwise(", "record_many("})
    for (std::size_t at = text.find(call); at != text.npos; at = text.find(call, at + 1)) {
      std::size_t quote = at + call.size();
      while (std::isspace(static_cast<unsigned char>(text[quote]))) ++quote;
      const std::string name = text[quote] == '"' ? text.substr(quote + 1, text.find('"', quote + 1) - quote - 1) : "";
      if (!name.empty() && !has_no_derivative.contains(name)) names.insert(name);
    }
  return names;
}

}  // namespace

TEST_CASE("every op's derivatives of order 1 and 2, and of order 3 on small inputs, agree with finite differences") {
  for (const GradientCheck& entry : gradient_list) {
    CAPTURE(entry.op);
    CHECK_NOTHROW(entry.check());
  }
  MESSAGE(gradient_list.size() << " ops: " << checks_to_order_3 << " functions checked to order 3, " << checks_to_order_2
                               << " to order 2");
}

TEST_CASE("the list of gradient checks names every op that the headers record, and each once") {
  std::set<std::string> listed, recorded;
  for (const GradientCheck& entry : gradient_list) {
    CAPTURE(entry.op);
    CHECK(listed.insert(entry.op).second);
  }
  for (const auto& file : std::filesystem::recursive_directory_iterator(MINIGRAD_HEADER_DIR))
    if (file.path().extension() == ".hpp" && file.path().parent_path().filename() != "scalar") {  // on tapes alone:
      // tests/scalar/c_functions_test.cpp
      std::ifstream source(file.path());
      recorded.merge(ops_recorded_in(source));
    }
  CHECK(recorded.size() > 40);
  std::vector<std::string> forgotten;
  std::set_difference(recorded.begin(), recorded.end(), listed.begin(), listed.end(), std::back_inserter(forgotten));
  for (const std::string& op : forgotten) FAIL_CHECK("no gradient check for " << op);
}
