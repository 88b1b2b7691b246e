// optim/more_schedules.hpp - further learning-rate schedules: MultiStepLR, ConstantLR, PolynomialLR,
// CosineAnnealingWarmRestarts, LambdaLR, MultiplicativeLR. Included by name.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "schedule_base.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of MultiStepLR.
struct MultiStepLROptions {
  std::vector<std::size_t> milestones{};  ///< must be given: epochs; one that is listed twice counts twice
  double gamma = 0.1;                     ///< the factor of lr at a milestone, at least 0

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() { return std::array<detail::StateField, 1>{{{"gamma", gamma}}}; }
  void require_valid() const {
    if (milestones.empty()) detail::fail<ValueError>({"MultiStepLR: there are no milestones"});
    detail::require_option(gamma >= 0, "MultiStepLR", "gamma", gamma, "at least 0");
  }
};
/// At each milestone: lr <- gamma lr. Throws ValueError without milestones, and for gamma below 0.
template <class Optimizer>
class MultiStepLR : public detail::Schedule<MultiStepLR<Optimizer>, Optimizer, MultiStepLROptions> {
 public:
  static constexpr const char* name = "MultiStepLR";  ///< in messages
  MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options) : MultiStepLR::Schedule(optimizer, options) {
    this->begin();
  }

  /// The name and the options.
  std::string describe() const {
    std::string out = "MultiStepLR(milestones={";
    for (const std::size_t& milestone : this->o().milestones)
      detail::append(out, {&milestone == this->o().milestones.data() ? "" : ", ", milestone});
    return out + "}, gamma=" + format_exact(this->o().gamma) + ")";
  }

 private:
  friend typename MultiStepLR::Schedule;
  double first(double base) const { return base * factor(0); }
  double next(double lr, double) const { return lr * factor(this->t()); }
  double factor(std::size_t t) const {
    double out = 1;
    for (const std::size_t milestone : this->o().milestones)
      if (milestone == t) out *= this->o().gamma;
    return out;
  }
};

/// Options of ConstantLR.
struct ConstantLROptions {
  double factor = 1.0 / 3;      ///< of lr_0, above 0 and at most 1
  std::size_t total_iters = 5;  ///< epochs with this factor

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() { return std::array<detail::StateField, 2>{{{"factor", factor}, {"total_iters", total_iters}}}; }
  void require_valid() const {
    detail::require_option(factor > 0 && factor <= 1, "ConstantLR", "factor", factor, "above 0 and at most 1");
    detail::require_count("ConstantLR", "total_iters", total_iters);
  }
};
/// lr is factor lr_0 for total_iters epochs, and lr_0 after that. The constructor sets the first value. Throws
/// ValueError unless 0 < factor <= 1, and for total_iters 0.
template <class Optimizer>
class ConstantLR : public detail::Schedule<ConstantLR<Optimizer>, Optimizer, ConstantLROptions> {
 public:
  static constexpr const char* name = "ConstantLR";  ///< in messages
  ConstantLR(Optimizer& optimizer, const ConstantLROptions& options = {}) : ConstantLR::Schedule(optimizer, options) {
    this->begin();
  }

 private:
  friend typename ConstantLR::Schedule;
  double first(double base) const { return base * this->o().factor; }
  double next(double lr, double) const { return this->t() == this->o().total_iters ? lr * (1 / this->o().factor) : lr; }
};

/// Options of PolynomialLR.
struct PolynomialLROptions {
  std::size_t total_iters = 5;  ///< epochs until lr is 0
  double power = 1;             ///< of the polynomial, at least 0

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() { return std::array<detail::StateField, 2>{{{"total_iters", total_iters}, {"power", power}}}; }
  void require_valid() const {
    detail::require_count("PolynomialLR", "total_iters", total_iters);
    detail::require_not_negative("PolynomialLR", "power", power);
  }
};
/// lr = lr_0 (1 - t / total_iters)^power in epoch t, and constant from total_iters on. Throws ValueError for
/// total_iters 0 and power below 0.
template <class Optimizer>
class PolynomialLR : public detail::Schedule<PolynomialLR<Optimizer>, Optimizer, PolynomialLROptions> {
 public:
  static constexpr const char* name = "PolynomialLR";  ///< in messages
  PolynomialLR(Optimizer& optimizer, const PolynomialLROptions& options = {})
      : PolynomialLR::Schedule(optimizer, options) {}

 private:
  friend typename PolynomialLR::Schedule;
  double next(double lr, double) const {
    const double t = static_cast<double>(this->t()), total = static_cast<double>(this->o().total_iters);
    return t > total ? lr : lr * std::pow((1 - t / total) / (1 - (t - 1) / total), this->o().power);
  }
};

/// Options of CosineAnnealingWarmRestarts.
struct CosineAnnealingWarmRestartsOptions {
  std::size_t t_0 = 0;     ///< must be given: the epochs of the first cosine
  std::size_t t_mult = 1;  ///< each cosine takes t_mult times as many epochs as the one before
  double eta_min = 0;      ///< the smallest lr, at least 0

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() { return std::array<detail::StateField, 3>{{{"t_0", t_0}, {"t_mult", t_mult}, {"eta_min", eta_min}}}; }
  void require_valid() const {
    detail::require_count("CosineAnnealingWarmRestarts", "t_0", t_0);
    detail::require_count("CosineAnnealingWarmRestarts", "t_mult", t_mult);
    detail::require_not_negative("CosineAnnealingWarmRestarts", "eta_min", eta_min);
  }
};
/// lr = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T)) / 2, where t counts the epochs of this cosine: after T of them
/// the next begins from lr_0, and T <- t_mult T. It sets lr, whatever other schedules did. Throws ValueError for t_0 or
/// t_mult 0 and for eta_min below 0.
/// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
template <class Optimizer>
class CosineAnnealingWarmRestarts
    : public detail::Schedule<CosineAnnealingWarmRestarts<Optimizer>, Optimizer, CosineAnnealingWarmRestartsOptions> {
 public:
  static constexpr const char* name = "CosineAnnealingWarmRestarts";  ///< in messages
  CosineAnnealingWarmRestarts(Optimizer& optimizer, const CosineAnnealingWarmRestartsOptions& options)
      : CosineAnnealingWarmRestarts::Schedule(optimizer, options) {
    begin();
  }

  /// Begins from the base rates; for SequentialLR.
  void begin() { this->restart(); }

 private:
  friend typename CosineAnnealingWarmRestarts::Schedule;
  double next(double, double base) const {
    std::size_t t = this->t(), epochs = this->o().t_0;
    if (this->o().t_mult == 1)
      t %= epochs;
    else
      for (; t >= epochs; epochs *= this->o().t_mult) t -= epochs;
    const double wave = 1 + std::cos(std::numbers::pi * static_cast<double>(t) / static_cast<double>(epochs));
    return this->o().eta_min + (base - this->o().eta_min) * wave / 2;
  }
};

namespace detail {

struct NoOptions {
  std::array<StateField, 0> fields() { return {}; }
  void require_valid() const {}
};
/// f(epoch), or f(epoch, group) for a function that tells groups apart. All are computed before any is used: f may throw,
/// or give a factor that is refused.
template <class F>
class GroupFactors {
 public:
  GroupFactors(F f, std::size_t groups) : f_(std::move(f)), factors_(groups) {}
  GroupFactors& compute(const char* schedule, std::size_t epoch, std::size_t groups) {
    factors_.resize(groups);
    for (std::size_t group = 0; group < groups; ++group) {
      if constexpr (requires { f_(epoch, group); })
        factors_[group] = static_cast<double>(f_(epoch, group));
      else
        factors_[group] = static_cast<double>(f_(epoch));
      require_not_negative(schedule, "the factor that the function gives", factors_[group]);
    }
    return *this;
  }
  double operator[](std::size_t group) const { return factors_[group]; }

 private:
  F f_;
  std::vector<double> factors_;
};

}  // namespace detail

/// lr = lr_0 f(t) in epoch t. f may take the number of the group as a second argument. Throws ValueError, and changes
/// nothing, where f gives a factor that is negative or not finite.
///
///   LambdaLR schedule(optimizer, [](std::size_t epoch) { return 1 / (1.0 + 0.1 * static_cast<double>(epoch)); });
template <class Optimizer, class F>
class LambdaLR : public detail::Schedule<LambdaLR<Optimizer, F>, Optimizer, detail::NoOptions> {
 public:
  static constexpr const char* name = "LambdaLR";  ///< in messages
  LambdaLR(Optimizer& optimizer, F f)
      : LambdaLR(optimizer, detail::GroupFactors<F>(std::move(f), 0).compute(name, 0, detail::rate_count(optimizer))) {}

  /// Sets the rates for the next epoch, or the next update.
  void step() { this->require_same_groups(), compute(this->t() + 1), this->count_step(), set(); }
  /// Begins anew from the base rates; for SequentialLR.
  void begin() { restart(); }
  void restart() { compute(0), this->count_from_0(), set(); }
  /// The name; the function has no text.
  std::string describe() const { return "LambdaLR(a function)"; }

 private:
  friend typename LambdaLR::Schedule;
  LambdaLR(Optimizer& optimizer, const detail::GroupFactors<F>& first)
      : LambdaLR::Schedule(optimizer, {}), f_(first) { set(); }
  void compute(std::size_t t) { f_.compute(name, t, detail::rate_count(this->optimizer())); }
  void set() {
    std::size_t k = 0;
    this->for_each_rate([&](double, double base) { return base * f_[k++]; });
  }
  detail::GroupFactors<F> f_;
};

/// lr <- lr f(t) in epoch t = 1, 2, ... f may take the number of the group as a second argument. In a SequentialLR it
/// goes on from the rate that it finds. Throws ValueError, and changes nothing, where f gives a factor that is negative
/// or not finite.
template <class Optimizer, class F>
class MultiplicativeLR : public detail::Schedule<MultiplicativeLR<Optimizer, F>, Optimizer, detail::NoOptions> {
 public:
  static constexpr const char* name = "MultiplicativeLR";  ///< in messages
  MultiplicativeLR(Optimizer& optimizer, F f)
      : MultiplicativeLR::Schedule(optimizer, {}), f_(std::move(f), detail::rate_count(optimizer)) {}

  /// Multiplies the rates for the next epoch, or the next update.
  void step() {
    this->require_same_groups();
    f_.compute(name, this->t() + 1, detail::rate_count(this->optimizer()));
    this->count_step();
    std::size_t k = 0;
    this->for_each_rate([&](double lr, double) { return lr * f_[k++]; });
  }
  /// Counts from 0 again; for SequentialLR.
  void restart() { this->count_from_0(); }
  /// The name; the function has no text.
  std::string describe() const { return "MultiplicativeLR(a function)"; }

 private:
  friend typename MultiplicativeLR::Schedule;
  detail::GroupFactors<F> f_;
};

}  // namespace minigrad::inline MINIGRAD_ABI
