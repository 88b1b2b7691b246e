// nn/embedding_losses.hpp - losses that say how far apart vectors shall be: hinge_embedding_loss,
// cosine_embedding_loss, triplet_margin_loss. Not part of minigrad.hpp.
#pragma once

#include <cstddef>

#include "losses.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A check that every target is 1 or -1.
struct RequireSigns {
  const char* op;

  void operator()(double target) const { inspect(&target, 1, 1); }
  template <class T>
  void operator()(const Tensor<T>& y) const {
    const std::size_t rows = y.rank() ? y.shape()[0] : 1;
    inspect(y.data(), y.size(), rows && y.size() ? y.size() / rows : 1);
  }

 private:
  template <class T>
  void inspect(const T* y, std::size_t n, std::size_t columns) const {
    for (std::size_t i = 0; i < n; ++i)
      if (const auto value = static_cast<double>(y[i]); value != 1 && value != -1)
        fail_in_row<ValueError>(i / columns, {op, ": target ", value}, {": targets are 1 (alike) or -1 (different)"});
  }
};

template <class X>
auto above_0(const X& x) {
  return where(greater(x, 0), x, 0);
}

}  // namespace detail

/// x where the target is 1, and max(0, margin - x) where it is -1, for distances x: small for what is alike, at least
/// `margin` for what is not. Throws ShapeError unless x and targets have one shape, and ValueError for another target,
/// naming its row. Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", 2006.
template <Operand X, Operand Y>
auto hinge_embedding_loss(const X& distance, const Y& target, double margin = 1,
                          Reduction reduction = Reduction::mean) {
  detail::require_same_shape("hinge_embedding_loss", shape_of(distance), shape_of(target));
  detail::require(detail::RequireSigns{"hinge_embedding_loss"}, target);
  const auto m = constant_like(distance, margin);
  return detail::reduce_loss(where(greater(target, 0), distance, detail::above_0(m - distance)), reduction);
}

/// For vectors a, b [n, d] and targets [n]: 1 - cos(a, b) where the target is 1, and max(0, cos(a, b) - margin) where
/// it is -1. As in PyTorch 1e-12 is added to each square of a length. Throws ShapeError, and ValueError for another
/// target, naming its row, and for a margin outside of -1..1.
template <detail::TensorOperand A, detail::TensorOperand B, detail::TensorOperand Y>
auto cosine_embedding_loss(const A& a, const B& b, const Y& target, double margin = 0,
                           Reduction reduction = Reduction::mean) {
  constexpr const char* op = "cosine_embedding_loss";
  const Shape shape = shape_of(a);
  if (shape.rank() != 2 || shape_of(b) != shape || shape_of(target) != Shape{shape[0]})
    detail::fail<ShapeError>({op, ": vectors ", shape, " and ", shape_of(b), ", targets ", shape_of(target),
                              ": [n, d], [n, d] and [n] are expected"});
  if (!(margin >= -1 && margin <= 1))
    detail::fail<ValueError>({op, ": margin is ", margin, ", and must lie in -1..1, as cosines do"});
  detail::require(detail::RequireSigns{op}, target);
  const auto tiny = constant_like(a, 1e-12);
  const auto cosine = sum(a * b, 1) / sqrt((sum(square(a), 1) + tiny) * (sum(square(b), 1) + tiny));
  return detail::reduce_loss(where(greater(target, 0), 1 - cosine, detail::above_0(cosine - constant_like(a, margin))),
                             reduction);
}

/// What triplet_margin_loss takes besides its vectors.
struct TripletMarginOptions {
  double margin = 1;  ///< by how much the positive shall be nearer than the negative, at least 0
  double p = 2;       ///< at least 1: the distance of a and b is (sum |a - b + eps|^p)^(1/p)
  double eps = 1e-6;  ///< is added to each difference
  bool swap = false;  ///< takes the distance of positive and negative in place of a larger one of anchor and negative
  Reduction reduction = Reduction::mean;  ///< of the losses; fit() takes the mean only
};
namespace detail {
template <class A, class B>
auto distance_of_rows(const A& a, const B& b, const TripletMarginOptions& o) {
  const auto d = a - b + constant_like(a, o.eps);
  if (o.p == 2) return sqrt(sum(square(d), 1));
  if (o.p == 1) return sum(abs(d), 1);
  return pow(sum(pow(abs(d), constant_like(a, o.p)), 1), constant_like(a, 1 / o.p));
}
}  // namespace detail

/// max(0, d(anchor, positive) - d(anchor, negative) + margin) for vectors [n, d]: the anchor shall be nearer to the
/// positive than to the negative, by the margin. Throws ShapeError unless all three have one shape, and ValueError for
/// a negative margin and for p < 1. Schroff, Kalenichenko and Philbin, "FaceNet: a unified embedding for face
/// recognition and clustering", 2015; swap: Balntas and others, "Learning local feature descriptors with triplets",
/// 2016.
template <detail::TensorOperand A, detail::TensorOperand P, detail::TensorOperand N>
auto triplet_margin_loss(const A& anchor, const P& positive, const N& negative, const TripletMarginOptions& o = {}) {
  constexpr const char* op = "triplet_margin_loss";
  const Shape shape = shape_of(anchor);
  if (shape.rank() != 2 || shape_of(positive) != shape || shape_of(negative) != shape)
    detail::fail<ShapeError>({op, ": anchor ", shape, ", positive ", shape_of(positive), " and negative ",
                              shape_of(negative), ": three times the same [n, d] is expected"});
  if (!(o.margin >= 0)) detail::fail<ValueError>({op, ": margin is ", o.margin, ", and must be at least 0"});
  if (!(o.p >= 1)) detail::fail<ValueError>({op, ": p is ", o.p, ", and must be at least 1"});
  const auto to_positive = detail::distance_of_rows(anchor, positive, o);
  auto to_negative = detail::distance_of_rows(anchor, negative, o);
  if (o.swap) to_negative = minimum(to_negative, detail::distance_of_rows(positive, negative, o));
  return detail::reduce_loss(detail::above_0(to_positive - to_negative + constant_like(anchor, o.margin)), o.reduction);
}

// The same losses as function objects, for fit(): those of several vectors for a model that gives several.

/// hinge_embedding_loss as a function object: distances and targets 1 or -1.
struct HingeEmbeddingLoss {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var
  double margin = 1;                           ///< the least distance of what is not alike
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& distance, const auto& target) const {
    return hinge_embedding_loss(distance, target, margin, reduction);
  }
};
/// cosine_embedding_loss as a function object: vectors a, b [n, d], and targets 1 or -1 [n].
struct CosineEmbeddingLoss {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var
  double margin = 0;                           ///< the largest cosine of what is not alike, -1 .. 1
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& a, const auto& b, const auto& target) const {
    return cosine_embedding_loss(a, b, target, margin, reduction);
  }
};
/// triplet_margin_loss as a function object: anchors, positives and negatives [n, d].
struct TripletMarginLoss : TripletMarginOptions {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var
  explicit TripletMarginLoss(const TripletMarginOptions& o = {}) : TripletMarginOptions(o) {}
  auto operator()(const auto& anchor, const auto& positive, const auto& negative) const {
    return triplet_margin_loss(anchor, positive, negative, *this);
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI
