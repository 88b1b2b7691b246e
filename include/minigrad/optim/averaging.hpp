// optim/averaging.hpp - the average of a model's weights over its training: an exponential moving average (EMA), or the
// plain mean of stochastic weight averaging (SWA). It often does better on new data than the last weights. Included by
// name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../nn/module.hpp"
#include "../nn/state_dict.hpp"
#include "../tensor/inner_loop.hpp"
#include "optimized.hpp"
#include "option_checks.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of AveragedModel.
struct AveragedModelOptions {
  double decay = 0;          ///< the share of the average that each step keeps (EMA); 0: the mean of all steps (SWA)
  bool use_buffers = false;  ///< averages the buffers too; otherwise the model keeps its own
};

/// Averages of a model's parameters. The first step() takes them as they are, and each further one
///   EMA:  a <- decay a + (1 - decay) w            SWA, after n steps:  a <- a + (w - a) / (n + 1)
/// For EMA call it after each update, for SWA after each epoch, late in the training. The model and its parts must
/// outlive it, and with use_buffers stay where they are, since it refers to the buffers. Throws ValueError for a decay
/// that is not at least 0 and less than 1. Polyak and Juditsky, "Acceleration of stochastic approximation by
/// averaging", 1992; Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018.
///
///   AveragedModel ema(model, {.decay = 0.999});
///   ... optimizer.step(); ema.step();
///   const auto in = ema.swap_in();            // the model has the averages until `in` ends
template <class Model>
class AveragedModel {
  static_assert(!std::is_void_v<detail::parameter_value_of<Model>>,
                "minigrad: AveragedModel<Model>: the type of the model, as in AveragedModel<Sequential<float>>");
  using V = detail::first_not_void<detail::parameter_value_of<Model>, Tensor<float>>;
  using T = detail::scalar_type<V>;

 public:
  explicit AveragedModel(Model& model, const AveragedModelOptions& options = {})
      : o_(options), parameters_(parameters(model)) {
    detail::require_fraction("AveragedModel", "decay", o_.decay);
    for (const ParameterRef<V>& parameter : parameters_) places_.push_back(&parameter.state().value);
    if (o_.use_buffers)
      for (V* buffer : buffers(model)) places_.push_back(buffer);
  }

  /// Takes the weights as they are into the average. Throws ValueError while the averages are in the model, ShapeError
  /// for a parameter or buffer whose shape has changed, GraphError for one that the model has replaced.
  void step() {
    require_out("step");
    require_unchanged();
    if (averages_.empty()) {
      for (const V* place : places_) averages_.push_back(*place);
      steps_ = 1;
      return;
    }
    const T keep = static_cast<T>(o_.decay), take = static_cast<T>(1 - o_.decay);
    const T count = static_cast<T>(static_cast<double>(++steps_));
    for (std::size_t k = 0; k < places_.size(); ++k) {
      T* const average = detail::numbers(averages_[k]);
      const T* const value = detail::numbers(*places_[k]);
      const std::size_t n = detail::count_numbers(*places_[k]);
      if (o_.decay > 0)
        detail::for_each_element<T>([=](auto& a, auto w) { a = keep * a + take * w; }, n, average, value);
      else
        detail::for_each_element<T>([=](auto& a, auto w) { a += (w - a) / count; }, n, average, value);
    }
  }

  /// Gives the model the averages, and keeps its own weights meanwhile; the next call gives these back. Optimizers refuse
  /// to train the averages. Throws ValueError before the first step(). It allocates nothing.
  void swap() {
    require_used("swap");
    if (steps_ == 0) detail::fail<ValueError>({"AveragedModel: swap: there is no average before the first step()"});
    if (!in_) require_unchanged();  // the way back is open, also to the end of Swapped
    for (std::size_t k = 0; k < places_.size(); ++k) std::swap(*places_[k], averages_[k]);
    in_ = !in_;
    for (const ParameterRef<V>& parameter : parameters_) {
      parameter.edit();  // counts the version up
      parameter.state().has_average = in_;
    }
  }
  /// Whether the model has the averages.
  bool is_in() const { return in_ && !places_.empty(); }

  /// The averages are in the model as long as this exists.
  class [[nodiscard]] Swapped {
   public:
    explicit Swapped(AveragedModel& average) : average_(&average) { average_->swap(); }
    Swapped(const Swapped&) = delete;
    Swapped& operator=(const Swapped&) = delete;
    ~Swapped() {
      if (average_->is_in()) average_->swap();
    }

   private:
    AveragedModel* average_;
  };
  /// swap(), undone at the end of the life of what it returns; meanwhile the AveragedModel must not be moved. Throws as
  /// swap() does, and ValueError while the averages are in the model.
  Swapped swap_in() {
    require_out("swap_in");
    return Swapped(*this);
  }

  /// How many times the weights were taken in.
  std::size_t steps() const { return steps_; }

  /// "AveragedModel(decay=0.999, use_buffers=false)"
  std::string describe() const {
    return "AveragedModel(decay=" + format_exact(o_.decay) + ", use_buffers=" + (o_.use_buffers ? "true)" : "false)");
  }

  /// "n_averaged", and the averages: "averages.0", ... Throws ValueError while these are in the model.
  StateDict state_dict() const {
    require_out("state_dict");
    AveragedModel copy = *this;
    copy.count_ = static_cast<std::int64_t>(steps_);
    StateDict out = detail::copy_from(copy.targets());
    out.metadata("average", "AveragedModel");
    return out;
  }
  /// Throws ValueError, and changes nothing, if the state is not one of the averages of such a model.
  void load_state_dict(const StateDict& state) {
    require_out("load_state_dict");
    if (state.metadata("average") != "AveragedModel")
      detail::fail<ValueError>({"AveragedModel: load_state_dict: this is not the state of an AveragedModel"});
    AveragedModel loaded = *this;
    loaded.averages_.clear();
    if (state.size() > 1)
      for (const V* place : places_) loaded.averages_.push_back(*place);
    const auto targets = loaded.targets();
    detail::require_same("AveragedModel", detail::differences(state, targets));
    detail::copy_to(targets, state);
    if (loaded.count_ < 0) detail::fail<ValueError>({"AveragedModel: load_state_dict: ", loaded.count_, " steps"});
    averages_ = std::move(loaded.averages_);
    steps_ = static_cast<std::size_t>(loaded.count_);
  }

 private:
  void require_used(const char* function) const {
    if (places_.empty())
      detail::fail<ValueError>({"AveragedModel: ", function, ": it was moved from, or its model has no parameters"});
  }
  void require_out(const char* function) const {
    require_used(function);
    if (in_)
      detail::fail<ValueError>({"AveragedModel: ", function,
                                ": the averages are in the model: give it back its own "
                                "weights by swap() first"});
  }
  void require_unchanged() const {
    for (const ParameterRef<V>& parameter : parameters_) detail::require_model("AveragedModel", parameter.state());
    for (std::size_t k = 0; k < averages_.size(); ++k)
      if (const Shape& now = shape_of(*places_[k]), &before = shape_of(averages_[k]); now != before)
        detail::fail<ShapeError>({"AveragedModel: parameter or buffer ", k, " had shape ", before, " and has ", now,
                                  " now: make a new average"});
  }
  std::vector<detail::StateTarget> targets() {
    std::vector<detail::StateTarget> out{detail::state_target("n_averaged", count_)};
    for (std::size_t k = 0; k < averages_.size(); ++k)
      out.push_back(detail::state_target(detail::concat({"averages.", k}), averages_[k]));
    return out;
  }

  AveragedModelOptions o_;
  std::vector<ParameterRef<V>> parameters_;
  std::vector<V*> places_;   // the model's parameters, and its buffers where these are averaged
  std::vector<V> averages_;  // in the same order; the model's own while these are in the model
  std::size_t steps_ = 0;
  std::int64_t count_ = 0;  // steps_, in a copy that is saved or loaded
  bool in_ = false;
};

}  // namespace minigrad::inline MINIGRAD_ABI
