// optim/lbfgs_history.hpp - the pairs of steps and gradient changes from which L-BFGS knows the curvature, and the
// direction that follows from them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../tensor/load_state.hpp"
#include "flat_sums.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class T>
class LbfgsHistory {
 public:
  /// Keeps s = t d and y = g - before, in place of the oldest pair if there are `most`. A pair without positive
  /// curvature y's is left out.
  void add(std::size_t n, const T* g, const T* before, T t, const T* d, std::size_t most) {
    if (pairs_.empty() || !pairs_.back().is_free) pairs_.push_back(Pair(n));
    Pair& pair = pairs_.back();
    T *const s = pair.s.data(), *const y = pair.y.data();
    const double ys = sums.sum_of(n, [=](auto at, std::size_t i) {
      const auto y_i = at(g + i) - at(before + i), s_i = t * at(d + i);
      at.store(y + i, y_i);
      at.store(s + i, s_i);
      return y_i * s_i;
    });
    if (!(ys > 1e-10)) return;
    pair.rho = 1 / ys;
    pair.is_free = false;
    scale_ = ys / sums.dot(n, y, y);
    if (pairs_.size() <= most) return;
    const auto surplus = static_cast<std::ptrdiff_t>(pairs_.size() - most);
    std::rotate(pairs_.begin(), pairs_.begin() + surplus, pairs_.end());
    pairs_.resize(most + 1, Pair(0));  // the memory of the oldest is that of the next pair
    pairs_.back().is_free = true;
  }

  /// d = -H g, by the two loops over the pairs; returns its slope g'd.
  double find_direction(std::size_t n, const T* g, T* d) {
    // Each pass over d also computes the product that the next one needs.
    const std::size_t count = size();
    const T* const last = count > 0 ? pairs_[count - 1].s.data() : g;
    double product = sums.sum_of(n, [=](auto at, std::size_t i) {
      const auto d_i = -at(g + i);
      at.store(d + i, d_i);
      return at(last + i) * d_i;
    });
    for (std::size_t k = count; k-- > 0;) {
      Pair& pair = pairs_[k];
      pair.alpha = product * pair.rho;
      const T* const next = k > 0 ? pairs_[k - 1].s.data() : pair.y.data();
      product = add_and_dot(n, -pair.alpha, pair.y.data(), d, next, k > 0 ? 1 : scale_);
    }
    if (count > 0) product *= scale_;
    for (std::size_t k = 0; k < count; ++k) {
      const Pair& pair = pairs_[k];
      const T* const next = k + 1 < count ? pairs_[k + 1].y.data() : g;
      product = add_and_dot(n, pair.alpha - product * pair.rho, pair.s.data(), d, next, 1);
    }
    return product;
  }

  std::size_t size() const { return pairs_.size() - (!pairs_.empty() && pairs_.back().is_free); }
  /// `count` pairs for n numbers, to be loaded into.
  void resize(std::size_t count, std::size_t n) {
    pairs_.clear();
    for (; count > 0; --count) pairs_.push_back(Pair(n)), pairs_.back().is_free = false;
  }
  /// "old_stps.0", "old_dirs.0", "ro.0", ..., "H_diag".
  void append_targets(std::vector<StateTarget>& out) {
    for (std::size_t k = 0; k < size(); ++k) {
      out.push_back(state_target(concat({"old_stps.", k}), pairs_[k].s));
      out.push_back(state_target(concat({"old_dirs.", k}), pairs_[k].y));
      out.push_back(state_target(concat({"ro.", k}), pairs_[k].rho));
    }
    out.push_back(state_target("H_diag", scale_));
  }

  FlatSums<T> sums;

 private:
  /// d <- scale (d + a x); returns the dot product of next and d + a x.
  double add_and_dot(std::size_t n, double a, const T* x, T* d, const T* next, double scale) {
    return sums.sum_of(n, [=, by = static_cast<T>(a), scale = static_cast<T>(scale)](auto at, std::size_t i) {
      const auto d_i = at(d + i) + by * at(x + i);
      at.store(d + i, scale * d_i);
      return at(next + i) * d_i;
    });
  }

  struct Pair {
    explicit Pair(std::size_t n) : s(Tensor<T>::empty({n})), y(Tensor<T>::empty({n})) {}
    Tensor<T> s, y;
    double rho = 0, alpha = 0;
    bool is_free = true;  // memory that holds no pair: at most the last
  };
  std::vector<Pair> pairs_;  // from the oldest to the newest
  double scale_ = 1;         // y's / y'y of the newest
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
