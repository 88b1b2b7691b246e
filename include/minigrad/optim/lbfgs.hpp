// optim/lbfgs.hpp - L-BFGS: steps along an estimate of Newton's direction, from the last few gradients of the whole
// loss. The method of choice for regression on data that fit into one batch. Included by name.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../nn/state_dict.hpp"
#include "flat_parameters.hpp"
#include "lbfgs_history.hpp"
#include "option_checks.hpp"
#include "strong_wolfe.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of LBFGS.
struct LBFGSOptions {
  double lr = 1;                   ///< the length of the step; with a line search the first that it tries
  std::size_t max_iter = 20;       ///< iterations of one step()
  std::size_t max_eval = 0;        ///< evaluations of the loss in one step(); 0: 5/4 max_iter
  double tolerance_grad = 1e-7;    ///< stops where no |g_i| is larger
  double tolerance_change = 1e-9;  ///< stops where neither the loss nor a weight changes by more
  std::size_t history_size = 100;  ///< how many pairs s, y are kept, each of twice the memory of the weights
  bool strong_wolfe = false;       ///< searches along the direction for a length that meets the strong Wolfe conditions
  /// The optimizer's name, and the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "LBFGS";
  auto fields() {
    return std::array<detail::StateField, 7>{{{"lr", lr},
                                              {"max_iter", max_iter},
                                              {"max_eval", max_eval},
                                              {"tolerance_grad", tolerance_grad},
                                              {"tolerance_change", tolerance_change},
                                              {"history_size", history_size},
                                              {"strong_wolfe", strong_wolfe}}};
  }
  void require_valid() const {
    detail::require_not_negative(name, "lr", lr);
    detail::require_count(name, "max_iter", max_iter);
    detail::require_not_negative(name, "tolerance_grad", tolerance_grad);
    detail::require_not_negative(name, "tolerance_change", tolerance_change);
    detail::require_count(name, "history_size", history_size);
  }
};

/// In iteration k, with s_i = w_(i+1) - w_i and y_i = g_(i+1) - g_i of the last history_size iterations:
///   d = -H g,  w <- w + t d
/// where H, an estimate of the inverse Hessian, is built by BFGS updates H <- (I - r s y') H (I - r y s') + r s s' with
/// r = 1 / y's from (y's / y'y) I, and never formed: two loops over the pairs give d. The first d is -g. As in PyTorch.
/// Nocedal, "Updating quasi-Newton matrices with limited storage", 1980; Liu and Nocedal, "On the limited memory BFGS
/// method for large scale optimization", 1989.
///
///   LBFGS optimizer(model, {.strong_wolfe = true});
///   const double loss = optimizer.step([&] {
///     graph.clear();
///     return mse_loss(model(graph.input(x)), y);
///   });
template <class V>
class LBFGS {
  using T = detail::scalar_type<V>;
  struct Group {
    LBFGSOptions options;
    double initial_lr = -1;
  };

 public:
  using value_type = V;
  using optimizer_options = LBFGSOptions;  ///< the type of options()

  explicit LBFGS(const std::vector<ParameterRef<V>>& parameters, const LBFGSOptions& options = {})
      : flat_(parameters, "LBFGS"), group_{options} { options.require_valid(); }
  template <class M>
    requires(!std::is_same_v<M, LBFGS> && !std::is_same_v<M, std::vector<ParameterRef<V>>>)
  explicit LBFGS(M& model, const LBFGSOptions& options = {}) : LBFGS(minigrad::parameters(model), options) {}

  /// Up to max_iter iterations. The closure computes the loss, which is evaluated several times, at several places: it
  /// records the loss and returns its Var, whose gradients step() then computes; or it computes the gradients itself,
  /// after zero_grad(), and returns the loss as a number. Returns the loss before. The gradients that it leaves are
  /// those of the last evaluation. Throws ValueError if the loss is not finite. After that, and after an exception of the
  /// closure, the parameters are those with which the iteration began.
  template <class Closure>
  double step(Closure&& closure);
  /// zero_grad() clears the gradients of all parameters; updates() tells whether the optimizer updates one.
  void zero_grad() { flat_.zero_grad(); }
  bool updates(const ParameterRef<V>& parameter) const {
    return std::count(flat_.parameters().begin(), flat_.parameters().end(), parameter) > 0;
  }

  /// The one group; its learning rate, at least 0; the rate from which schedules count; its options.
  std::span<Group> groups() { return flat_.parameters(), std::span(&group_, 1); }
  std::span<const Group> groups() const { return flat_.parameters(), std::span(&group_, 1); }
  double lr() const { return groups()[0].options.lr; }
  void lr(double value) { detail::require_not_negative("LBFGS", "lr", value), groups()[0].options.lr = value; }
  double initial_lr() { return group_.initial_lr = group_.initial_lr < 0 ? lr() : group_.initial_lr; }
  const LBFGSOptions& options() const { return group_.options; }

  /// How many iterations, and evaluations of the loss, all steps together took.
  std::size_t iterations() const { return iterations_; }
  std::size_t evaluations() const { return evaluations_; }

  /// The options, the counts, and the pairs, by PyTorch's names: "state.0.old_stps.0".
  StateDict state_dict() const;
  /// Throws ValueError, naming all that differs, and changes nothing, unless the state is one for these numbers.
  void load_state_dict(const StateDict& state);

 private:
  void begin();
  std::array<detail::StateField, 2> counts() { return {{{"n_iter", iterations_}, {"func_evals", evaluations_}}}; }
  std::vector<detail::StateTarget> targets();

  FlatParameters<V> flat_;
  Group group_;
  detail::LbfgsHistory<T> history_;
  detail::LinePoint<T> start_, points_[3];        // where the iteration begins, and places on its line
  Tensor<T> x_, d_, previous_;                    // the weights and the direction; the gradient of the last iteration
  double t_ = 0;                                  // the last step length
  std::size_t iterations_ = 0, evaluations_ = 0;  // of all steps together
};
template <class M>
LBFGS(M&, LBFGSOptions = {}) -> LBFGS<detail::optimized_value<M>>;
template <class V>
LBFGS(std::vector<ParameterRef<V>>, LBFGSOptions = {}) -> LBFGS<V>;

/// Makes the memory for as many numbers as there are. Throws ShapeError if that number has changed.
template <class V>
void LBFGS<V>::begin() {
  const std::size_t n = flat_.size();
  if (d_.size() == n) return;
  if (d_.size() > 0)
    detail::fail<ShapeError>({"LBFGS: the parameters had ", d_.size(), " numbers at the first step and have ", n,
                              " now: make a new optimizer"});
  for (auto* values :
       {&start_.gradient, &points_[0].gradient, &points_[1].gradient, &points_[2].gradient, &x_, &d_, &previous_})
    *values = Tensor<T>::empty({n});
}

template <class V>
template <class Closure>
double LBFGS<V>::step(Closure&& closure) {
  const LBFGSOptions& o = group_.options;
  o.require_valid();
  flat_.require_own_values();
  begin();
  flat_.read_values(x_.data());
  const std::size_t n = d_.size(), most = o.max_eval ? o.max_eval : o.max_iter * 5 / 4, before = evaluations_;
  const auto evaluate = [&](Tensor<T>& gradient) {
    ++evaluations_;
    return flat_.evaluate(closure, gradient.data(), x_);
  };
  const auto is_flat = [&] { return history_.sums.largest_size(n, start_.gradient.data()) <= o.tolerance_grad; };
  const auto require_finite = [&](double loss) {
    if (!detail::is_finite(loss))
      flat_.set_values(x_),
          detail::fail<ValueError>({"LBFGS: the loss is ", loss, " after ", iterations_,
                                    " iterations: standardise the data, set strong_wolfe, or try a smaller lr"});
  };
  const double first = start_.f = evaluate(start_.gradient);
  require_finite(first);
  if (is_flat()) return first;
  for (std::size_t iteration = 1;; ++iteration, flat_.read_values(x_.data())) {
    T* const g = start_.gradient.data();
    if (++iterations_ > 1) history_.add(n, g, previous_.data(), static_cast<T>(t_), d_.data(), o.history_size);
    start_.slope = history_.find_direction(n, g, d_.data());
    if (o.strong_wolfe) std::copy(g, g + n, previous_.data());
    else std::swap(start_.gradient, previous_);  // it is computed anew
    const double loss_before = start_.f;
    t_ = o.lr;
    if (iterations_ == 1)
      t_ *= 1 / (std::max)(1.0, history_.sums.sum_of(n, [=](auto at, std::size_t i) { return simd::abs(at(g + i)); }));
    if (start_.slope > -o.tolerance_change) break;
    const double size = history_.sums.largest_size(n, d_.data());
    if (o.strong_wolfe) {
      const auto evaluate_at = [&](double t, detail::LinePoint<T>& point) {
        flat_.set_along(x_.data(), static_cast<T>(t), d_.data());
        point.t = t;
        point.f = evaluate(point.gradient);
        point.slope = history_.sums.dot(n, point.gradient.data(), d_.data());
      };
      detail::LinePoint<T>& found = detail::strong_wolfe(evaluate_at, start_, t_, size, o.tolerance_change, points_);
      t_ = found.t;
      flat_.set_along(x_.data(), static_cast<T>(t_), d_.data());
      if (&found != &start_) start_.f = found.f, std::swap(start_.gradient, found.gradient);
    } else {
      flat_.set_along(x_.data(), static_cast<T>(t_), d_.data());
      if (iteration == o.max_iter) break;  // the next step() evaluates here
      start_.f = evaluate(start_.gradient);
    }
    require_finite(start_.f);
    if (iteration == o.max_iter || evaluations_ - before >= most || is_flat()) break;
    if (size * std::fabs(t_) <= o.tolerance_change || std::fabs(start_.f - loss_before) < o.tolerance_change) break;
  }
  return first;
}
template <class V>
std::vector<detail::StateTarget> LBFGS<V>::targets() {
  std::vector<detail::StateTarget> out{detail::state_target("t", t_)};
  if (d_.size() > 0) {  // after the first step
    out.push_back(detail::state_target("d", d_));
    out.push_back(detail::state_target("prev_flat_grad", previous_));
  }
  history_.append_targets(out);
  return out;
}
template <class V>
StateDict LBFGS<V>::state_dict() const {
  flat_.parameters();  // throws after a move
  LBFGS copy = *this;
  StateDict out;
  out.metadata("optimizer", "LBFGS");
  out.add("param_groups.0.", detail::fields_to_state(copy.group_.options.fields()));
  if (group_.initial_lr >= 0) out.add("param_groups.0.initial_lr", group_.initial_lr);
  out.add("state.0.", detail::fields_to_state(copy.counts()));
  out.add("state.0.", detail::copy_from(copy.targets()));
  return out;
}
template <class V>
void LBFGS<V>::load_state_dict(const StateDict& state) {
  if (const std::string kind = state.metadata("optimizer"); kind != "LBFGS")
    detail::fail<ValueError>(
        {"LBFGS: load_state_dict: this is ", kind.empty() ? "not the state of an optimizer" : "the state of " + kind});
  LBFGS loaded(flat_.parameters());
  StateDict options = state.part("param_groups.0."), own = state.part("state.0.");
  const StateDict initial = options.take("initial_lr");
  detail::load_fields("LBFGS", options, loaded.group_.options.fields());
  loaded.options().require_valid();
  if (initial.size())
    detail::require_not_negative("LBFGS", "initial_lr", loaded.group_.initial_lr = initial.get<double>("").item());
  if (own.find("d")) loaded.begin();
  std::size_t pairs = 0;
  while (own.find(detail::concat({"ro.", pairs}))) ++pairs;
  loaded.history_.resize(pairs, loaded.d_.size());
  StateDict counts;
  for (const auto& field : loaded.counts())
    if (own.find(field.name)) counts.add(field.name, own.take(field.name));
  const auto targets = loaded.targets();
  detail::require_same("LBFGS", detail::differences(own, targets));
  detail::load_fields("LBFGS", counts, loaded.counts());
  if (loaded.iterations_ > 0 && !own.find("d"))
    detail::fail<ValueError>({"LBFGS: load_state_dict: ", loaded.iterations_, " iterations, and no direction d"});
  detail::copy_to(targets, own);
  *this = std::move(loaded);
}

}  // namespace minigrad::inline MINIGRAD_ABI
