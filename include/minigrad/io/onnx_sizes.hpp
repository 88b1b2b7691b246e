// io/onnx_sizes.hpp - ONNX's ops on the whole numbers from which exporters compute shapes, as x.view(x.size(0), -1)
// becomes Shape, Gather, Unsqueeze, Concat, Reshape. Such numbers come singly and in lists. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../tensor/create.hpp"
#include "onnx_call.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class X>
struct OnnxSizes : OnnxTable<OnnxSizes<X>> {
  using C = const OnnxCall<X>&;
  using Whole = Tensor<std::int64_t>;
  using List = std::vector<std::int64_t>;
  static constexpr std::size_t any = 1000;

  /// Whether an op that has a rule here gives whole numbers: always, or where all its inputs are such.
  static bool is_whole(const OnnxNode& node, bool inputs_are_whole) {
    if (node.op == "Shape" || node.op == "Size") return true;
    if (node.op == "Cast") {
      const OnnxAttribute* to = node.find("to");
      return inputs_are_whole && to && (is_onnx_type(to->integer, OnnxType::i64) || is_onnx_type(to->integer, OnnxType::i32));
    }
    if (node.op == "ConstantOfShape") {
      const OnnxAttribute* value = node.find("value");
      if (!value || value->tensor.empty()) return false;
      return value->tensor[0].type == OnnxType::i64 || value->tensor[0].type == OnnxType::i32;
    }
    return inputs_are_whole;
  }

  static Shape shape(C c) { return c.value(0).real ? shape_of(*c.value(0).real) : c.whole(0).shape(); }
  static Whole of(const List& list) { return Whole::from(Shape{list.size()}, list); }
  /// Input k, which may have one axis at most.
  static const Whole& list(C c, std::size_t k) {
    if (c.whole(k).rank() > 1) c.fail({"whole numbers of shape ", c.whole(k).shape(), " are not supported"});
    return c.whole(k);
  }
  template <class F>
  static Whole each(C c, const F& f) {
    const Whole &a = list(c, 0), &b = list(c, 1);
    if (a.size() != b.size() && a.size() != 1 && b.size() != 1)
      c.fail({"lists of ", a.size(), " and ", b.size(), " numbers"});
    const Whole& longer = a.rank() < b.rank() || (a.rank() == b.rank() && a.size() == 1) ? b : a;
    auto out = Whole::empty(longer.shape());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
    return out;
  }
  /// Sums and products of any numbers: what overflows is wrapped, and then no shape.
  static std::int64_t wrapped(std::uint64_t number) { return static_cast<std::int64_t>(number); }
  static std::uint64_t bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

  static Whole gather(C c) {
    const Whole &from = list(c, 0), &places = list(c, 1);
    if (c.integer("axis", 0) != 0 || from.rank() != 1) c.fail({"only the numbers of a list are gathered"});
    auto out = Whole::empty(places.shape());
    const auto n = static_cast<std::int64_t>(from.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (places[i] < -n || places[i] >= n) c.fail({"number ", places[i], " of a list of ", n});
      out[i] = from[static_cast<std::size_t>(places[i] < 0 ? places[i] + n : places[i])];
    }
    return out;
  }
  static Whole slice(C c) {
    const Whole& from = list(c, 0);
    const List starts = c.list("starts", 1), ends = c.list("ends", 2), steps = c.list("", 4);
    if (from.rank() != 1 || starts.size() != 1 || ends.size() != 1 || (!steps.empty() && steps[0] != 1))
      c.fail({"this slice of whole numbers is not supported"});
    const auto [begin, end] = c.range_in(from.size(), starts[0], ends[0]);
    return of(List(from.data() + begin, from.data() + end));
  }
  static Whole concat(C c) {
    List out;
    for (std::size_t k = 0; k < c.size(); ++k) out.insert(out.end(), list(c, k).begin(), list(c, k).end());
    return of(out);
  }
  /// The numbers of a list, or a single one of them.
  static Whole with_rank(C c, std::size_t rank) {
    const Whole& x = list(c, 0);
    if (rank > 1 || (rank == 0 && x.size() != 1)) c.fail({"whole numbers of ", rank, " axes are not supported"});
    return x.reshape(rank == 0 ? Shape{} : Shape{x.size()});
  }

  static constexpr OnnxRule<X, Whole> all[] = {
      {"Shape", 1, 1, "start end ",
       [](C c) -> Whole {
         const Shape of_x = shape(c);
         const auto [begin, end] =
             c.range_in(of_x.rank(), c.integer("start", 0), c.integer("end", static_cast<std::int64_t>(of_x.rank())));
         List out;
         for (std::size_t i = begin; i < end; ++i) out.push_back(static_cast<std::int64_t>(of_x[i]));
         return of(out);
       }},
      {"Size", 1, 1, "", [](C c) -> Whole { return Whole::scalar(static_cast<std::int64_t>(shape(c).size())); }},
      {"ConstantOfShape", 1, 1, "value ",
       [](C c) -> Whole {
         const Shape target = c.shape_of_list(c.list("", 0));
         if (target.rank() > 1 || target.size() > 64) c.fail({"whole numbers of shape ", target, " are not supported"});
         return full<std::int64_t>(target, c.node.find("value")->tensor[0].whole().item());
       }},
      {"Expand", 2, 2, "",  // of indices, which may have several axes
       [](C c) -> Whole {
         const List list = c.list("", 1);
         const Shape target = broadcast_shapes("Expand", c.whole(0).shape(), c.shape_of_list(list));
         c.shape_of_list(List(target.begin(), target.end()));  // not more than memory can hold
         return broadcast_to(c.whole(0), target);
       }},
      {"Gather", 2, 2, "axis ", gather},
      {"Slice", 1, 5, "starts ends axes ", slice},
      {"Concat", 1, any, "axis ", concat},
      {"Unsqueeze", 1, 2, "axes ", [](C c) -> Whole { return with_rank(c, list(c, 0).rank() + 1); }},
      {"Squeeze", 1, 2, "axes ", [](C c) -> Whole { return with_rank(c, 0); }},
      {"Reshape", 2, 2, "allowzero ", [](C c) -> Whole { return with_rank(c, c.list("", 1).size()); }},
      {"Identity", 1, 1, "", [](C c) -> Whole { return c.whole(0); }},
      {"Cast", 1, 1, "to ", [](C c) -> Whole { return c.whole(0); }},
      {"Neg", 1, 1, "",
       [](C c) -> Whole {
         Whole out = list(c, 0);
         for (std::int64_t& x : out) x = wrapped(0 - bits(x));
         return out;
       }},
      {"Add", 2, 2, "",
       [](C c) -> Whole { return each(c, [](auto a, auto b) { return wrapped(bits(a) + bits(b)); }); }},
      {"Sub", 2, 2, "",
       [](C c) -> Whole { return each(c, [](auto a, auto b) { return wrapped(bits(a) - bits(b)); }); }},
      {"Mul", 2, 2, "",
       [](C c) -> Whole { return each(c, [](auto a, auto b) { return wrapped(bits(a) * bits(b)); }); }},
      {"Div", 2, 2, "",
       [](C c) -> Whole {
         return each(c, [&](std::int64_t a, std::int64_t b) {
           if (b == 0) c.fail({"a whole number is divided by 0"});
           return b == -1 ? wrapped(0 - bits(a)) : a / b;
         });
       }},
      {"Equal", 2, 2, "", [](C c) -> Whole { return each(c, [](auto a, auto b) { return std::int64_t{a == b}; }); }},
      {"Where", 3, 3, "",
       [](C c) -> Whole {
         const Whole &mask = list(c, 0), &a = list(c, 1), &b = list(c, 2);
         if (a.size() != mask.size() || b.size() != mask.size()) c.fail({"lists of different lengths"});
         Whole out = b;
         for (std::size_t i = 0; i < out.size(); ++i) out[i] = mask[i] ? a[i] : b[i];
         return out;
       }},
  };
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
