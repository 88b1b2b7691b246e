// train/batch_step.hpp - the loss of a batch, as fit() computes it: recorded anew for each batch, or recorded once and
// run again for every batch of the same shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/ownership.hpp"
#include "../data/dataset.hpp"
#include "../graph/capture.hpp"
#include "../nn/module.hpp"
#include "require_training.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// loss(model(x...), y...) of the inputs x, of which there are `inputs`, and the targets y.
template <class Model, class Loss, std::size_t inputs>
struct LossOfBatch {
  Model* model;
  const Loss* loss;
  auto operator()(const auto&... all) const {
    if constexpr (inputs == 1) return of_one(all...);
    else return of_many(std::tie(all...), std::make_index_sequence<inputs>(),
                        std::make_index_sequence<sizeof...(all) - inputs>());
  }

 private:
  auto of_one(const auto& x, const auto&... y) const { return (*loss)((*model)(x), y...); }
  template <class All, std::size_t... X, std::size_t... Y>
  auto of_many(const All& all, std::index_sequence<X...>, std::index_sequence<Y...>) const {
    return (*loss)((*model)(std::get<X>(all)...), std::get<inputs + Y>(all)...);
  }
};

/// The types of a list of tensors: one, or the several of Tensors.
template <class... T>
struct TensorList {
  static constexpr std::size_t size = sizeof...(T);
};
template <class X>
struct ListOf {
  using type = TensorList<X>;
};
template <template <class...> class Several, class... T>
  requires requires(Several<T...> several) { several.all; }
struct ListOf<Several<T...>> {
  using type = TensorList<Tensor<T>...>;
};

/// Whether a model can be called with what a graph makes of a batch; true where the graph takes no such tensors, which
/// has an error of its own.
template <class Model, class V, class X>
inline constexpr bool takes_inputs = true;
template <class Model, class V, class... X>
  requires requires(Graph<V>& graph, X&... x) { (graph.input(std::move(x)), ...); }
inline constexpr bool takes_inputs<Model, V, TensorList<X...>> =
    requires(Model& model, Graph<V>& graph, X&... x) { model(graph.input(std::move(x))...); };
/// Whether fit() can train a model by a loss on such a dataset; a compile error says why not.
template <class Model, class Loss, class T, class Y>
constexpr bool can_train() {
  constexpr bool targets = !refuses_labels<Loss, Y>;
  static_assert(targets, "minigrad: this loss compares numbers, and its target holds labels: y.to<float>().reshape({n, "
                         "1}) makes numbers of them; labels of classes go to CrossEntropyLoss");
  constexpr bool inputs =
      takes_inputs<Model, parameter_value_of<Model>, typename ListOf<typename Dataset<T, Y>::Features>::type>;
  static_assert(inputs, "minigrad: fit() calls the model with a Var for each of the features: a layer is called with "
                        "Tensors and with Vars: let operator() take auto");
  return targets && inputs;
}

template <class V, class F, class Xs, class Ys>
struct StepOf;
template <class V, class F, class... X, class... Y>
struct StepOf<V, F, TensorList<X...>, TensorList<Y...>> {
  using type = CapturedStep<V, F, X..., Y...>;
  /// Whether a step can be recorded for such tensors: there is a handle for each.
  static constexpr bool can_capture =
      ((std::is_same_v<X, V> || std::is_same_v<X, Tensor<std::int64_t>>) && ...) &&
      ((std::is_same_v<Y, V> || std::is_same_v<Y, Tensor<std::int64_t>>) && ...);
};

/// Model and loss must outlive the step. X and Y are the tensors of a batch.
template <class Model, class Loss, class X, class Y>
class BatchStep {
  using V = parameter_value_of<Model>;
  using Function = LossOfBatch<Model, Loss, ListOf<X>::type::size>;
  using Captured = StepOf<V, Function, typename ListOf<X>::type, typename ListOf<Y>::type>;

 public:
  /// Whether a recorded loss can be run for other targets: the loss takes handles, and there is one for Y. A loss says
  /// so itself, since a call that does not compile cannot be tried.
  static constexpr bool can_replay = Captured::can_capture && requires { requires Loss::takes_handles; };

  /// Throws ValueError for a replay where can_replay is false.
  BatchStep(Model& model, const Loss& loss, bool replay) : model_(model), function_{&model, &loss}, replay_(replay) {
    if (replay && !can_replay)
      fail<ValueError>({"fit: replay needs targets of the model's number type or of std::int64_t, and a loss that "
                        "takes a Var or IndexVar as its target too: one of this library, or a struct with `static "
                        "constexpr bool takes_handles = true;`"});
  }

  /// The graph of the batches that are recorded anew. The recorded step gets its inspector.
  Graph<V>& graph() { return graph_; }

  /// The next run of the recorded step is checked.
  void begin_epoch() { check_ = true; }

  /// The loss of a batch. It is good until the next call. If a parameter was frozen or unfrozen, the step is recorded
  /// again.
  Var<V> operator()(X x, Y y) {
    if constexpr (can_replay) {
      bool changed = false;
      if (step_)
        for (const auto& use : step_->graph().uses())
          changed = changed || use.requires_grad != use.state->requires_grad;
      if (changed) step_ = {};
    }
    // An epoch that is resumed may begin with its last batch, of fewer rows than those that follow.
    if (step_ && x.shape()[0] > x_shape_[0]) step_ = {};
    if constexpr (can_replay)
      if (replay_ && (!step_ || (x.shape() == x_shape_ && y.shape() == y_shape_))) return run(x, y);
    graph_.clear();
    return with_tensors([&](auto&... xs) {
      return with_tensors([&](const auto&... ys) { return function_(graph_.input(std::move(xs))..., ys...); }, y);
    }, x);
  }

 private:
  /// f(x..., y...).
  template <class F>
  static void with_both(const F& f, const X& x, const Y& y) {
    with_tensors([&](const auto&... xs) { with_tensors([&](const auto&... ys) { f(xs..., ys...); }, y); }, x);
  }
  Var<V> run(const X& x, const Y& y) {
    if (!step_) {
      with_both([&](const auto&... all) { step_ = Own<Recorded>(new Recorded(capture<V>(function_, all...))); }, x, y);
      step_->graph().hooks().inspector = graph_.hooks().inspector;
      x_shape_ = x.shape(), y_shape_ = y.shape();
    } else {
      if (std::exchange(check_, false)) (check)(x, y);
      with_both([&](const auto&... all) { (*step_)(all...); }, x, y);
    }
    return step_->result();
  }

  /// Also refuses a model that writes to a buffer by other means than an op: a run would leave that out.
  void (check)(const X& x, const Y& y) {
    const auto now = named_buffers(model_);
    std::vector<V> before;
    for (const auto& one : now) before.push_back(*one.buffer);
    with_both([&](const auto&... all) { (step_->check)(all...); }, x, y);
    const std::string* written = nullptr;
    for (std::size_t k = 0; k < now.size(); ++k) {
      if (same_bits(*now[k].buffer, before[k])) continue;
      written = &now[k].name;
      *now[k].buffer = std::move(before[k]);
    }
    if (written)
      fail<GraphError>({"fit: replay: the model writes to its buffer ", *written, " itself, which a run of the "
                        "recorded step leaves out: only ops are run again"});
  }

  struct None {
    using type = None;
  };
  using Recorded = typename std::conditional_t<can_replay, Captured, None>::type;

  Model& model_;
  Function function_;
  Graph<V> graph_;
  Own<Recorded> step_;
  Shape x_shape_, y_shape_;
  bool replay_, check_ = true;
};

/// A copy of a batch for an optimizer that computes its loss again; nothing for others.
template <class Optimizer, class X, class Y>
auto keep_batch([[maybe_unused]] const X& x, [[maybe_unused]] const Y& y) {
  if constexpr (TakesClosure<Optimizer>) return std::pair<X, Y>(x, y);
  else return 0;
}
/// A step of the optimizer, by the gradients that there are of a loss. Where it takes a closure, this gives it that loss
/// first, and after that computes it anew.
template <class Optimizer, class Step, class Kept>
void step_on_batch(Optimizer& optimizer, [[maybe_unused]] Step& step, [[maybe_unused]] double loss,
                   [[maybe_unused]] const Kept& kept) {
  if constexpr (TakesClosure<Optimizer>) {
    bool first = true;
    optimizer.step([&] {
      if (std::exchange(first, false)) return loss;
      const auto again = step(kept.first, kept.second);
      optimizer.zero_grad();
      backward(again);
      return static_cast<double>(again.item());
    });
  } else {
    optimizer.step();
  }
}

}  // namespace minigrad::detail
