// nn/parts.hpp - what a model is made of: the types of its parts, and the way through all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../ops/ops.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class M>
concept HasParts = requires(M& module) { module.parts(); };

/// Vectors and arrays of modules, also those of C.
template <class M>
inline constexpr bool is_list = false;
template <class M>
inline constexpr bool is_list<std::vector<M>> = true;
template <class M, std::size_t Count>
inline constexpr bool is_list<std::array<M, Count>> = true;
template <class M, std::size_t Count>
inline constexpr bool is_list<M[Count]> = true;
template <class List>
using item_of = std::remove_reference_t<decltype(std::declval<List&>()[0])>;

template <class M>
constexpr bool is_part();
/// A pair or tuple, a variant, a reference_wrapper; and whether it holds what a traversal would visit.
template <class M>
concept IsBox = requires { std::tuple_size<M>::value; } || requires(M& box) { box.valueless_by_exception(); } ||
                requires(M& box) { static_cast<typename M::type&>(box.get()); };
template <class M>
inline constexpr bool boxes_parts = false;
template <template <class...> class Box, class... X>
  requires IsBox<Box<X...>>
inline constexpr bool boxes_parts<Box<X...>> = (is_part<X>() || ...);

/// Types that may hold parameters which a traversal would not find: pointers, boxes, and other containers.
template <class M>
concept HidesParts = std::is_pointer_v<M> || boxes_parts<M> || requires(M& module) { module.operator*(); } ||
                     (!is_tensor<M> && requires(M& module) { module.begin(); });

/// Says for each module whether it shall be in training mode: all of them alike, or what next() gives.
struct ModeChange {
  bool on = false;
  bool (*next)(void* context, bool was) = nullptr;
  void* context = nullptr;
  bool operator()(bool was) const { return next ? next(context, was) : on; }
};

/// Modules without parts() that traverse their parts themselves, as their types are not known: Sequential.
template <class M>
concept AnswersForParts = !HasParts<M> && requires(M& module, const ModeChange& change) {
  typename M::parameter_value;
  module.set_training(change);
};
template <class M>
constexpr bool is_part() {
  if constexpr (is_list<M>) return is_part<item_of<M>>();
  return is_parameter<M> || is_tensor<M> || std::is_same_v<M, Rng> || HasParts<M> || AnswersForParts<M> ||
         HidesParts<M> || requires(M& module) { module.training = true; };
}

/// The types of the first parameter's value and of the first buffer of a model, or void where it has none.
template <class P, class B>
struct Holds {
  using parameter = P;
  using buffer = B;
};
template <class M>
struct ModelHolds : Holds<void, void> {};
template <class V>
struct ModelHolds<Parameter<V>> : Holds<V, void> {};
template <class T>
struct ModelHolds<Tensor<T>> : Holds<void, Tensor<T>> {};
template <>
struct ModelHolds<Tensor<std::int64_t>> : Holds<void, void> {};  // counts, in a model of any type
template <class M>
  requires is_list<M>
struct ModelHolds<M> : ModelHolds<item_of<M>> {};
template <AnswersForParts M>
struct ModelHolds<M> : Holds<typename M::parameter_value, typename M::parameter_value> {};
template <class A, class B>
using first_not_void = std::conditional_t<std::is_void_v<A>, B, A>;
template <class M>
using model_holds = ModelHolds<std::remove_cvref_t<M>>;
template <class Part, class... Rest>
struct ModelHolds<std::tuple<Part, Rest...>>
    : Holds<first_not_void<typename model_holds<Part>::parameter, typename ModelHolds<std::tuple<Rest...>>::parameter>,
            first_not_void<typename model_holds<Part>::buffer, typename ModelHolds<std::tuple<Rest...>>::buffer>> {};
template <HasParts M>
struct ModelHolds<M> : ModelHolds<decltype(std::declval<M&>().parts())> {};

/// The V of a model's Parameter<V>; void where it has no parameters.
template <class M>
using parameter_value_of = typename model_holds<M>::parameter;
/// The type of a model's parameters, or of its buffers where it has no parameters; void where it has neither.
template <class M>
using value_of_model = first_not_void<parameter_value_of<M>, typename model_holds<M>::buffer>;

/// What is wrong with a model's parts().
enum class PartsFault { none, no_tie, copies, hidden, parameter_type, buffer_type };

template <class Part, class V>
constexpr PartsFault parts_fault();
template <class Parts, class V>
inline constexpr PartsFault tuple_fault = PartsFault::no_tie;
template <class V, class... Part>
inline constexpr PartsFault tuple_fault<std::tuple<Part...>, V> = [] {
  PartsFault fault = (std::is_lvalue_reference_v<Part> && ...) ? PartsFault::none : PartsFault::copies;
  ((fault = fault == PartsFault::none ? parts_fault<std::remove_reference_t<Part>, V>() : fault), ...);
  return fault;
}();

/// The first fault in a part of a model with parameters of type V, and in what it consists of.
template <class Part, class V>
constexpr PartsFault parts_fault() {
  if constexpr (is_parameter<Part>)
    return std::is_same_v<Part, Parameter<V>> ? PartsFault::none : PartsFault::parameter_type;
  else if constexpr (is_tensor<std::remove_const_t<Part>>)
    return std::is_same_v<Part, V> || std::is_same_v<Part, Tensor<std::int64_t>> ? PartsFault::none
                                                                                 : PartsFault::buffer_type;
  else if constexpr (AnswersForParts<Part>) return PartsFault::none;
  else if constexpr (is_list<Part>) return parts_fault<item_of<Part>, V>();
  else if constexpr (HasParts<Part>) return tuple_fault<decltype(std::declval<Part&>().parts()), V>;
  else return HidesParts<Part> ? PartsFault::hidden : PartsFault::none;
}

/// Refuses a model with a fault, by one message.
template <class M, class V>
struct CheckedParts {
  static constexpr PartsFault fault = parts_fault<M, V>();
  static_assert(fault != PartsFault::no_tie, "minigrad: parts() returns std::tie(weight, bias), also of a single part");
  static_assert(fault != PartsFault::copies,
                "minigrad: parts() returns references to the parts, not copies: std::tie(weight, bias)");
  static_assert(fault != PartsFault::hidden,
                "minigrad: parts() lists parameters, buffers, modules, and vectors and arrays of them: of a pointer or "
                "another container list what it holds");
  static_assert(fault != PartsFault::parameter_type, "minigrad: a model's parameters must all be of one type");
  static_assert(fault != PartsFault::buffer_type,
                "minigrad: parts() lists parameters, buffers, modules, and vectors and arrays of them: a Tensor is a "
                "buffer, and must not be const, and be of the type of the model's parameters, or of std::int64_t");
  static constexpr bool right = fault == PartsFault::none;
};

/// The position of a part in a model: that of the module that it is part of, and its name or index there.
struct PartPlace {
  const PartPlace* above = nullptr;  // null for the model itself
  const char* name = nullptr;
  std::size_t index = 0;

  /// "1.weight"; an empty text for the model itself.
  std::string text() const {
    if (!above) return "";
    std::string out = above->text();
    if (!out.empty()) out += '.';
    if (name) out += name;
    else append_number(out, index);
    return out;
  }
};

/// The functions, or null, that a traversal calls for each parameter, buffer, random generator and buffer of whole
/// numbers, with `to` as their first argument. Function pointers keep the traversal independent of what is done.
template <class V>
struct PartVisitor {
  void* to;
  void (*parameter)(void* to, Parameter<V>& parameter, const PartPlace& place);
  void (*buffer)(void* to, V& buffer, const PartPlace& place);
  void (*generator)(void* to, Rng& generator, const PartPlace& place) = nullptr;
  void (*counts)(void* to, Tensor<std::int64_t>& buffer, const PartPlace& place) = nullptr;
};

/// visit(part, place) for each direct part of a module.
template <class M, class Visit>
void for_each_part(M& module, const PartPlace& place, const Visit& visit) {
  if constexpr (is_list<M>) {
    for (std::size_t k = 0; k < std::size(module); ++k) visit(module[k], PartPlace{&place, nullptr, k});
  } else if constexpr (HasParts<M>) {
    constexpr bool has_names = requires { M::part_names[0]; };
    if constexpr (has_names)
      static_assert(std::size(M::part_names) == std::tuple_size_v<decltype(module.parts())>,
                    "minigrad: part_names needs one name for each of parts()");
    std::size_t k = 0;
    const auto next = [&] {
      PartPlace part{&place, nullptr, k++};
      if constexpr (has_names) part.name = M::part_names[part.index];
      return part;
    };
    std::apply([&](auto&... part) { (visit(part, next()), ...); }, module.parts());
  }
}

/// A Tensor of shape [0], which is what Tensor() gives, stands for a parameter or a buffer that a layer does without.
template <class V>
bool is_absent(const V& value) {
  if constexpr (is_tensor<V>) return value.size() == 0 && value.rank() == 1;
  else return false;
}

template <class M, class V>
void visit_parts(M& module, const PartPlace& place, const PartVisitor<V>& visitor) {
  if constexpr (!CheckedParts<M, V>::right) {
  } else if constexpr (is_parameter<M>) {
    if (visitor.parameter && !is_absent(module.value())) visitor.parameter(visitor.to, module, place);
  } else if constexpr (is_tensor<M>) {
    if (is_absent(module)) return;
    if constexpr (!std::is_same_v<M, V>) {
      if (visitor.counts) visitor.counts(visitor.to, module, place);
    } else if (visitor.buffer) {
      visitor.buffer(visitor.to, module, place);
    }
  } else if constexpr (std::is_same_v<M, Rng>) {
    if (visitor.generator) visitor.generator(visitor.to, module, place);
  } else if constexpr (AnswersForParts<M>) {
    module.visit_parts(place, visitor);
  } else {
    for_each_part(module, place, [&](auto& part, const PartPlace& at) { visit_parts(part, at, visitor); });
  }
}

/// What a model's parameters and buffers hold.
template <class M>
using model_value = first_not_void<value_of_model<M>, Tensor<float>>;

/// Checks the type of a model first, so that the compiler's first error is one of these.
template <class M>
struct CheckedModel {
  static_assert(!std::is_const_v<M>, "minigrad: this model is const, and its parts() are there to be changed");
  static_assert(std::is_const_v<M> || parts_fault<M, model_value<M>>() != PartsFault::none ||
                    !std::is_void_v<parameter_value_of<M>>,
                "minigrad: this model has no parameters: its parts() should list them");
};

template <class M>
void set_training(M& module, const ModeChange& change) {
  if constexpr (requires { module.training = true; })
    module.training = change(static_cast<bool>(module.training));
  if constexpr (AnswersForParts<M>) module.set_training(change);
  else if constexpr (!is_parameter<M> && !is_tensor<M>)
    for_each_part(module, {}, [&](auto& part, const PartPlace&) { set_training(part, change); });
}

}  // namespace minigrad::detail
