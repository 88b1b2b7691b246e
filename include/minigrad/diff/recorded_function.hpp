// diff/recorded_function.hpp - a function that was called once, on Vars, and the sweeps over what it left in the
// graph.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "grad.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A function recorded once, at a point. It is compiled once for a type of values: f is called through a pointer.
template <class V>
class RecordedFunction {
 public:
  using T = scalar_type<V>;
  using Values = std::vector<V>;
  using Vars = std::vector<Var<V>>;
  using Call = Vars (*)(const void* f, const Vars& x);

  RecordedFunction(const char* op, const void* f, Call call, std::span<const V> x) : op_(op) {
    graph_.freeze_parameters();
    for (const V& one : x) x_.push_back(graph_.variable(one));
    y_ = call(f, x_);
    for (const Var<V>& one : y_)
      if (!graph_.owns(one)) fail<GraphError>({op, ": the function's result belongs to another graph"});
    for (const Var<V>& one : x_) one.zero_grad();  // of a backward() within f
  }

  /// f(x)
  Values values() const { return values_of(y_); }

  Values vjp(std::span<const V> v) {
    require_shapes(v, y_, "the function's result");
    return gradients_along(y_, v);
  }

  /// u'J is linear in u, whatever u is, and its derivative with respect to u along v is J v.
  Values jvp(std::span<const V> v) {
    require_shapes(v, x_, "the input");
    if (y_.empty()) return {};
    Vars u;
    for (const Var<V>& one : y_) u.push_back(graph_.variable(filled_like(one.value(), 1)));
    const Vars pulled = y_.size() == 1 ? grad_along(y_[0], u[0], span_of(x_)) : grad(dot(y_, u), span_of(x_));
    return values_of(grad(dot(pulled, v), span_of(u)));
  }

  Values hvp(std::span<const V> v) {
    require_shapes(v, x_, "the input");
    return gradients_along(gradient(), v);
  }

  std::vector<Values> jacobian() { return blocks(y_); }
  std::vector<Values> hessian() { return blocks(gradient()); }

 private:
  static std::span<const Var<V>> span_of(const Vars& vars) { return vars; }
  static Values values_of(const Vars& vars) {
    Values out;
    for (const Var<V>& one : vars) out.push_back(one.value());
    return out;
  }
  template <class W>
  static auto elements(W& value) {
    if constexpr (is_tensor<V>) return std::span(value.data(), value.size());
    else return std::span(&value, 1);
  }
  static V filled_like(const V& value, int c) {
    V out = zeros_like_value(value);
    for (T& element : elements(out)) element = static_cast<T>(c);
    return out;
  }
  /// 0 in the shape of a followed by that of b.
  V zeros_of_both(const V& a, const V& b) const {
    if constexpr (is_tensor<V>) {
      if (a.rank() + b.rank() > Shape::max_rank)
        fail<ShapeError>({op_, ": all derivatives of a result of shape ", a.shape(), " by an input of shape ", b.shape(),
                          " have ", a.rank() + b.rank(), " axes, and a tensor has at most ", Shape::max_rank,
                          ": reshape them within the function"});
      Shape shape = a.shape();
      for (const std::size_t extent : b.shape()) shape.push_back(extent);
      V out = V::empty(shape);
      out.fill(0);
      return out;
    } else {
      return V(0);
    }
  }

  /// The sum of all products.
  template <class W>
  static Var<V> dot(const Vars& a, const W& b) {
    Var<V> total = sum(a[0] * b[0]);
    for (std::size_t k = 1; k < a.size(); ++k) total = total + sum(a[k] * b[k]);
    return total;
  }

  /// The gradient of a function that gives a single number, recorded.
  Vars gradient() {
    if (y_.size() != 1) fail<GraphError>({op_, ": the function gives ", y_.size(), " numbers, and must give one"});
    return grad_along(y_[0], graph_.input(one_for(op_, y_[0])), span_of(x_));
  }

  /// The gradients of the sum of v's products with the results.
  Values gradients_along(const Vars& results, std::span<const V> v) {
    Var<V> total;
    if (results.size() == 1) {
      total = results[0];
      sweep(total, &v[0]);
    } else if (!results.empty()) {
      total = dot(results, v);
      require_single_number(op_, total.value());
      sweep(total);
    }
    Values out;
    for (const Var<V>& one : x_) {
      const V* found = graph_.find_gradient(one.id());
      if (!found && !results.empty()) require_independent(total, one);
      out.push_back(found ? *found : zeros_like_value(one.value()));
    }
    return out;
  }

  /// For each result and each input all derivatives of the one by the other. One sweep for each number of the results
  /// gives its derivatives by all inputs.
  std::vector<Values> blocks(const Vars& results) {
    std::vector<Values> out;
    for (const Var<V>& result : results) {
      Values row;
      for (const Var<V>& one : x_) row.push_back(zeros_of_both(result.value(), one.value()));
      V seed = zeros_like_value(result.value());
      for (std::size_t i = 0; i < elements(seed).size(); ++i) {
        elements(seed)[i] = 1;
        sweep(result, &seed);
        elements(seed)[i] = 0;
        for (std::size_t k = 0; k < x_.size(); ++k) {
          const V* found = graph_.find_gradient(x_[k].id());
          if (!found && i == 0) require_independent(result, x_[k]);
          if (!found) continue;
          const auto g = elements(*found);
          for (std::size_t j = 0; j < g.size(); ++j) elements(row[k])[i * g.size() + j] = g[j];
          x_[k].zero_grad();
        }
      }
      out.push_back(std::move(row));
    }
    return out;
  }

  void require_shapes(std::span<const V> v, const Vars& like, const char* name) const {
    if (v.size() != like.size())
      fail<ShapeError>({op_, ": v has ", v.size(), " numbers and ", name, " has ", like.size(),
                        ": there must be as many"});
    for (std::size_t k = 0; k < v.size(); ++k)
      if (const Shape given = shape_of(v[k]), needed = shape_of(like[k]); given != needed)
        fail<ShapeError>({op_, ": v has shape ", given, " and ", name, " has ", needed, ": shapes must be equal"});
  }

  const char* op_;
  Graph<V> graph_;
  Vars x_, y_;
};

}  // namespace minigrad::detail
