// nn/module.hpp - modules are plain structs that list their parts.
//
//   struct Net {
//     Linear<float> hidden, output;
//     auto operator()(const auto& x) const { return output(relu(hidden(x))); }
//     auto parts() { return std::tie(hidden, output); }
//   };
//
// parts() lists parameters, modules, and vectors and arrays of them. There is no base class and nothing to register.
// Parameters are named by their places, "0.weight", or by `static constexpr const char* part_names[]` where a module
// gives that.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../ops/ops.hpp"

namespace minigrad {

/// A parameter and its place in a model, as PyTorch's state_dict names it: "0.weight".
template <class V>
struct NamedParameter {
  std::string name;
  ParameterRef<V> parameter;
};

namespace detail {

template <class M>
concept HasParts = requires(M& module) { module.parts(); };

/// Vectors and arrays of modules.
template <class M>
inline constexpr bool is_list = false;
template <class M>
inline constexpr bool is_list<std::vector<M>> = true;
template <class M, std::size_t Count>
inline constexpr bool is_list<std::array<M, Count>> = true;

/// What may hold parameters that nobody would find.
template <class M>
concept HidesParts = std::is_pointer_v<M> || requires(M& module) { module.operator*(); } ||
                     (!is_tensor<M> && requires(M& module) { module.begin(); });

/// Modules that hide the types of their parts, as Sequential does, answer for them.
template <class M>
concept AnswersForParts = requires(M& module, bool training) {
  typename M::parameter_value;
  module.set_training(training);
};

template <class M>
struct ParameterValue {
  using type = void;
};
template <class M>
using parameter_value_of = typename ParameterValue<std::remove_cvref_t<M>>::type;
template <class V>
struct ParameterValue<Parameter<V>> {
  using type = V;
};
template <class M>
struct ParameterValue<std::vector<M>> : ParameterValue<M> {};
template <class M, std::size_t Count>
struct ParameterValue<std::array<M, Count>> : ParameterValue<M> {};
template <AnswersForParts M>
struct ParameterValue<M> {
  using type = typename M::parameter_value;
};
template <class... Parts>
struct ParameterValue<std::tuple<Parts...>> {
  using type = void;
};
template <class Part, class... Rest>
struct ParameterValue<std::tuple<Part, Rest...>> {
  using own = parameter_value_of<Part>;
  using type = std::conditional_t<std::is_void_v<own>, typename ParameterValue<std::tuple<Rest...>>::type, own>;
};
template <HasParts M>
  requires(!AnswersForParts<M>)
struct ParameterValue<M> : ParameterValue<decltype(std::declval<M&>().parts())> {};

/// Where a part stands in a model: what it is part of, and its name or number there. It is written out only where
/// somebody asks for it.
struct PartPlace {
  const PartPlace* above = nullptr;  // of the model itself there is none
  const char* name = nullptr;
  std::size_t index = 0;

  /// "1.weight", and nothing for the model itself.
  std::string text() const {
    if (!above) return "";
    std::string out = above->text();
    if (!out.empty()) out += '.';
    if (name) out += name;
    else append_number(out, index);
    return out;
  }
};

/// What is to be done with each parameter of a model, compiled once for all kinds of modules.
template <class V>
struct ParameterVisitor {
  void (*visit)(void* to, Parameter<V>& parameter, const PartPlace& place);
  void* to;
};

/// visit(part, place) for each direct part of a module.
template <class M, class Visit>
void for_each_part(M& module, const PartPlace& place, const Visit& visit) {
  static_assert(is_list<M> || HasParts<M> || !HidesParts<M>,
                "minigrad: parts() lists parameters, modules, and vectors and arrays of them: of a pointer or another "
                "container list what it holds");
  if constexpr (is_list<M>) {
    for (std::size_t k = 0; k < module.size(); ++k) visit(module[k], PartPlace{&place, nullptr, k});
  } else if constexpr (HasParts<M>) {
    constexpr bool has_names = requires { M::part_names[0]; };
    if constexpr (has_names)
      static_assert(std::size(M::part_names) == std::tuple_size_v<decltype(module.parts())>,
                    "minigrad: part_names needs one name for each of parts()");
    std::size_t k = 0;
    const auto next = [&] {
      PartPlace part{&place, nullptr, k};
      if constexpr (has_names) part.name = M::part_names[k];
      ++k;
      return part;
    };
    std::apply([&](auto&... part) { (visit(part, next()), ...); }, module.parts());
  }
}

template <class M, class V>
void visit_parameters(M& module, const PartPlace& place, const ParameterVisitor<V>& visitor) {
  if constexpr (is_parameter<M>) {
    static_assert(std::is_same_v<M, Parameter<V>>, "minigrad: a model's parameters must all be of one type");
    visitor.visit(visitor.to, module, place);
  } else if constexpr (AnswersForParts<M>) {
    module.visit_parameters(place, visitor);
  } else {
    for_each_part(module, place, [&](auto& part, const PartPlace& at) { visit_parameters(part, at, visitor); });
  }
}

/// Appends to a list of parameters with their names. A parameter that is listed twice is still one.
template <class V>
ParameterVisitor<V> collect_names(std::vector<NamedParameter<V>>& out) {
  const auto append = [](void* to, Parameter<V>& parameter, const PartPlace& place) {
    auto& list = *static_cast<std::vector<NamedParameter<V>>*>(to);
    const ParameterRef<V> ref = parameter.ref();
    for (const NamedParameter<V>& known : list)
      if (known.parameter == ref) return;
    list.push_back({place.text(), ref});
  };
  return {append, &out};
}

/// Says what is wrong with a model, before anything else does, and once.
template <class M>
struct CheckedModel {
  static_assert(!std::is_const_v<M>, "minigrad: this model is const, and its parts() are there to be changed");
  static_assert(!std::is_void_v<parameter_value_of<M>>,
                "minigrad: this model has no parameters: its parts() should list them");
  using Value = std::conditional_t<std::is_void_v<parameter_value_of<M>>, Tensor<float>, parameter_value_of<M>>;
};

template <class M>
void set_training(M& module, bool on) {
  if constexpr (requires { module.training = on; }) module.training = on;
  if constexpr (AnswersForParts<M>) module.set_training(on);
  else if constexpr (!is_parameter<M>)
    for_each_part(module, {}, [&](auto& part, const PartPlace&) { set_training(part, on); });
}

}  // namespace detail

/// Every parameter of a model with its name, in the order of parts(); one that is listed twice once, by its first name.
template <class M>
auto named_parameters(M& model) {
  using V = typename detail::CheckedModel<M>::Value;
  std::vector<NamedParameter<V>> out;
  detail::visit_parameters(model, {}, detail::collect_names(out));
  return out;
}

/// Every parameter of a model, in the order of parts(); one that is listed twice once.
template <class M>
auto parameters(M& model) {
  using V = typename detail::CheckedModel<M>::Value;
  std::vector<ParameterRef<V>> out;
  const auto append = [](void* to, Parameter<V>& parameter, const detail::PartPlace&) {
    auto& list = *static_cast<std::vector<ParameterRef<V>>*>(to);
    const ParameterRef<V> ref = parameter.ref();
    for (const ParameterRef<V>& known : list)
      if (known == ref) return;
    list.push_back(ref);
  };
  detail::visit_parameters(model, {}, detail::ParameterVisitor<V>{append, &out});
  return out;
}

/// Clears the gradients of all parameters of a model.
template <class M>
void zero_grad(M& model) {
  for (const auto& parameter : parameters(model)) parameter.zero_grad();
}

/// Training mode, in which Dropout drops, and evaluation mode, in which it does nothing. Models start in training mode.
template <class M>
void train(M& model) {
  static_assert(!std::is_const_v<M>, "minigrad: train() of a const model would change nothing");
  detail::set_training(model, true);
}
template <class M>
void eval(M& model) {
  static_assert(!std::is_const_v<M>, "minigrad: eval() of a const model would change nothing");
  detail::set_training(model, false);
}

}  // namespace minigrad
