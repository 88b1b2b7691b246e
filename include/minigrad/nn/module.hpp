// nn/module.hpp - modules are plain structs that list their parts.
//
//   struct Net {
//     Linear<float> hidden, output;
//     auto operator()(const auto& x) const { return output(relu(hidden(x))); }
//     auto parts() { return std::tie(hidden, output); }
//   };
//
// parts() lists parameters, buffers, modules, and vectors and arrays of them. A buffer is a Tensor that belongs to the
// model but is not trained, such as a running mean. An Rng that a layer draws from may be listed too. There is no base
// class and no registration. The name of a part is its index in parts(), or comes from `static constexpr const char*
// part_names[]` if the module defines that. The names of nested parts are joined: "0.weight".
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "parts.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A const model, for functions that only read its parts(), which is not const.
template <class M>
M& without_const(const M& model) {
  return const_cast<M&>(model);
}

/// What a call of a temporary layer with a Var runs into: the graph refers to the layer's parameters.
template <class V>
void refuse_temporary() {
  static_assert(sizeof(V) == 0,
                "minigrad: a layer or model must exist until backward() returns, and a temporary does not: name it");
}

}  // namespace detail

/// A parameter and its name in a model, as in PyTorch's state_dict: "0.weight".
template <class V>
struct NamedParameter {
  std::string name;           ///< where it is in the model
  ParameterRef<V> parameter;  ///< refers to it
};

/// A buffer and its name in a model, as in PyTorch's state_dict: "1.running_mean". The pointer is valid until the model
/// is moved or destroyed.
template <class V>
struct NamedBuffer {
  std::string name;  ///< where it is in the model
  V* buffer;         ///< points to it
};

/// Every parameter of a model with its name, in the order of parts(). One that is listed twice appears once, by its
/// first name.
template <class M>
auto named_parameters(M& model) {
  using V = detail::model_value<M>;
  detail::CheckedParts<M, V>(), detail::CheckedModel<M>();
  std::vector<NamedParameter<V>> out;
  const auto append = [](void* to, Parameter<V>& parameter, const detail::PartPlace& place) {
    auto& list = *static_cast<std::vector<NamedParameter<V>>*>(to);
    const ParameterRef<V> ref = parameter.ref();
    for (const NamedParameter<V>& known : list)
      if (known.parameter == ref) return;
    list.push_back({place.text(), ref});
  };
  detail::visit_parts(model, {}, detail::PartVisitor<V>{&out, append, nullptr});
  return out;
}

/// Every parameter of a model, in the order of parts(). One that is listed twice appears once.
template <class M>
auto parameters(M& model) {
  using V = detail::model_value<M>;
  detail::CheckedParts<M, V>(), detail::CheckedModel<M>();
  std::vector<ParameterRef<V>> out;
  const auto append = [](void* to, Parameter<V>& parameter, const detail::PartPlace&) {
    auto& list = *static_cast<std::vector<ParameterRef<V>>*>(to);
    for (const ParameterRef<V>& known : list)
      if (known == parameter.ref()) return;
    list.push_back(parameter.ref());
  };
  detail::visit_parts(model, {}, detail::PartVisitor<V>{&out, append, nullptr});
  return out;
}

/// Every buffer of a model with its name, in the order of parts(), but for those of whole numbers, which state_dict() has.
/// One that is listed twice appears once, by its first name. A model without buffers, or without parts, gives an empty
/// list.
template <class M>
auto named_buffers(M& model) {
  static_assert(!std::is_const_v<M>, "minigrad: this model is const, and its parts() are there to be changed");
  using V = detail::first_not_void<detail::value_of_model<M>, Tensor<float>>;
  std::vector<NamedBuffer<V>> out;
  const auto append = [](void* to, V& buffer, const detail::PartPlace& place) {
    auto& list = *static_cast<std::vector<NamedBuffer<V>>*>(to);
    for (const NamedBuffer<V>& known : list)
      if (known.buffer == &buffer) return;
    list.push_back({place.text(), &buffer});
  };
  detail::visit_parts(model, {}, detail::PartVisitor<V>{&out, nullptr, append});
  return out;
}

/// Every buffer of a model, in the order of parts(). One that is listed twice appears once. The pointers are valid
/// until the model is moved or destroyed.
template <class M>
auto buffers(M& model) {
  auto named = named_buffers(model);
  std::vector<decltype(named[0].buffer)> out;
  for (const auto& one : named) out.push_back(one.buffer);
  return out;
}

/// Clears the gradients of all parameters of a model.
template <class M>
void zero_grad(M& model) {
  for (const auto& parameter : parameters(model)) parameter.zero_grad();
}

/// train() sets the member `training` of all modules of a model that have one, and eval() clears it. In training mode
/// Dropout drops elements, in evaluation mode it does nothing. Models start in training mode.
template <class M>
void train(M& model) {
  static_assert(!std::is_const_v<M>, "minigrad: train() of a const model would change nothing");
  detail::set_training(model, {true});
}
template <class M>
void eval(M& model) {
  static_assert(!std::is_const_v<M>, "minigrad: eval() of a const model would change nothing");
  detail::set_training(model, {false});
}

}  // namespace minigrad
