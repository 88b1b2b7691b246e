// optim/optimized.hpp - what optimizers and clipping take: a model or a list of parameters.
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "../nn/module.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

using simd::larger;

template <class M>
concept HasParameters = !std::is_void_v<parameter_value_of<M>>;

/// The parameters of a model, or of a list of parameters: optimizers and clipping accept both.
template <HasParameters M>
auto parameter_refs(M& model) {
  return parameters(model);
}
template <class V>
const std::vector<ParameterRef<V>>& parameter_refs(const std::vector<ParameterRef<V>>& list) {
  return list;
}

/// The type of the parameters that an optimizer gets, for its deduction guide. Its constructor checks the model.
template <class X>
struct OptimizedValue {
  using type = model_value<X>;
};
template <class V>
struct OptimizedValue<std::vector<ParameterRef<V>>> {
  using type = V;
};
template <class X>
  requires requires { typename X::optimizer_options; }
struct OptimizedValue<X> {
  using type = typename X::value_type;
};
template <class X>
using optimized_value = typename OptimizedValue<std::remove_const_t<X>>::type;

/// A pointer to the elements of a Tensor, or to the number itself.
template <class V>
auto* numbers(V& value) {
  if constexpr (is_tensor<std::remove_const_t<V>>)
    return value.data();
  else
    return &value;
}
template <class V>
std::size_t count_numbers(const V& value) {
  if constexpr (is_tensor<V>)
    return value.size();
  else
    return 1;
}

/// Whether a step changes this parameter: it has a gradient and is not frozen.
template <class V>
bool takes_part(const ParameterState<V>& parameter) {
  return parameter.grad.present && parameter.requires_grad;
}
template <class V>
bool takes_part(const ParameterRef<V>& parameter) {
  return takes_part(parameter.state());
}

/// Throws ValueError where a parameter has the average of an AveragedModel in place of its own value, which a step would
/// change.
template <class V>
void require_own_value(const char* optimizer, const ParameterState<V>& parameter) {
  if (parameter.has_average)
    fail<ValueError>({optimizer, ": the model has the averages of an AveragedModel: give it back its own weights by "
                      "swap() before it is trained, or train a copy of it"});
}

/// Throws GraphError where the Parameter itself is gone, so that no model would learn from its updates.
template <class V>
void require_model(const char* user, const ParameterState<V>& parameter) {
  if (parameter.abandoned)
    fail<GraphError>({user, ": a parameter of shape ", shape_of(parameter.value), " belongs to no model now: its model "
                      "ended, or was assigned another, which replaces a std::vector of layers and a layer that cannot "
                      "be assigned; make a new ", user, " after that, or give the model its values by "
                      "load_state_dict(model, state_dict(other))"});
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
