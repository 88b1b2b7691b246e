// ops/targets.hpp - what losses take as targets, and the errors that name the row of a target they do not take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../graph/backward.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A part of an error about one row of a batch: fit() throws the error again with the row of the dataset.
struct RowError {
  virtual ~RowError() = default;
  [[noreturn]] virtual void throw_again(std::size_t dataset_row, const char* of) const = 0;
  std::size_t row = 0;
  bool of_validation = false;  // the row is one of the validation set of fit()
};

template <class Kind>
class ErrorInRow final : public Kind, public RowError {
 public:
  ErrorInRow(const std::string& before, std::size_t at, const char* of, const std::string& after)
      : Kind(concat({"minigrad: ", before, " in row ", at, of, after})), before_(before), after_(after) {
    row = at;
    of_validation = std::strcmp(of, " of the validation set") == 0;
  }
  [[noreturn]] void throw_again(std::size_t dataset_row, const char* of) const override {
    throw ErrorInRow(before_, dataset_row, of, after_);
  }

 private:
  std::string before_, after_;
};

/// Throws a Kind of error: "minigrad: <before> in row <row><after>".
template <class Kind>
[[noreturn, gnu::cold, gnu::noinline]] void fail_in_row(std::size_t row, std::initializer_list<FormatArg> before,
                                                        std::initializer_list<FormatArg> after) {
  throw ErrorInRow<Kind>(concat(before), row, "", concat(after));
}

/// Checks that there is one label for each row, and that each label is the number of a column.
template <class = void>
void require_labels(const char* op, const Shape& shape, const Tensor<std::int64_t>& labels) {
  if (shape.rank() != 2 || labels.shape() != Shape{shape[0]}) {
    const bool column = shape.rank() == 2 && labels.shape() == Shape{shape[0], 1};
    fail<ShapeError>({op, ": scores ", shape, " and labels ", labels.shape(), ": [n, classes] and [n] are expected",
                      column ? concat({"; reshape the labels to [", shape[0], "]"}) : std::string()});
  }
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::cmp_less(labels.data()[i], 0) || std::cmp_greater_equal(labels.data()[i], shape[1]))
      fail_in_row<IndexError>(i, {op, ": label ", labels.data()[i]}, {", but there are ", shape[1], " classes"});
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_classes(const char* op, const char* scores,
                                                                  const Shape& shape) {
  fail<ShapeError>({op, ": ", scores, " ", shape, ": [n, classes] is expected, with at least two classes; for one "
                    "column of yes and no there is bce_with_logits_loss"});
}
/// Refuses scores of one column: the softmax of one number is 1 whatever it is, so the loss is 0 and nothing learns.
inline void require_classes(const char* op, const char* scores, const Shape& shape) {
  if (shape.rank() == 2 && shape[1] == 1) refuse_classes(op, scores, shape);
}

/// Checks that each index is that of one of `count` rows.
template <class = void>
void require_rows(const char* op, std::size_t count, const Tensor<std::int64_t>& indices) {
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (std::cmp_less(indices.data()[i], 0) || std::cmp_greater_equal(indices.data()[i], count))
      fail_in_row<IndexError>(indices.rank() ? i / (indices.size() / indices.shape()[0]) : 0,
                              {op, ": index ", indices.data()[i]}, {", but there are ", count, " rows, from 0"});
}

/// What rounding may add to a probability or its logarithm, and rounding to three digits to a sum of probabilities.
inline constexpr double probability_rounding = 1e-5, sum_rounding = 1e-2;

/// The first of n numbers that is not within bounds, or n. NaN is: it makes the loss NaN, which fit() reports.
template <class T>
std::size_t first_outside(std::size_t n, const T* x, double least, double most) {
  std::size_t i = 0;
  while (i < n && !(static_cast<double>(x[i]) < least || static_cast<double>(x[i]) > most)) ++i;
  return i;
}

/// Whether n numbers are from 0 to 1, with few instructions: of their bits, read as a whole number w, w and 1 - w both
/// have the first bit 0. False also for NaN and -0, and for other types than float and double.
template <class T>
bool from_0_to_1([[maybe_unused]] std::size_t n, [[maybe_unused]] const T* x) {
  if constexpr (has_bits<T>) {
    using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr std::size_t lanes = 4;  // side by side, for a vector register
    constexpr Word one = __builtin_bit_cast(Word, T(1));
    Word w[lanes], bits[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
      std::memcpy(w, x + i, sizeof w);
      for (std::size_t k = 0; k < lanes; ++k) bits[k] |= w[k] | (one - w[k]);
    }
    for (; i < n; ++i) bits[0] |= __builtin_bit_cast(Word, x[i]) | (one - __builtin_bit_cast(Word, x[i]));
    return !((bits[0] | bits[1] | bits[2] | bits[3]) >> (8 * sizeof(T) - 1));
  } else {
    return false;
  }
}

/// Checks that no element of a matrix is above 0.
template <class T>
void require_logs(const char* op, const Tensor<T>& x) {
  const T* const data = x.data();
  const std::size_t n = x.size();
  T most{};
#pragma GCC unroll 4
  for (std::size_t i = 0; i < n; ++i) most = data[i] > most ? data[i] : most;
  if (most <= static_cast<T>(probability_rounding)) return;
  const std::size_t i = first_outside(n, data, -infinity<double>, probability_rounding);
  fail_in_row<ValueError>(i / x.shape()[1], {op, ": ", data[i]},
                          {" is above 0: log probabilities are expected, as log_softmax gives them; scores go to "
                           "cross_entropy_loss"});
}

/// A check that targets are probabilities, and, if `sum_to_1`, that those of each row sum to 1.
struct RequireProbabilities {
  const char* op;
  bool sum_to_1 = false;

  template <class X>
    requires(is_scalar<X>)
  void operator()(X target) const {
    const double number = static_cast<double>(target);
    inspect(&number, 1, 1);
  }
  template <class T>
  void operator()(const Tensor<T>& targets) const {
    const std::size_t rows = targets.rank() ? targets.shape()[0] : 1;
    inspect(targets.data(), rows, rows ? targets.size() / rows : 0);
  }

 private:
  template <class T>
  void inspect(const T* targets, std::size_t rows, std::size_t columns) const {
    const std::size_t n = rows * columns;
    if (!from_0_to_1(n, targets))
      if (const std::size_t i = first_outside(n, targets, -probability_rounding, 1 + probability_rounding); i < n)
        fail_in_row<ValueError>(i / columns, {op, ": target ", static_cast<double>(targets[i])},
                                {" is outside of 0..1: ", expected()});
    if (!sum_to_1) return;
    if (columns == 2) inspect_sums(targets, rows, std::integral_constant<std::size_t, 2>());
    else if (columns == 3) inspect_sums(targets, rows, std::integral_constant<std::size_t, 3>());
    else inspect_sums(targets, rows, columns);
  }
  /// `columns` may be a constant, with which the inner loop is unrolled: so the check costs half as much.
  template <class T, class Columns>
  void inspect_sums(const T* targets, std::size_t rows, Columns columns) const {
    for (std::size_t row = 0; row < rows; ++row, targets += columns) {
      T above = -T(1);
      for (std::size_t k = 0; k < columns; ++k) above = static_cast<T>(above + targets[k]);
      if (above < static_cast<T>(-sum_rounding) || above > static_cast<T>(sum_rounding))
        fail_in_row<ValueError>(row, {op, ": the targets"}, {" sum to ", above + 1, ": ", expected()});
    }
  }
  const char* expected() const {
    return sum_to_1
               ? "targets are probabilities that sum to 1 in each row, or labels as a Tensor<std::int64_t> of shape [n]"
               : "targets are probabilities, or labels 0 and 1";
  }
};

/// A check as the attributes of an op: named by the op that makes it.
template <class Domain>
struct Requirement : Domain {
  void describe(auto& list) const { list("of", Domain::op); }
};
/// A check as an op without a result, so that a replayed step checks each batch.
inline constexpr auto require_op = record(
    "require",
    []<class X>(const auto& domain, const X& x) {
      domain(x);
      return X();
    },
    non_differentiable);
template <class Domain, class X>
void require(const Domain& domain, const X& x) {
  if constexpr (is_var<X>) {
    if (x.graph().keeps_constants()) return void(require_op.with(Requirement<Domain>{domain})(x));
  }
  domain(value_of(x));
}

}  // namespace minigrad::detail
