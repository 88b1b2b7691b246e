// ops/einsum.hpp - sums of products, written by the letters of the axes. Not part of minigrad.hpp.
//
//   einsum("ij,jk->ik", a, b)          the product of two matrices
//   einsum("bhtd,bhsd->bhts", q, k)    many of them: the scores of attention
//   einsum("ii->", a)                  the trace
//
// Each letter is an axis. What has the same letter has the same extent and moves together; a letter that the result does
// not name is summed over. Two operands at a time become one batched product: the axes of each are put into the order
// [shared and kept, own, shared and summed], by the ops of the table, so that derivatives of any order follow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "matmul.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

inline bool has_letter(const std::string& letters, char letter) { return letters.find(letter) != letters.npos; }

/// The equation of einsum(), taken apart.
struct EinsumEquation {
  std::string text, output;
  std::vector<Shape> operands;
  std::vector<std::string> inputs;  // the letters of each operand; an axis of an ellipsis is a digit, counted from the right

  EinsumEquation(std::string_view equation, const std::vector<Shape>& shapes) : text(equation), operands(shapes) {
    std::string compact;
    for (const char c : equation)
      if (c != ' ') compact += c;
    const std::size_t arrow = compact.find("->");
    std::string left = compact.substr(0, arrow) + ",";
    std::size_t longest = 0;
    for (std::size_t comma; (comma = left.find(',')) != left.npos; left.erase(0, comma + 1)) {
      if (inputs.size() == shapes.size()) refuse({"has more operands than the ", shapes.size(), " given"});
      const Shape& shape = shapes[inputs.size()];
      std::string letters = left.substr(0, comma);
      const std::size_t dots = letters.find("...");
      const std::size_t named = letters.size() - (dots == letters.npos ? 0 : 3);
      if (named > shape.rank() || (dots == letters.npos && named != shape.rank()))
        refuse({"names ", named, " axes of operand ", inputs.size(), ", which has ", shape.rank()});
      if (dots != letters.npos) {
        letters.replace(dots, 3, axes_of_ellipsis(shape.rank() - named));
        longest = (std::max)(longest, shape.rank() - named);
      }
      require_letters(letters);
      inputs.push_back(std::move(letters));
    }
    if (inputs.size() != shapes.size()) refuse({"has ", inputs.size(), " operands, and ", shapes.size(), " are given"});
    if (arrow == compact.npos) {
      output = axes_of_ellipsis(longest) + implicit_output();
    } else {
      output = compact.substr(arrow + 2);
      if (const std::size_t dots = output.find("..."); dots != output.npos) output.replace(dots, 3, axes_of_ellipsis(longest));
      require_letters(output);
    }
    for (std::size_t i = 0; i < output.size(); ++i) {
      if (output.find(output[i], i + 1) != output.npos) refuse({"names ", name(output[i]), " twice in the result"});
      bool found = false;
      for (const std::string& one : inputs) found = found || has_letter(one, output[i]);
      if (!found) refuse({"has ", name(output[i]), " in the result, and in no operand"});
    }
  }

  [[noreturn]] void refuse(std::initializer_list<FormatArg> why) const {
    std::string of;
    for (const Shape& shape : operands) of += (of.empty() ? " of " : ", ") + to_string(shape);
    fail<ValueError>({"einsum: \"", text, "\"", of, " ", concat(why)});
  }
  static std::string name(char letter) { return letter <= '9' ? std::string("...") : std::string(1, letter); }

 private:
  static std::string axes_of_ellipsis(std::size_t count) {
    std::string out;
    while (count > 0) out += static_cast<char>('0' + --count);
    return out;
  }
  void require_letters(const std::string& letters) const {
    for (const char c : letters)
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) || has_letter(text, c) != (c > '9'))
        refuse({"has '", std::string(1, c), "', and letters, commas, \"...\" and one \"->\" are expected"});
  }
  /// The letters that occur once, in alphabetical order.
  std::string implicit_output() const {
    std::string all, out;
    for (const std::string& one : inputs) all += one;
    std::sort(all.begin(), all.end());
    for (const char c : all)
      if (c > '9' && std::count(all.begin(), all.end(), c) == 1) out += c;
    return out;
  }
};

/// A tensor, or a Var, whose axes have letters.
template <class X>
struct Lettered {
  X x;
  std::string letters;

  std::size_t extent(char letter) const { return shape_of(x)[letters.find(letter)]; }

  /// Sums over the letters that are not wanted.
  void keep(const std::string& wanted) {
    Axes axes;
    std::string kept;
    for (std::size_t i = 0; i < letters.size(); ++i)
      if (has_letter(wanted, letters[i])) kept += letters[i];
      else axes.push_back(static_cast<int>(i));
    if (kept.size() == letters.size()) return;
    x = sum(x, axes);
    letters = kept;
  }
  /// Of a letter that stands twice takes the diagonal: places 0, n + 1, 2 (n + 1), ... of both axes as one.
  void take_diagonals(const EinsumEquation& equation) {
    for (std::size_t i = 0; i < letters.size(); ++i)
      for (std::size_t j = i + 1; j < letters.size();) {
        if (letters[j] != letters[i] && ++j > 0) continue;
        const std::size_t n = shape_of(x)[i];
        if (shape_of(x)[j] != n)
          equation.refuse({"has ", EinsumEquation::name(letters[i]), " for extents ", n, " and ", shape_of(x)[j]});
        std::string order = letters;  // the second axis next to the first
        order.erase(j, 1);
        Axes perm;
        for (std::size_t k = 0; k < letters.size(); ++k)
          if (k != j) {
            perm.push_back(static_cast<int>(k));
            if (k == i) perm.push_back(static_cast<int>(j));
          }
        x = permute(x, perm);
        Shape shape = shape_of(x);
        shape.erase(i + 1);
        shape[i] = n * n;
        auto places = Tensor<std::int64_t>::empty(Shape{n});
        for (std::size_t k = 0; k < n; ++k) places.data()[k] = static_cast<std::int64_t>(k * (n + 1));
        x = index_select(reshape(std::move(x), shape), places, static_cast<int>(i));
        letters = order;
      }
  }
  /// The axes in another order of letters.
  void order_as(const std::string& wanted) {
    if (wanted == letters) return;
    Axes perm;
    for (const char letter : wanted) perm.push_back(static_cast<int>(letters.find(letter)));
    x = permute(x, perm);
    letters = wanted;
  }
};

/// The product of two operands, summed over what they share and is not wanted.
template <class A, class B>
auto contract(const EinsumEquation& equation, Lettered<A> a, Lettered<B> b, const std::string& wanted) {
  static_assert(std::is_same_v<scalar_type<A>, scalar_type<B>>,
                "minigrad: the tensors hold different number types: convert one, by x.to<float>() or x.to<double>()");
  a.keep(b.letters + wanted), b.keep(a.letters + wanted);
  std::string batch, summed, left, right;
  std::size_t batch_size = 1, summed_size = 1, rows = 1, columns = 1;
  Shape out;
  const auto require = [&](char letter) {
    if (const std::size_t m = a.extent(letter), n = b.extent(letter); m != n)
      equation.refuse({"has ", EinsumEquation::name(letter), " for extents ", m, " and ", n});
  };
  // An axis of extent 1 of an ellipsis broadcasts: it is taken out.
  const auto drop_ones = [](auto& one, const auto& other) {
    Shape shape = shape_of(one.x);
    const std::string before = one.letters;
    for (std::size_t i = one.letters.size(); i-- > 0;)
      if (const char c = one.letters[i]; c <= '9' && shape[i] == 1 && has_letter(other.letters, c)) {
        shape.erase(i);
        one.letters.erase(i, 1);
      }
    if (one.letters != before) one.x = reshape(std::move(one.x), shape);
  };
  drop_ones(a, b);
  drop_ones(b, a);
  for (const char letter : a.letters) {
    if (!has_letter(b.letters, letter)) left += letter;
    else if (require(letter); has_letter(wanted, letter)) batch += letter, batch_size *= a.extent(letter);
    else summed += letter, summed_size *= a.extent(letter);
  }
  for (const char letter : b.letters)
    if (!has_letter(a.letters, letter)) right += letter;
  for (const char letter : batch) out.push_back(a.extent(letter));
  for (const char letter : left) out.push_back(a.extent(letter)), rows *= a.extent(letter);
  for (const char letter : right) out.push_back(b.extent(letter)), columns *= b.extent(letter);
  a.order_as(batch + left + summed);
  b.order_as(batch + right + summed);
  const auto as = [](auto& one, const Shape& shape) { return reshape(std::move(one.x), shape); };
  const auto product = [&](const Shape& p, const Shape& q) { return matmul_nt(as(a, p), as(b, q)); };
  auto y = summed.empty() ? as(a, {batch_size, rows, 1}) * as(b, {batch_size, 1, columns})
           : batch.empty() ? product({rows, summed_size}, {columns, summed_size})
                           : product({batch_size, rows, summed_size}, {batch_size, columns, summed_size});
  return Lettered<decltype(y)>{reshape(std::move(y), out), batch + left + right};
}

template <class A>
auto einsum_rest(const EinsumEquation& equation, std::size_t, Lettered<A> a) {
  a.keep(equation.output);
  a.order_as(equation.output);
  return a.x;
}
template <class A, class B, class... Rest>
auto einsum_rest(const EinsumEquation& equation, std::size_t k, Lettered<A> a, const B& b, const Rest&... rest) {
  Lettered<B> next{b, equation.inputs[k]};
  next.take_diagonals(equation);
  std::string wanted = equation.output;
  for (std::size_t i = k + 1; i < equation.inputs.size(); ++i) wanted += equation.inputs[i];
  return einsum_rest(equation, k + 1, contract(equation, std::move(a), std::move(next), wanted), rest...);
}

/// The first operand that ties others to a graph, else the last.
template <class X, class... More>
decltype(auto) einsum_guide(const X& x, const More&... more) {
  if constexpr (sizeof...(More) == 0 || is_var<X>) return (x);
  else return einsum_guide(more...);
}

}  // namespace detail

/// The sum of products that an equation names, as in NumPy and PyTorch: for each operand the letters of its axes, then
/// after "->" those of the result; without it the letters that occur once, in alphabetical order. "..." is any number of
/// axes, which broadcast. Operands are taken in from the left to the right. Throws ValueError, naming the letter, for
/// extents that differ and for equations that are none.
template <detail::TensorOperand X, detail::TensorOperand... More>
auto einsum(std::string_view equation, const X& x, const More&... more) {
  const detail::EinsumEquation parts(equation, {Shape(shape_of(x)), Shape(shape_of(more))...});
  const auto& guide = detail::einsum_guide(x, more...);
  const auto start = [&](const auto& first, const auto&... rest) {
    detail::Lettered<std::decay_t<decltype(first)>> a{first, parts.inputs[0]};
    a.take_diagonals(parts);
    return detail::einsum_rest(parts, 1, std::move(a), rest...);
  };
  return start(detail::beside(x, guide), detail::beside(more, guide)...);
}

/// The product of each element of one vector and each of another: [m] and [n] give [m, n], y_ij = a_i b_j. Throws
/// ShapeError for what is no vector.
template <detail::TensorOperand A, detail::TensorOperand B>
auto outer(const A& a, const B& b) {
  const Shape left = shape_of(a), right = shape_of(b);
  if (left.rank() != 1 || right.rank() != 1) detail::shape_error("outer", left, right, "two vectors are expected");
  return reshape(detail::beside(a, b), {left[0], std::size_t{1}}) * detail::beside(b, a);
}

}  // namespace minigrad
