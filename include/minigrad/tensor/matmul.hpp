// tensor/matmul.hpp - products of matrices: matmul = A B, matmul_nt = A B', matmul_tn = A' B.
//
// The transposed forms are there because backpropagation needs them: if Y = A B then dL/dA = G B' and dL/dB = A' G.
// They read their operands where they stand: nothing is transposed first. How they are computed is in gemm.hpp. Where B
// is a matrix, an A of another rank than 2 is the matrix of its rows, all axes but the last taken as one; a vector is one
// row. Where B has more axes, the last two are those of matrices, and the axes before them broadcast.
#pragma once

#include <cstddef>

#include "../core/parallel.hpp"
#include "elementwise.hpp"
#include "gemm.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// All axes of a shape but the last, of which there is one, taken as one: how many rows it has.
inline std::size_t rows_of(const Shape& shape) {
  std::size_t rows = shape.rank() > 1 ? *shape.begin() : 1;
  for (std::size_t i = 1; i + 1 < shape.rank(); ++i) rows *= shape.begin()[i];
  return rows;
}

/// Throws ShapeError unless the last extent of x is the second of a layer's weight, [out, in].
inline void require_inputs(const char* op, const Shape& x, const Shape& weight) {
  if (x.rank() == 0 || x[x.rank() - 1] != weight[1])
    fail<ShapeError>({op, ": x ", x, " and weight ", weight, ": the last extent of x must be ", weight[1],
                      ", the weight's second"});
}

/// A product of matrices, A B or A B' or A' B, and A B + bias, that is not computed yet.
template <class T>
struct ProductExpression {
  const char* op;
  const Tensor<T>&a, &b;
  bool transpose_a = false, transpose_b = false;
  const Tensor<T>* bias = nullptr;

  /// The shape of the result. Throws ShapeError where the operands do not fit.
  [[gnu::noinline]] Shape shape() const {
    Shape out = a.shape();
    const std::size_t* const of_b = b.shape().begin();
    if (a.rank() == 0 || b.rank() == 0) refuse();
    if (transpose_a) {
      out[a.rank() - 1] = b.shape().from_right(0);
      if (out != b.shape()) refuse();
      return {a.shape().from_right(0), b.shape().from_right(0)};
    }
    if (b.rank() != 2 || a.shape().from_right(0) != of_b[transpose_b] ||
        (bias && (bias->rank() != 1 || bias->size() != of_b[0])))
      refuse();
    out[a.rank() - 1] = of_b[!transpose_b];
    return out;
  }
  std::size_t size() const {
    const std::size_t columns = b.shape().begin()[transpose_b ? 0 : b.rank() - 1];
    return (transpose_a ? a.shape().from_right(0) : rows_of(a.shape())) * columns;
  }
  /// Computes it into a tensor of its shape.
  [[gnu::noinline]] void write(Tensor<T>& out, Write write) const {
    const std::size_t rows = rows_of(a.shape()), width = *(a.shape().end() - 1);
    const std::size_t* const of_b = b.shape().begin();
    const T* const start = bias ? bias->data() : nullptr;
    if (transpose_a) {
      const std::size_t n = of_b[b.rank() - 1];
      gemm(MatrixView<T>{a.data(), width, rows, 1, width}, MatrixView<T>{b.data(), rows, n, n, 1}, out.data(), write,
           start);
    } else {
      const std::size_t n = of_b[!transpose_b];
      gemm(MatrixView<T>{a.data(), rows, width, width, 1},
           MatrixView<T>{b.data(), width, n, transpose_b ? 1 : n, transpose_b ? width : 1}, out.data(), write, start);
    }
  }
  Tensor<T> evaluate() const {
    auto out = Tensor<T>::empty(shape());
    write(out, Write::assign);
    return out;
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] void refuse() const {
    if (bias && (b.rank() != 2 || bias->rank() != 1 || bias->size() != b.shape()[0]))
      shape_error(op, b.shape(), bias->shape(), "weight must be [out, in] and bias [out]");
    if (bias) require_inputs(op, a.shape(), b.shape());
    const char* why = "inner extents differ";
    if (a.rank() == 0 || b.rank() == 0) why = "numbers are multiplied by *";
    else if (transpose_a && rows_of(a.shape()) == rows_of(b.shape())) why = "all axes but the last must be the same";
    else if (b.rank() != 2 && !transpose_a) why = "the second must be a matrix";
    shape_error(op, a.shape(), b.shape(), why);
  }
};

/// Many products of matrices, A B or A B' or A' B, of operands of at least two axes: the axes before the last two
/// broadcast.
template <class T>
class BatchProduct {
 public:
  BatchProduct(const char* op, const Tensor<T>& a, const Tensor<T>& b, bool transpose_a, bool transpose_b)
      : left_(last_two(a, transpose_a)), right_(last_two(b, transpose_b)) {
    Shape batch_a = a.shape(), batch_b = b.shape();
    for (Shape* shape : {&batch_a, &batch_b})
      for (int i = 0; i < 2; ++i) shape->erase(shape->rank() - 1);
    for (std::size_t i = 0; i < batch_a.rank() || i < batch_b.rank(); ++i) {
      const std::size_t m = batch_a.from_right(i), n = batch_b.from_right(i);
      if (m != n && m != 1 && n != 1) shape_error(op, a.shape(), b.shape(), "axes before the last two do not broadcast");
    }
    if (left_.columns != right_.rows) shape_error(op, a.shape(), b.shape(), "inner extents differ");
    batch_ = broadcast_shapes(op, batch_a, batch_b);
    shape_ = batch_;
    shape_.push_back(left_.rows);
    shape_.push_back(right_.columns);
    for (std::size_t i = 0, step_a = left_.rows * left_.columns, step_b = right_.rows * right_.columns;
         i < batch_.rank(); ++i) {
      step_a_[i] = batch_a.from_right(i) == 1 ? 0 : step_a;
      step_b_[i] = batch_b.from_right(i) == 1 ? 0 : step_b;
      step_a *= batch_a.from_right(i);
      step_b *= batch_b.from_right(i);
    }
    if (batch_b.size() == 1 && !transpose_a && batch_a.size() == batch_.size()) {  // one product of all rows
      left_.rows *= batch_.size();
      batch_ = Shape{};
    }
  }

  Tensor<T> evaluate() const {
    auto out = Tensor<T>::empty(shape_);
    const std::size_t count = batch_.size(), work = left_.rows * left_.columns * right_.columns;
    if (out.size() == 0) return out;
    if (count < 2 * max_threads()) run(0, count, out.data());  // each product on several threads
    else
      parallel_for(count, 1, (std::size_t{1} << 16) / (work + 1) + 1,
                   [&](std::size_t begin, std::size_t end) { run(begin, end, out.data()); });
    return out;
  }

 private:
  static MatrixView<T> last_two(const Tensor<T>& x, bool transposed) {
    const auto matrix = MatrixView<T>::plain(x.data(), x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]);
    return transposed ? matrix.transposed() : matrix;
  }
  void run(std::size_t begin, std::size_t end, T* to) const {
    MatrixView<T> a = left_, b = right_;
    for (; begin < end; ++begin) {
      a.data = left_.data, b.data = right_.data;
      for (std::size_t i = 0, rest = begin; rest > 0; rest /= batch_.from_right(i++)) {
        a.data += rest % batch_.from_right(i) * step_a_[i];
        b.data += rest % batch_.from_right(i) * step_b_[i];
      }
      gemm(a, b, to + begin * a.rows * b.columns, Write::assign);
    }
  }

  MatrixView<T> left_, right_;
  Shape batch_, shape_;
  std::size_t step_a_[Shape::max_rank] = {}, step_b_[Shape::max_rank] = {};  // counted from the right
};

template <class T>
Tensor<T> batch_matmul(const Tensor<T>& a, const Tensor<T>& b) {
  return BatchProduct<T>("matmul", a, b, false, false).evaluate();
}
template <class T>
Tensor<T> batch_matmul_nt(const Tensor<T>& a, const Tensor<T>& b) {
  return BatchProduct<T>("matmul_nt", a, b, false, true).evaluate();
}
template <class T>
Tensor<T> batch_matmul_tn(const Tensor<T>& a, const Tensor<T>& b) {
  return BatchProduct<T>("matmul_tn", a, b, true, false).evaluate();
}

/// A product where B is no matrix, by `batch`, which takes operands of at least two axes. As in NumPy a vector on the left
/// is a row, and one on the right a column, whose axis of extent 1 is then taken out.
template <class A, class B, class Batch>
auto product_of_any_rank(const char* op, const A& a, const B& b, bool transpose_b, const Batch& batch) {
  const Shape left = shape_of(a), right = shape_of(b);
  if (left.rank() == 0 || right.rank() == 0) shape_error(op, left, right, "numbers are multiplied by *");
  if (left.rank() > 1 && right.rank() > 1) return batch(a, b);
  if (left[left.rank() - 1] != right[right.rank() == 1 || transpose_b ? right.rank() - 1 : right.rank() - 2])
    shape_error(op, left, right, "inner extents differ");
  Shape row = left, column = right;
  if (left.rank() == 1) row.insert(0, 1);
  if (right.rank() == 1) column.insert(transpose_b ? 0 : 1, 1);
  const auto y = batch(reshape(a, row), reshape(b, column));
  Shape shape = shape_of(y);
  if (right.rank() == 1) shape.erase(shape.rank() - 1);
  if (left.rank() == 1) shape.erase(shape.rank() - (right.rank() == 1 ? 1 : 2));
  return reshape(y, shape);
}

}  // namespace detail

/// A B: [..., m, k] and [..., k, n] give [..., m, n], where the axes before the last two broadcast. As in NumPy a vector
/// on the left is a row, and one on the right a column, whose axis of extent 1 is then taken out: [k] and [k] give a
/// number. Throws ShapeError where inner extents differ, and for numbers.
template <class T>
Tensor<T> matmul(const Tensor<T>& a, const Tensor<T>& b) {
  if (b.rank() == 2) return detail::ProductExpression<T>{"matmul", a, b}.evaluate();
  return detail::product_of_any_rank("matmul", a, b, false, detail::batch_matmul<T>);
}
/// A B': [..., m, k] and [..., n, k] give [..., m, n]. Throws ShapeError.
template <class T>
Tensor<T> matmul_nt(const Tensor<T>& a, const Tensor<T>& b) {
  if (b.rank() == 2) return detail::ProductExpression<T>{"matmul_nt", a, b, false, true}.evaluate();
  return detail::product_of_any_rank("matmul_nt", a, b, true, detail::batch_matmul_nt<T>);
}
/// A' B: [..., m] and [..., n] give [m, n], the sum over all rows. Throws ShapeError unless all other axes agree.
template <class T>
Tensor<T> matmul_tn(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::ProductExpression<T>{"matmul_tn", a, b, true, false}.evaluate();
}
template <class A, class B>
  requires(!std::is_same_v<A, B>)
void matmul(const Tensor<A>&, const Tensor<B>&) {
  static_assert(std::is_same_v<A, B>, "minigrad: the tensors hold different number types: convert one, by x.to<float>() "
                "or x.to<double>()");
}
/// x W' + b, a layer of neurons at once: x [..., in], weight [out, in], bias [out] give [..., out]. Throws ShapeError.
template <class T>
Tensor<T> linear(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias) {
  return detail::ProductExpression<T>{"linear", x, weight, false, true, &bias}.evaluate();
}

namespace detail {
// The same, to be computed into memory that is there.
template <class T>
ProductExpression<T> matmul_rows(const Unevaluated<T>& a, const Unevaluated<T>& b) {
  return {"matmul", a.tensor, b.tensor};
}
template <class T>
ProductExpression<T> matmul_nt_rows(const Unevaluated<T>& a, const Unevaluated<T>& b) {
  return {"matmul_nt", a.tensor, b.tensor, false, true};
}
template <class T>
ProductExpression<T> matmul_tn(const Unevaluated<T>& a, const Unevaluated<T>& b) {
  return {"matmul_tn", a.tensor, b.tensor, true, false};
}
template <class T>
ProductExpression<T> linear(const Unevaluated<T>& x, const Unevaluated<T>& weight, const Unevaluated<T>& bias) {
  return {"linear", x.tensor, weight.tensor, false, true, &bias.tensor};
}
}  // namespace detail

}  // namespace minigrad
