// tests/conformance/onnx_ops.hpp - ONNX's ops, each said in minigrad's; an op that minigrad lacks is not in the table.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <minigrad/minigrad.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../support/onnx.hpp"

namespace conformance {

using namespace minigrad;
using Node = minigrad::OnnxNode;
using support::onnx::Unsupported;
using support::onnx::Value;
using Indices = std::vector<std::int64_t>;

/// A node that is called: its options, and its inputs, of which some may be left out.
struct Call {
  const Node& node;
  std::vector<const Value*> inputs;
  std::int64_t opset;

  bool has(std::size_t k) const { return k < inputs.size() && inputs[k]; }
  const Value& operator[](std::size_t k) const {
    if (!has(k)) throw std::runtime_error(node.op + " lacks input " + std::to_string(k));
    return *inputs[k];
  }
  bool has(const std::string& name) const { return node.find(name) != nullptr; }
  double real(const std::string& name, double otherwise) const {
    return has(name) ? static_cast<double>(node.find(name)->real) : otherwise;
  }
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const {
    return has(name) ? node.find(name)->integer : otherwise;
  }
  int axis(int otherwise) const { return static_cast<int>(integer("axis", otherwise)); }
  std::string text(const std::string& name, const std::string& otherwise) const {
    return has(name) ? node.find(name)->text : otherwise;
  }
  /// A list that is an option in old opsets, and an input in new ones.
  std::optional<Indices> list(const std::string& name, std::size_t input) const;
};
using Values = std::vector<Value>;
using Op = std::function<Values(const Call&)>;

// ---- from a Value to its tensor ------------------------------------------------------------------------------------

template <class T>
constexpr bool is_real = std::is_floating_point_v<T>;

/// The types that all ops are compiled for; the cases use others with few.
template <class T>
constexpr bool is_usual = is_real<T> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> ||
                         std::is_same_v<T, std::int8_t> || std::is_same_v<T, std::uint8_t>;

template <class F>
Value any(const Value& x, const F& f) {
  return std::visit(
      [&]<class T>(const Tensor<T>& t) -> Value {
        if constexpr (is_usual<T> || std::is_same_v<T, bool>) return f(t);
        else throw Unsupported("whole numbers of unusual types");
      },
      x);
}
/// f of a tensor of numbers, which bools are not.
template <class F>
Value number(const Value& x, const F& f) {
  return std::visit(
      [&]<class T>(const Tensor<T>& t) -> Value {
        if constexpr (is_usual<T>) return f(t);
        else throw Unsupported("whole numbers of unusual types");
      },
      x);
}
/// f of a tensor of float or double.
template <class F>
Value real(const Value& x, const F& f) {
  return std::visit(
      [&]<class T>(const Tensor<T>& t) -> Value {
        if constexpr (is_real<T>) return f(t);
        else throw Unsupported("functions of whole numbers");
      },
      x);
}
template <class T>
const Tensor<T>& as(const Value& x) {
  if (!std::holds_alternative<Tensor<T>>(x)) throw Unsupported("inputs of two element types");
  return std::get<Tensor<T>>(x);
}
inline Shape shape_of_value(const Value& x) {
  return std::visit([](const auto& t) { return t.shape(); }, x);
}
inline Tensor<std::int64_t> integers(const Value& x) {
  return std::visit([](const auto& t) { return t.template to<std::int64_t>(); }, x);
}
inline Indices list_of(const Value& x) {
  const auto t = integers(x);
  return {t.begin(), t.end()};
}
inline std::optional<Indices> Call::list(const std::string& name, std::size_t input) const {
  if (has(input)) return list_of(*inputs[input]);
  if (has(name)) return node.find(name)->integers;
  return {};
}
inline Tensor<std::int64_t> tensor_of(const Indices& list) {
  return Tensor<std::int64_t>::from({list.size()}, list);
}
inline Shape shape_of_list(const Indices& list) {
  if (list.size() > Shape::max_rank) throw Unsupported("rank " + std::to_string(list.size()));
  Shape shape;
  for (const std::int64_t extent : list) shape.push_back(extent);
  return shape;
}
inline std::size_t axis_in(const Shape& shape, std::int64_t axis) {
  return Axis(static_cast<int>(axis)).in("axis", shape);
}
inline int to_int(std::size_t axis) { return static_cast<int>(axis); }

// ---- compositions --------------------------------------------------------------------------------------------------

/// transpose to any order, as exchanges of two axes.
template <class T>
Tensor<T> permuted(Tensor<T> x, const std::vector<std::size_t>& order) {
  std::vector<std::size_t> now(order.size());
  for (std::size_t i = 0; i < now.size(); ++i) now[i] = i;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto j = static_cast<std::size_t>(std::find(now.begin(), now.end(), order[i]) - now.begin());
    if (i == j) continue;
    x = transpose(x, to_int(i), to_int(j));
    std::swap(now[i], now[j]);
  }
  return x;
}
/// x with the axis `from` at the place `to`.
template <class T>
Tensor<T> move_axis(const Tensor<T>& x, std::size_t from, std::size_t to) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (i != from) order.push_back(i);
  order.insert(order.begin() + static_cast<std::ptrdiff_t>(to), from);
  return permuted(x, order);
}
/// The places `indices` along an axis; negative ones count from the end. Their own shape takes the axis' place.
template <class T>
Tensor<T> take(const Tensor<T>& x, Tensor<std::int64_t> indices, std::size_t axis) {
  const auto extent = static_cast<std::int64_t>(x.shape()[axis]);
  const Shape shape = indices.shape();
  for (auto& i : indices) i += i < 0 ? extent : 0;
  Tensor<T> rows = index_select(move_axis(x, axis, 0), indices.reshape({indices.size()}));
  Shape all = shape, tail = rows.shape();
  tail.erase(0);
  for (const std::size_t n : tail) all.push_back(n);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < axis; ++i) order.push_back(shape.rank() + i);
  for (std::size_t i = 0; i < shape.rank(); ++i) order.push_back(i);
  for (std::size_t i = axis; i < tail.rank(); ++i) order.push_back(shape.rank() + i);
  return permuted(reshape(std::move(rows), all), order);
}
/// f(x, axis, keepdim) along several axes.
template <class T, class F>
Tensor<T> along(Tensor<T> x, const std::optional<Indices>& axes, bool keepdim, const F& f) {
  const auto reduced = [&](Axis axis) { return f(x, axis, keepdim).template to<T>(); };  // ONNX's sums keep the type
  if (!axes || axes->empty()) return reduced(all_axes);
  std::vector<std::size_t> order;
  for (const std::int64_t axis : *axes) order.push_back(axis_in(x.shape(), axis));
  std::sort(order.rbegin(), order.rend());
  for (const std::size_t axis : order) x = reduced(Axis(to_int(axis)));
  return x;
}
/// Products of the matrices in the last two axes; the others broadcast.
template <class T>
Tensor<T> matmul_nd(Tensor<T> a, Tensor<T> b) {
  if (a.rank() == 2 && b.rank() == 2) return matmul(a, b);
  if (a.rank() < 2 || b.rank() < 2) throw Unsupported("matmul of vectors");
  const std::size_t m = a.shape()[a.rank() - 2], k = a.shape()[a.rank() - 1], n = b.shape()[b.rank() - 1];
  Shape batch_a = a.shape(), batch_b = b.shape();
  for (int i = 0; i < 2; ++i) batch_a.erase(batch_a.rank() - 1), batch_b.erase(batch_b.rank() - 1);
  Shape batch = broadcast_shapes("matmul", batch_a, batch_b), full_a = batch, full_b = batch, out = batch;
  full_a.push_back(m), full_a.push_back(k);
  full_b.push_back(k), full_b.push_back(n);
  out.push_back(m), out.push_back(n);
  a = broadcast_to(a, full_a).reshape({batch.size(), m, k});
  b = broadcast_to(b, full_b).reshape({batch.size(), k, n});
  std::vector<Tensor<T>> products;
  for (std::size_t i = 0; i < batch.size(); ++i)
    products.push_back(matmul(slice(a, i, i + 1).reshape({m, k}), slice(b, i, i + 1).reshape({k, n})));
  return stack(products).reshape(out);
}
/// The statistics of a tensor that a normalisation takes out: (x - mean) / sqrt(var + eps).
template <class T>
Tensor<T> normalise(const Tensor<T>& x, const Tensor<T>& mean, const Tensor<T>& var, double eps) {
  return (x - mean) / sqrt(var + eps);
}
/// [channels] as a tensor that stretches over [n, channels, ...].
template <class T>
Tensor<T> per_channel(const Tensor<T>& x, std::size_t rank) {
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) shape.push_back(i == 1 ? x.size() : std::size_t{1});
  return x.reshape(shape);
}
/// The losses of log-probabilities [n, classes, ...] for labels [n, ...]: nll_loss of the rows, weighted.
template <class T>
Tensor<T> weighted_nll(const Call& c, const Tensor<T>& log_p) {
  const std::size_t classes = log_p.shape()[1];
  const Tensor<T> rows_first = move_axis(log_p, 1, log_p.rank() - 1);
  const Tensor<T> rows = rows_first.reshape({classes ? log_p.size() / classes : 0, classes});
  auto labels = integers(c[1]);
  const Shape shape = labels.shape();
  labels = labels.reshape({labels.size()});
  const std::int64_t ignored = c.integer("ignore_index", std::numeric_limits<std::int64_t>::min());
  const Tensor<T> counts = where(equal(labels, ignored), T{0}, ones_like(labels.to<T>()));
  labels = where(equal(labels, ignored), std::int64_t{0}, labels);
  Tensor<T> weights = counts;
  if (c.has(2)) weights *= index_select(as<T>(c[2]), labels);
  // ONNX takes any numbers for logarithms, which nll_loss refuses.
  const Tensor<T> losses = -detail::gather(rows, detail::LabelAttributes{"nll_loss", labels}) * weights;
  const std::string reduction = c.text("reduction", "mean");
  if (reduction == "none") return losses.reshape(shape);
  if (reduction == "sum") return sum(losses);
  return sum(losses) / sum(weights);
}

// ---- forms that many ops have --------------------------------------------------------------------------------------

template <class F>
Op unary(F f) {
  return [f](const Call& c) -> Values { return {real(c[0], [&](const auto& x) { return f(x); })}; };
}
/// f(x, call), for functions with options.
template <class F>
Op unary_with(F f) {
  return [f](const Call& c) -> Values { return {real(c[0], [&](const auto& x) { return f(x, c); })}; };
}
template <class F>
Op of_numbers(F f) {
  return [f](const Call& c) -> Values { return {number(c[0], [&](const auto& x) { return f(x); })}; };
}
/// Of numbers, from the left: f(f(x, y), z).
template <class F>
Op variadic(F f) {
  return [f](const Call& c) -> Values {
    return {std::visit(
        [&]<class T>(Tensor<T> x) -> Value {
          for (std::size_t k = 1; k < c.inputs.size(); ++k) {
            if constexpr (!std::is_same_v<T, bool>) x = f(x, as<T>(c[k]));
            else throw Unsupported("element type bool");
          }
          return x;
        },
        c[0])};
  };
}
template <class F>
Op binary(F f) {
  return [f](const Call& c) -> Values {
    return {number(c[0], [&]<class T>(const Tensor<T>& x) { return f(x, as<T>(c[1])); })};
  };
}
template <class F>
Op logical(F f) {
  return [f](const Call& c) -> Values { return {f(as<bool>(c[0]), as<bool>(c[1]))}; };
}
/// before(x), then reduce(x, axis, keepdim) along the axes, then after(y).
template <class Before, class Reduce, class After>
Op reduction(Before before, Reduce reduce, After after) {
  return [=](const Call& c) -> Values {
    const auto axes = c.list("axes", 1);
    if ((!axes || axes->empty()) && c.integer("noop_with_empty_axes", 0)) return {c[0]};
    const bool keepdim = c.integer("keepdims", 1) != 0;
    return {number(c[0], [&]<class T>(const Tensor<T>& x) -> Tensor<T> {
      if constexpr (is_real<T> || std::is_same_v<T, std::int32_t>)
        return after(along<T>(before(x), axes, keepdim, reduce));
      else throw Unsupported("reductions of small whole numbers");
    })};
  };
}
inline constexpr auto as_it_is = [](const auto& x) { return x; };
inline constexpr auto by_sum = [](const auto& x, Axis axis, bool keepdim) { return sum(x, axis, keepdim); };
inline constexpr auto only_real = []<class T>(const Tensor<T>& x, const auto& f) -> Tensor<T> {
  if constexpr (is_real<T>) return f(x);
  else throw Unsupported("functions of whole numbers");
};
template <class F>
Op arg_extreme(F f) {
  return [f](const Call& c) -> Values {
    if (c.integer("select_last_index", 0)) throw Unsupported("the last of equal extremes");
    const bool keepdim = c.integer("keepdims", 1) != 0;
    return {number(c[0], [&](const auto& x) { return f(x, Axis(c.axis(0)), keepdim); })};
  };
}
/// Along one axis since opset 13; before over all axes from there on, as if they were one.
template <class F>
Op softmax_like(F f) {
  return unary_with([f]<class T>(const Tensor<T>& x, const Call& c) -> Tensor<T> {
    if (c.opset >= 13) return f(x, c.axis(-1));
    std::size_t rows = 1;
    for (std::size_t i = 0; i < axis_in(x.shape(), c.axis(1)); ++i) rows *= x.shape()[i];
    return f(x.reshape({rows, x.size() / rows}), 1).reshape(x.shape());
  });
}
inline Value cast(const Value& x, std::int64_t type) {
  return support::onnx::for_type(
      type, [&]<class T>(T) { return any(x, [](const auto& t) { return t.template to<T>(); }); });
}

// ---- the table -----------------------------------------------------------------------------------------------------

inline void add_elementwise(std::map<std::string, Op>& ops) {
  ops["Abs"] = of_numbers([]<class T>(const Tensor<T>& x) -> Tensor<T> {
    if constexpr (std::is_signed_v<T>) return abs(x);
    else return x;
  });
  ops["Neg"] = of_numbers([](const auto& x) { return -x; });
  ops["Sign"] = unary([](const auto& x) { return sign(x); });
  ops["Sqrt"] = unary([](const auto& x) { return sqrt(x); });
  ops["Reciprocal"] = unary([](const auto& x) { return reciprocal(x); });
  ops["Exp"] = unary([](const auto& x) { return exp(x); });
  ops["Log"] = unary([](const auto& x) { return log(x); });
  ops["Sin"] = unary([](const auto& x) { return sin(x); });
  ops["Cos"] = unary([](const auto& x) { return cos(x); });
  ops["Tan"] = unary([](const auto& x) { return tan(x); });
  ops["Atan"] = unary([](const auto& x) { return atan(x); });
  ops["Erf"] = unary([](const auto& x) { return erf(x); });
  ops["Sinh"] = unary([](const auto& x) { return (exp(x) - exp(-x)) / 2; });
  ops["Cosh"] = unary([](const auto& x) { return (exp(x) + exp(-x)) / 2; });
  ops["Asinh"] = unary([](const auto& x) { return log(x + sqrt(x * x + 1)); });
  ops["Acosh"] = unary([](const auto& x) { return log(x + sqrt(x * x - 1)); });
  ops["Atanh"] = unary([](const auto& x) { return (log1p(x) - log1p(-x)) / 2; });

  ops["Tanh"] = unary([](const auto& x) { return tanh(x); });
  ops["Sigmoid"] = unary([](const auto& x) { return sigmoid(x); });
  ops["Relu"] = unary([](const auto& x) { return relu(x); });
  ops["Softplus"] = unary([](const auto& x) { return softplus(x); });
  ops["Softsign"] = unary([](const auto& x) { return x / (1 + abs(x)); });
  ops["LeakyRelu"] = unary_with([](const auto& x, const Call& c) { return leaky_relu(x, c.real("alpha", 0.01)); });
  ops["Elu"] = unary_with([](const auto& x, const Call& c) { return elu(x, c.real("alpha", 1)); });
  ops["Selu"] = unary_with([](const auto& x, const Call& c) {
    return elu(x, c.real("alpha", 1.67326319217681884765625)) * c.real("gamma", 1.05070102214813232421875);
  });
  ops["Celu"] = unary_with([](const auto& x, const Call& c) {
    const double alpha = c.real("alpha", 1);
    return elu(x / alpha, 1) * alpha;
  });
  ops["ThresholdedRelu"] = unary_with([](const auto& x, const Call& c) {
    return where(greater(x, c.real("alpha", 1)), x, 0);
  });
  ops["HardSigmoid"] = unary_with([](const auto& x, const Call& c) {
    return clamp(x * c.real("alpha", 0.2) + c.real("beta", 0.5), 0, 1);
  });
  ops["HardSwish"] = unary([](const auto& x) { return x * clamp(x / 6 + 0.5, 0, 1); });
  ops["Shrink"] = unary_with([](const auto& x, const Call& c) {
    const double lambda = c.real("lambd", 0.5), bias = c.real("bias", 0);
    return where(less(x, -lambda), x + bias, where(greater(x, lambda), x - bias, 0));
  });
  ops["PRelu"] = [](const Call& c) -> Values {
    return {real(c[0], [&]<class T>(const Tensor<T>& x) {
      // Before opset 7 a slope [channels] belonged to axis 1.
      const Tensor<T>& slope = as<T>(c[1]);
      return where(less(x, 0), x * (c.opset < 7 && slope.size() > 1 ? per_channel(slope, x.rank()) : slope), x);
    })};
  };
  ops["IsNaN"] = unary([](const auto& x) { return not_equal(x, x); });
  ops["IsInf"] = unary_with([]<class T>(const Tensor<T>& x, const Call& c) {
    constexpr T inf = std::numeric_limits<T>::infinity();
    if (!c.integer("detect_positive", 1)) return equal(x, -inf);
    return equal(c.integer("detect_negative", 1) ? abs(x) : x, inf);
  });
  ops["Identity"] = [](const Call& c) -> Values { return {c[0]}; };
  ops["Dropout"] = [](const Call& c) -> Values {
    const bool trains = c.has(2) && as<bool>(c[2]).item();
    const bool drops = !c.has(1) || real(c[1], [](const auto& p) { return p; }) != Value(Tensor<float>::scalar(0));
    if (trains && drops) throw Unsupported("random numbers of ONNX's generator");
    return {c[0], any(c[0], [](const auto& x) { return full<bool>(x.shape(), true); })};
  };

  ops["Add"] = binary([](const auto& x, const auto& y) { return x + y; });
  ops["Sub"] = binary([](const auto& x, const auto& y) { return x - y; });
  ops["Mul"] = binary([](const auto& x, const auto& y) { return x * y; });
  ops["Div"] = binary([]<class T>(const Tensor<T>& x, const Tensor<T>& y) -> Tensor<T> {
    if constexpr (is_real<T>) return x / y;
    else throw Unsupported("functions of whole numbers");
  });
  ops["Pow"] = [](const Call& c) -> Values {
    return {real(c[0], [&]<class T>(const Tensor<T>& x) {
      return pow(x, std::visit([](const auto& y) { return y.template to<T>(); }, c[1]));
    })};
  };
  ops["Sum"] = variadic([](const auto& x, const auto& y) { return x + y; });
  ops["Max"] = variadic([](const auto& x, const auto& y) { return maximum(x, y); });
  ops["Min"] = variadic([](const auto& x, const auto& y) { return minimum(x, y); });
  ops["Mean"] = [](const Call& c) -> Values {
    return {real(c[0], [&]<class T>(Tensor<T> x) {
      for (std::size_t k = 1; k < c.inputs.size(); ++k) x = x + as<T>(c[k]);
      return x / c.inputs.size();
    })};
  };
  ops["Equal"] = binary([](const auto& x, const auto& y) { return equal(x, y); });
  ops["Less"] = binary([](const auto& x, const auto& y) { return less(x, y); });
  ops["LessOrEqual"] = binary([](const auto& x, const auto& y) { return less_equal(x, y); });
  ops["Greater"] = binary([](const auto& x, const auto& y) { return greater(x, y); });
  ops["GreaterOrEqual"] = binary([](const auto& x, const auto& y) { return greater_equal(x, y); });
  ops["And"] = logical([](const auto& x, const auto& y) { return logical_and(x, y); });
  ops["Or"] = logical([](const auto& x, const auto& y) { return logical_or(x, y); });
  ops["Xor"] = logical([](const auto& x, const auto& y) { return not_equal(x, y); });
  ops["Not"] = [](const Call& c) -> Values { return {logical_not(as<bool>(c[0]))}; };
  ops["Where"] = [](const Call& c) -> Values {
    return {number(c[1], [&]<class T>(const Tensor<T>& x) { return where(as<bool>(c[0]), x, as<T>(c[2])); })};
  };
  ops["Clip"] = [](const Call& c) -> Values {
    return {number(c[0], [&]<class T>(const Tensor<T>& x) {
      using Limits = std::numeric_limits<T>;
      const T low = c.has(1) ? as<T>(c[1]).item() : c.has("min") ? static_cast<T>(c.real("min", 0)) : Limits::lowest();
      const T high = c.has(2) ? as<T>(c[2]).item() : c.has("max") ? static_cast<T>(c.real("max", 0)) : (Limits::max)();
      return clamp(x, low, high);
    })};
  };
  ops["Cast"] = [](const Call& c) -> Values { return {cast(c[0], c.integer("to", 0))}; };
  ops["CastLike"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      return any(c[1], [&]<class T>(const Tensor<T>&) { return x.template to<T>(); });
    })};
  };
}

inline void add_reductions(std::map<std::string, Op>& ops) {
  const auto root = [](const auto& x) { return only_real(x, [](const auto& v) { return sqrt(v); }); };
  const auto logarithm = [](const auto& x) { return only_real(x, [](const auto& v) { return log(v); }); };
  ops["ReduceSum"] = reduction(as_it_is, by_sum, as_it_is);
  ops["ReduceSumSquare"] = reduction([](const auto& x) { return square(x); }, by_sum, as_it_is);
  ops["ReduceL1"] = reduction([](const auto& x) { return abs(x); }, by_sum, as_it_is);
  ops["ReduceL2"] = reduction([](const auto& x) { return square(x); }, by_sum, root);
  ops["ReduceLogSum"] = reduction(as_it_is, by_sum, logarithm);
  ops["ReduceMax"] = reduction(
      as_it_is, [](const auto& x, Axis axis, bool keepdim) { return (max)(x, axis, keepdim); }, as_it_is);
  ops["ReduceMin"] = reduction(
      as_it_is, [](const auto& x, Axis axis, bool keepdim) { return (min)(x, axis, keepdim); }, as_it_is);
  ops["ReduceMean"] = reduction(
      as_it_is,
      [](const auto& x, Axis axis, bool keepdim) {
        return only_real(x, [&](const auto& v) { return mean(v, axis, keepdim); });
      },
      as_it_is);
  ops["ReduceLogSumExp"] = reduction(
      as_it_is,
      [](const auto& x, Axis axis, bool keepdim) {
        return only_real(x, [&](const auto& v) { return logsumexp(v, axis, keepdim); });
      },
      as_it_is);
  ops["ArgMax"] = arg_extreme([](const auto& x, Axis axis, bool keepdim) { return argmax(x, axis, keepdim); });
  ops["ArgMin"] = arg_extreme([](const auto& x, Axis axis, bool keepdim) { return argmin(x, axis, keepdim); });
  ops["Softmax"] = softmax_like([](const auto& x, int axis) { return softmax(x, axis); });
  ops["LogSoftmax"] = softmax_like([](const auto& x, int axis) { return log_softmax(x, axis); });
  ops["Hardmax"] = softmax_like([]<class T>(const Tensor<T>& x, int axis) {
    const std::size_t k = axis_in(x.shape(), axis);
    return move_axis(one_hot<T>(argmax(x, axis), x.shape()[k]), x.rank() - 1, k);
  });
  const auto global = [](const auto& reduce) {
    return unary([reduce](const auto& x) {
      Indices axes;
      for (std::size_t i = 2; i < x.rank(); ++i) axes.push_back(static_cast<std::int64_t>(i));
      return along(x, axes, true, reduce);
    });
  };
  ops["GlobalAveragePool"] = global([](const auto& x, Axis axis, bool keepdim) { return mean(x, axis, keepdim); });
  ops["GlobalMaxPool"] = global([](const auto& x, Axis axis, bool keepdim) { return (max)(x, axis, keepdim); });

  ops["BatchNormalization"] = [](const Call& c) -> Values {
    if (c.integer("training_mode", 0)) throw Unsupported("batch normalisation in training mode");
    return {real(c[0], [&]<class T>(const Tensor<T>& x) {
      const auto part = [&](std::size_t k) { return per_channel(as<T>(c[k]), x.rank()); };
      return normalise(x, part(3), part(4), c.real("epsilon", 1e-5)) * part(1) + part(2);
    })};
  };
  ops["InstanceNormalization"] = [](const Call& c) -> Values {
    return {real(c[0], [&]<class T>(const Tensor<T>& x) {
      const std::size_t n = x.shape()[0] * x.shape()[1];
      const Tensor<T> rows = x.reshape({n, x.size() / n});
      const Tensor<T> y = normalise(rows, mean(rows, 1, true), var(rows, 1, true, 0), c.real("epsilon", 1e-5));
      return y.reshape(x.shape()) * per_channel(as<T>(c[1]), x.rank()) + per_channel(as<T>(c[2]), x.rank());
    })};
  };
  ops["LayerNormalization"] = [](const Call& c) -> Values {
    Values out;
    real(c[0], [&]<class T>(const Tensor<T>& x) {
      Shape kept = x.shape();
      std::size_t rows = 1;
      for (std::size_t i = 0; i < x.rank(); ++i)
        if (i < axis_in(x.shape(), c.axis(-1))) rows *= kept[i];
        else kept[i] = 1;
      const Tensor<T> flat = x.reshape({rows, x.size() / rows}), m = mean(flat, 1, true), v = var(flat, 1, true, 0);
      const double eps = c.real("epsilon", 1e-5);
      Tensor<T> y = normalise(flat, m, v, eps).reshape(x.shape()) * as<T>(c[1]);
      if (c.has(2)) y = y + as<T>(c[2]);
      out = {y, m.reshape(kept), (1 / sqrt(v + eps)).reshape(kept)};
      return y;
    });
    return out;
  };
  ops["MeanVarianceNormalization"] = unary_with([](const auto& x, const Call& c) {
    const auto by_mean = [](const auto& v, Axis axis, bool keepdim) { return mean(v, axis, keepdim); };
    const Indices axes = c.has("axes") ? c.node.find("axes")->integers : Indices{0, 2, 3};
    const auto centred = x - along(x, axes, true, by_mean);
    return centred / (sqrt(along(square(centred), axes, true, by_mean)) + 1e-9);
  });

  ops["NegativeLogLikelihoodLoss"] = unary_with([](const auto& x, const Call& c) { return weighted_nll(c, x); });
  ops["SoftmaxCrossEntropyLoss"] = [](const Call& c) -> Values {
    Values out;
    real(c[0], [&]<class T>(const Tensor<T>& x) {
      const Tensor<T> log_p = log_softmax(x, 1);
      out = {weighted_nll(c, log_p), log_p};
      return x;
    });
    return out;
  };
  ops["MatMul"] = [](const Call& c) -> Values {
    return {real(c[0], [&]<class T>(const Tensor<T>& x) { return matmul_nd(x, as<T>(c[1])); })};
  };
  ops["Gemm"] = [](const Call& c) -> Values {
    return {real(c[0], [&]<class T>(const Tensor<T>& a) -> Tensor<T> {
      const Tensor<T>& b = as<T>(c[1]);
      const bool ta = c.integer("transA", 0) != 0, tb = c.integer("transB", 0) != 0;
      const double alpha = c.real("alpha", 1), beta = c.real("beta", 1);
      if (!ta && tb && alpha == 1 && beta == 1 && c.has(2) && as<T>(c[2]).shape() == Shape{b.shape()[0]})
        return linear(a, b, as<T>(c[2]));  // Linear, as PyTorch exports it
      const Tensor<T> product = ta && tb ? matmul(transpose(a), transpose(b))
                                : ta     ? matmul_tn(a, b)
                                : tb     ? matmul_nt(a, b)
                                         : matmul(a, b);
      if (!c.has(2)) return product * alpha;
      return product * alpha + as<T>(c[2]) * beta;
    })};
  };
}

inline void add_rearrangements(std::map<std::string, Op>& ops) {
  ops["Transpose"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      std::vector<std::size_t> order;
      for (std::size_t i = 0; i < x.rank(); ++i)
        order.push_back(c.has("perm") ? static_cast<std::size_t>(c.node.find("perm")->integers[i])
                                      : x.rank() - 1 - i);
      return permuted(x, order);
    })};
  };
  ops["Reshape"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      Indices shape = *c.list("shape", 1);
      std::size_t known = 1;
      for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 0 && !c.integer("allowzero", 0)) shape[i] = static_cast<std::int64_t>(x.shape()[i]);
        if (shape[i] != -1) known *= static_cast<std::size_t>(shape[i]);
      }
      for (std::int64_t& extent : shape)
        if (extent == -1) extent = static_cast<std::int64_t>(x.size() / known);
      return reshape(x, shape_of_list(shape));
    })};
  };
  ops["Flatten"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      const int axis = c.axis(1) < 0 ? c.axis(1) + to_int(x.rank()) : c.axis(1);
      std::size_t rows = 1;
      for (std::size_t i = 0; i < static_cast<std::size_t>(axis); ++i) rows *= x.shape()[i];
      return reshape(x, {rows, x.size() / rows});
    })};
  };
  ops["Squeeze"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      Shape shape;
      std::vector<bool> gone(x.rank(), !c.list("axes", 1));
      if (const auto axes = c.list("axes", 1))
        for (const std::int64_t axis : *axes) gone[axis_in(x.shape(), axis)] = true;
      for (std::size_t i = 0; i < x.rank(); ++i)
        if (!gone[i] || x.shape()[i] != 1) shape.push_back(x.shape()[i]);
      return reshape(x, shape);
    })};
  };
  ops["Unsqueeze"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      Indices axes = *c.list("axes", 1);
      for (std::int64_t& axis : axes) axis += axis < 0 ? static_cast<std::int64_t>(x.rank() + axes.size()) : 0;
      std::sort(axes.begin(), axes.end());
      Shape shape = x.shape();
      for (const std::int64_t axis : axes) shape.insert(static_cast<std::size_t>(axis), 1);
      return reshape(x, shape);
    })};
  };
  ops["Expand"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      return broadcast_to(x, broadcast_shapes("Expand", x.shape(), shape_of_list(list_of(c[1]))));
    })};
  };
  ops["Tile"] = [](const Call& c) -> Values {
    return {any(c[0], [&]<class T>(Tensor<T> x) {
      const Indices repeats = list_of(c[1]);
      for (std::size_t axis = 0; axis < repeats.size(); ++axis)
        x = concatenate(std::vector<Tensor<T>>(static_cast<std::size_t>(repeats[axis]), x), to_int(axis));
      return x;
    })};
  };
  ops["Concat"] = [](const Call& c) -> Values {
    return {any(c[0], [&]<class T>(const Tensor<T>&) {
      std::vector<Tensor<T>> parts;
      for (std::size_t k = 0; k < c.inputs.size(); ++k) parts.push_back(as<T>(c[k]));
      return concatenate(parts, c.axis(0));
    })};
  };
  ops["Split"] = [](const Call& c) -> Values {
    Values out;
    any(c[0], [&](const auto& x) {
      const std::size_t axis = axis_in(x.shape(), c.axis(0)), parts = c.node.outputs.size();
      const auto sizes = c.list("split", 1);
      for (std::size_t k = 0, begin = 0; k < parts; ++k) {
        const std::size_t size = sizes ? static_cast<std::size_t>((*sizes)[k]) : x.shape()[axis] / parts;
        out.push_back(slice(x, begin, begin + size, to_int(axis)));
        begin += size;
      }
      return x;
    });
    return out;
  };
  ops["Slice"] = [](const Call& c) -> Values {
    return {any(c[0], [&](auto x) {
      const Indices starts = *c.list("starts", 1), ends = *c.list("ends", 2);
      const auto axes = c.list("axes", 3), steps = c.list("steps", 4);
      for (std::size_t k = 0; k < starts.size(); ++k) {
        const std::size_t axis = axes ? axis_in(x.shape(), (*axes)[k]) : k;
        const auto extent = static_cast<std::int64_t>(x.shape()[axis]);
        const std::int64_t step = steps ? (*steps)[k] : 1;
        const auto within = [&](std::int64_t i) {
          i += i < 0 ? extent : 0;
          return step > 0 ? std::clamp<std::int64_t>(i, 0, extent) : std::clamp<std::int64_t>(i, -1, extent - 1);
        };
        const std::int64_t begin = within(starts[k]), end = within(ends[k]);
        if (step == 1) {
          x = slice(x, static_cast<std::size_t>(begin), static_cast<std::size_t>((std::max)(begin, end)), to_int(axis));
          continue;
        }
        Indices places;
        for (std::int64_t i = begin; step > 0 ? i < end : i > end; i += step) places.push_back(i);
        x = take(x, tensor_of(places), axis);
      }
      return x;
    })};
  };
  ops["Gather"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) { return take(x, integers(c[1]), axis_in(x.shape(), c.axis(0))); })};
  };
  ops["GatherElements"] = [](const Call& c) -> Values {
    return {any(c[0], [&](const auto& x) {
      const auto indices = integers(c[1]);
      const std::size_t along = axis_in(x.shape(), c.axis(0));
      const auto extent = static_cast<std::int64_t>(x.shape()[along]);
      // Row-major places in x: the index along one axis, the own place along the others.
      auto places = zeros<std::int64_t>(indices.shape());
      for (std::size_t axis = 0; axis < x.rank(); ++axis) {
        Shape column;
        for (std::size_t i = axis; i < x.rank(); ++i) column.push_back(i == axis ? indices.shape()[axis] : 1);
        const auto here = axis == along ? where(less(indices, std::int64_t{0}), indices + extent, indices)
                                        : arange<std::int64_t>(indices.shape()[axis]).reshape(column);
        places = places * static_cast<std::int64_t>(x.shape()[axis]) + here;
      }
      return index_select(x.reshape({x.size()}), places.reshape({places.size()})).reshape(indices.shape());
    })};
  };
  ops["Pad"] = [](const Call& c) -> Values {
    if (c.text("mode", "constant") != "constant") throw Unsupported("padding by reflection or edges");
    return {any(c[0], [&]<class T>(Tensor<T> x) {
      const Indices pads = *c.list("pads", 1);
      const T value = c.has(2) ? as<T>(c[2]).item() : static_cast<T>(c.real("value", 0));
      for (std::size_t axis = 0; axis < x.rank(); ++axis) {
        const std::int64_t before = pads[axis], after = pads[axis + x.rank()];
        if (before < 0 || after < 0) throw Unsupported("padding by less than nothing");
        Shape shape = x.shape();
        shape[axis] += static_cast<std::size_t>(before + after);
        const auto inside = unslice(full<bool>(x.shape(), true), shape, static_cast<std::size_t>(before), to_int(axis));
        x = where(inside, unslice(x, shape, static_cast<std::size_t>(before), to_int(axis)), value);
      }
      return x;
    })};
  };
  ops["DepthToSpace"] = unary_with([](const auto& x, const Call& c) {
    const auto b = static_cast<std::size_t>(c.integer("blocksize", 1));
    const Shape& s = x.shape();
    const std::size_t depth = s[1] / (b * b);
    const Shape out{s[0], depth, s[2] * b, s[3] * b};
    if (c.text("mode", "DCR") == "DCR")
      return permuted(x.reshape({s[0], b, b, depth, s[2], s[3]}), {0, 3, 4, 1, 5, 2}).reshape(out);
    return permuted(x.reshape({s[0], depth, b, b, s[2], s[3]}), {0, 1, 4, 2, 5, 3}).reshape(out);
  });
  ops["SpaceToDepth"] = unary_with([](const auto& x, const Call& c) {
    const auto b = static_cast<std::size_t>(c.integer("blocksize", 1));
    const Shape& s = x.shape();
    return permuted(x.reshape({s[0], s[1], s[2] / b, b, s[3] / b, b}), {0, 3, 5, 1, 2, 4})
        .reshape({s[0], s[1] * b * b, s[2] / b, s[3] / b});
  });
  ops["Shape"] = [](const Call& c) -> Values {
    const Shape shape = shape_of_value(c[0]);
    const auto rank = static_cast<std::int64_t>(shape.rank());
    const auto within = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank); };
    Indices out;
    for (std::int64_t i = within(c.integer("start", 0)); i < within(c.integer("end", rank)); ++i)
      out.push_back(static_cast<std::int64_t>(shape[static_cast<std::size_t>(i)]));
    return {tensor_of(out)};
  };
  ops["Size"] = [](const Call& c) -> Values {
    return {Tensor<std::int64_t>::scalar(static_cast<std::int64_t>(shape_of_value(c[0]).size()))};
  };
  ops["Constant"] = [](const Call& c) -> Values {
    for (const OnnxAttribute& attribute : c.node.attributes) {
      const std::string& name = attribute.name;
      if (name == "value") return {support::onnx::value_of(attribute.tensor.at(0))};
      if (name == "value_float") return {Tensor<float>::scalar(attribute.real)};
      if (name == "value_int") return {Tensor<std::int64_t>::scalar(attribute.integer)};
      if (name == "value_floats") return {Tensor<float>::from({attribute.reals.size()}, attribute.reals)};
      if (name == "value_ints") return {tensor_of(attribute.integers)};
    }
    throw Unsupported("constants that are not numbers");
  };
  ops["ConstantOfShape"] = [](const Call& c) -> Values {
    const Value value = c.has("value") ? support::onnx::value_of(c.node.find("value")->tensor.at(0))
                                       : Value(Tensor<float>{0});
    return {any(value, [&]<class T>(const Tensor<T>& x) { return full<T>(shape_of_list(list_of(c[0])), x.item()); })};
  };
  ops["Range"] = [](const Call& c) -> Values {
    return {number(c[0], [&]<class T>(const Tensor<T>& begin) {
      return arange<T>(begin.item(), as<T>(c[1]).item(), as<T>(c[2]).item());
    })};
  };
  ops["EyeLike"] = [](const Call& c) -> Values {
    const Shape shape = shape_of_value(c[0]);
    // Column j of row i is 1 where j - i = k.
    const auto rows = arange<std::int64_t>(shape[0]).reshape({shape[0], 1}), columns = arange<std::int64_t>(shape[1]);
    const Value eye = equal(columns - rows, c.integer("k", 0));
    return {c.has("dtype") ? cast(eye, c.integer("dtype", 1))
                           : any(c[0], [&]<class T>(const Tensor<T>&) { return as<bool>(eye).template to<T>(); })};
  };
  ops["Trilu"] = [](const Call& c) -> Values {
    return {number(c[0], [&](const auto& x) {
      const std::size_t m = x.shape()[x.rank() - 2], n = x.shape()[x.rank() - 1];
      const auto rows = arange<std::int64_t>(m).reshape({m, 1}), columns = arange<std::int64_t>(n);
      const std::int64_t k = c.has(1) ? integers(c[1]).item() : 0;
      return where(c.integer("upper", 1) ? greater_equal(columns - rows, k) : less_equal(columns - rows, k), x, 0);
    })};
  };
  ops["OneHot"] = [](const Call& c) -> Values {
    return {number(c[2], [&]<class T>(const Tensor<T>& values) {
      const std::int64_t depth = integers(c[1]).item();
      auto labels = integers(c[0]);
      labels = where(less(labels, std::int64_t{0}), labels + depth, labels);
      Tensor<T> hot = one_hot<T>(labels, static_cast<std::size_t>(depth));
      hot = where(equal(hot, 1), values[1], where(equal(hot, 1), hot, values[0]));
      return move_axis(hot, hot.rank() - 1, axis_in(hot.shape(), c.axis(-1)));
    })};
  };
}

inline const std::map<std::string, Op>& op_table() {
  static const std::map<std::string, Op> ops = [] {
    std::map<std::string, Op> out;
    add_elementwise(out);
    add_reductions(out);
    add_rearrangements(out);
    return out;
  }();
  return ops;
}

}  // namespace conformance
