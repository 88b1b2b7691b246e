// io/onnx_rules.hpp - what ONNX's ops compute, in minigrad's ops: one table. Not part of minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>
#include <vector>

#include "../tensor/create.hpp"
#include "onnx_functions.hpp"
#include "onnx_tensor_rules.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class X>
struct OnnxRules : OnnxTable<OnnxRules<X>> {
  using C = const OnnxCall<X>&;
  static constexpr std::size_t any = 1000;

  /// alpha x + beta, held between 0 and 1.
  static X hard_sigmoid(C c, double alpha, double beta) { return maximum(minimum(alpha * c[0] + beta, 1), 0); }

  static constexpr OnnxRule<X> all[] = {
      {"Gemm", 2, 3, "alpha beta transA transB ", [](C c) -> X { return onnx_gemm(c); }},
      {"MatMul", 2, 2, "", [](C c) -> X { return onnx_matmul(c); }},
      {"BatchNormalization", 5, 5, "epsilon momentum training_mode spatial ",
       [](C c) -> X { return onnx_batch_norm(c); }},
      {"Add", 2, 2, "", [](C c) -> X { return c[0] + c[1]; }},
      {"Sub", 2, 2, "", [](C c) -> X { return c[0] - c[1]; }},
      {"Mul", 2, 2, "", [](C c) -> X { return c[0] * c[1]; }},
      {"Div", 2, 2, "", [](C c) -> X { return c[0] / c[1]; }},
      {"Pow", 2, 2, "", [](C c) -> X { return pow(c[0], c[1]); }},
      {"Max", 1, any, "", [](C c) -> X {
        X y = c[0];
        for (std::size_t k = 1; k < c.size(); ++k) y = maximum(y, c[k]);
        return y;
      }},
      {"Min", 1, any, "", [](C c) -> X {
        X y = c[0];
        for (std::size_t k = 1; k < c.size(); ++k) y = minimum(y, c[k]);
        return y;
      }},
      {"Clip", 1, 3, "min max ", [](C c) -> X {
        X y = c[0];
        if (c.node.find("min")) y = maximum(y, c.real("min", 0));  // attributes before opset 11
        if (c.node.find("max")) y = minimum(y, c.real("max", 0));
        if (c.has(1)) y = maximum(y, c[1]);
        if (c.has(2)) y = minimum(y, c[2]);
        return y;
      }},
      {"Neg", 1, 1, "", [](C c) -> X { return -c[0]; }},
      {"Abs", 1, 1, "", [](C c) -> X { return abs(c[0]); }},
      {"Sign", 1, 1, "", [](C c) -> X { return sign(c[0]); }},
      {"Sqrt", 1, 1, "", [](C c) -> X { return sqrt(c[0]); }},
      {"Exp", 1, 1, "", [](C c) -> X { return exp(c[0]); }},
      {"Log", 1, 1, "", [](C c) -> X { return log(c[0]); }},
      {"Reciprocal", 1, 1, "", [](C c) -> X { return reciprocal(c[0]); }},
      {"Floor", 1, 1, "", [](C c) -> X { return floor(c[0]); }},
      {"Ceil", 1, 1, "", [](C c) -> X { return ceil(c[0]); }},
      {"Sin", 1, 1, "", [](C c) -> X { return sin(c[0]); }},
      {"Cos", 1, 1, "", [](C c) -> X { return cos(c[0]); }},
      {"Tan", 1, 1, "", [](C c) -> X { return tan(c[0]); }},
      {"Asin", 1, 1, "", [](C c) -> X { return asin(c[0]); }},
      {"Acos", 1, 1, "", [](C c) -> X { return acos(c[0]); }},
      {"Atan", 1, 1, "", [](C c) -> X { return atan(c[0]); }},
      {"Sinh", 1, 1, "", [](C c) -> X { return sinh(c[0]); }},
      {"Cosh", 1, 1, "", [](C c) -> X { return cosh(c[0]); }},
      {"Asinh", 1, 1, "", [](C c) -> X { return asinh(c[0]); }},
      {"Acosh", 1, 1, "", [](C c) -> X { return acosh(c[0]); }},
      {"Atanh", 1, 1, "", [](C c) -> X { return atanh(c[0]); }},
      {"Erf", 1, 1, "", [](C c) -> X { return erf(c[0]); }},
      {"Tanh", 1, 1, "", [](C c) -> X { return tanh(c[0]); }},
      {"Sigmoid", 1, 1, "", [](C c) -> X { return sigmoid(c[0]); }},
      {"Relu", 1, 1, "", [](C c) -> X { return relu(c[0]); }},
      {"Softplus", 1, 1, "", [](C c) -> X { return softplus(c[0]); }},
      {"LeakyRelu", 1, 1, "alpha ", [](C c) -> X { return leaky_relu(c[0], c.real("alpha", 0.01)); }},
      {"Elu", 1, 1, "alpha ", [](C c) -> X { return elu(c[0], c.real("alpha", 1)); }},
      {"Gelu", 1, 1, "approximate ",
       [](C c) -> X {
         if (c.text("approximate", "none") == "none") return gelu(c[0]);
         return c[0] * 0.5 * (1 + tanh(std::sqrt(2 / std::numbers::pi) * (c[0] + 0.044715 * (c[0] * square(c[0])))));
       }},
      {"Selu", 1, 1, "alpha gamma ",
       [](C c) -> X { return c.real("gamma", 1.0507009873554805) * elu(c[0], c.real("alpha", 1.6732632423543772)); }},
      {"PRelu", 2, 2, "", [](C c) -> X { return relu(c[0]) - c[1] * relu(-c[0]); }},
      {"HardSigmoid", 1, 1, "alpha beta ",
       [](C c) -> X { return hard_sigmoid(c, c.real("alpha", 0.2), c.real("beta", 0.5)); }},
      {"HardSwish", 1, 1, "", [](C c) -> X { return c[0] * hard_sigmoid(c, 1.0 / 6, 0.5); }},
      {"Mish", 1, 1, "", [](C c) -> X { return c[0] * tanh(softplus(c[0])); }},
      {"Softsign", 1, 1, "", [](C c) -> X { return c[0] / (1 + abs(c[0])); }},
      {"LayerNormalization", 2, 3, "axis epsilon stash_type ", [](C c) -> X { return onnx_layer_norm(c); }},
      {"Softmax", 1, 1, "axis ",
       [](C c) -> X { return onnx_softmax(c, [](const X& x, Axis axis) -> X { return softmax(x, axis); }); }},
      {"LogSoftmax", 1, 1, "axis ",
       [](C c) -> X { return onnx_softmax(c, [](const X& x, Axis axis) -> X { return log_softmax(x, axis); }); }},
      {"Identity", 1, 1, "", [](C c) -> X { return c[0]; }},
      {"Dropout", 1, 2, "seed ratio ", [](C c) -> X { return c[0]; }},  // in inference
      {"Flatten", 1, 1, "axis ", [](C c) -> X {
        const Shape& shape = shape_of(c[0]);
        const std::int64_t axis = c.integer("axis", 1);
        const std::size_t end = axis == static_cast<std::int64_t>(shape.rank()) ? shape.rank() : c.axis_in(shape, axis);
        std::size_t rows = 1, columns = 1;
        for (std::size_t i = 0; i < shape.rank(); ++i) (i < end ? rows : columns) *= shape[i];
        return c.reshaped(c[0], Shape{rows, columns});
      }},
      {"Reshape", 2, 2, "allowzero ", [](C c) -> X { return onnx_reshape(c); }},
      {"Squeeze", 1, 2, "axes ", [](C c) -> X { return onnx_squeeze(c); }},
      {"Unsqueeze", 1, 2, "axes ", [](C c) -> X { return onnx_unsqueeze(c); }},
      {"Transpose", 1, 1, "perm ", [](C c) -> X { return onnx_transpose(c); }},
      {"Concat", 1, any, "axis ", [](C c) -> X {
        std::vector<X> parts;
        for (std::size_t k = 0; k < c.size(); ++k) parts.push_back(c[k]);
        return concatenate(parts, Axis(c.axis_in(shape_of(c[0]), c.integer("axis", 0))));
      }},
      {"Gather", 2, 2, "axis ", [](C c) -> X { return onnx_gather(c); }},
      {"GatherElements", 2, 2, "axis ", [](C c) -> X { return onnx_gather_elements(c); }},
      {"ScatterElements", 3, 3, "axis reduction ", [](C c) -> X { return onnx_scatter_elements(c); }},
      {"Split", 1, 2, "axis split num_outputs ", [](C c) -> X { return onnx_split(c); }},
      {"TopK", 1, 2, "axis k largest sorted ", [](C c) -> X { return onnx_topk(c); }},
      {"CumSum", 2, 2, "exclusive reverse ", [](C c) -> X { return onnx_cumsum(c); }},
      {"Trilu", 1, 2, "upper ", [](C c) -> X { return onnx_trilu(c); }},
      {"Pad", 1, 4, "mode pads value ", [](C c) -> X { return onnx_pad(c); }},
      {"Slice", 1, 5, "starts ends axes ", [](C c) -> X { return onnx_slice(c); }},
      {"Expand", 2, 2, "", [](C c) -> X {
        const Shape shape = broadcast_shapes("Expand", shape_of(c[0]), c.shape_of_list(c.list("", 1)));
        c.shape_of_list(std::vector<std::int64_t>(shape.begin(), shape.end()));  // not more than memory can hold
        return broadcast_to(c[0], shape);
      }},
      {"ConstantOfShape", 1, 1, "value ", [](C c) -> X {
        using T = scalar_type<X>;
        const OnnxAttribute* value = c.node.find("value");
        const Shape shape = c.shape_of_list(c.list("", 0));
        if (value && (value->tensor.size() != 1 || value->tensor[0].type != onnx_type_of<T>()))
          c.fail({"a value of this type is not supported"});
        return c.constant(full<T>(shape, value ? value->tensor[0].template to<T>().item() : T(0)));
      }},
      {"ReduceSum", 1, 2, "axes keepdims noop_with_empty_axes ", [](C c) -> X {
        return onnx_reduce(c, c[0], [](const X& x, Axis axis, bool keepdim) { return sum(x, axis, keepdim); });
      }},
      {"ReduceMean", 1, 2, "axes keepdims noop_with_empty_axes ", [](C c) -> X {
        return onnx_reduce(c, c[0], [](const X& x, Axis axis, bool keepdim) { return mean(x, axis, keepdim); });
      }},
      {"ReduceMax", 1, 2, "axes keepdims noop_with_empty_axes ", [](C c) -> X {
        return onnx_reduce(c, c[0], [](const X& x, Axis axis, bool keepdim) { return (max)(x, axis, keepdim); });
      }},
      {"ReduceMin", 1, 2, "axes keepdims noop_with_empty_axes ", [](C c) -> X {
        return onnx_reduce(c, c[0], [](const X& x, Axis axis, bool keepdim) { return (min)(x, axis, keepdim); });
      }},
      {"ReduceProd", 1, 2, "axes keepdims noop_with_empty_axes ", [](C c) -> X {
        return onnx_reduce(c, c[0], [](const X& x, Axis axis, bool keepdim) { return prod(x, axis, keepdim); });
      }},
      {"ReduceLogSumExp", 1, 2, "axes keepdims noop_with_empty_axes ", [](C c) -> X {
        return onnx_reduce(c, c[0], [](const X& x, Axis axis, bool keepdim) { return logsumexp(x, axis, keepdim); });
      }},
      {"ReduceSumSquare", 1, 2, "axes keepdims ", [](C c) -> X {
        return onnx_reduce(c, square(c[0]), [](const X& x, Axis axis, bool keepdim) { return sum(x, axis, keepdim); });
      }},
      {"ReduceL1", 1, 2, "axes keepdims ", [](C c) -> X {
        return onnx_reduce(c, abs(c[0]), [](const X& x, Axis axis, bool keepdim) { return sum(x, axis, keepdim); });
      }},
      {"ReduceL2", 1, 2, "axes keepdims ", [](C c) -> X {
        const auto add = [](const X& x, Axis axis, bool keepdim) { return sum(x, axis, keepdim); };
        return sqrt(onnx_reduce(c, square(c[0]), add));
      }},
      {"Equal", 2, 2, "", [](C c) -> X { return onnx_mask(equal(c[0], c[1]), c[0]); }},
      {"Less", 2, 2, "", [](C c) -> X { return onnx_mask(less(c[0], c[1]), c[0]); }},
      {"LessOrEqual", 2, 2, "", [](C c) -> X { return onnx_mask(less_equal(c[0], c[1]), c[0]); }},
      {"Greater", 2, 2, "", [](C c) -> X { return onnx_mask(greater(c[0], c[1]), c[0]); }},
      {"GreaterOrEqual", 2, 2, "", [](C c) -> X { return onnx_mask(greater_equal(c[0], c[1]), c[0]); }},
      {"Not", 1, 1, "", [](C c) -> X { return 1 - c[0]; }},
      {"And", 2, 2, "", [](C c) -> X { return c[0] * c[1]; }},  // of ones and zeros
      {"Or", 2, 2, "", [](C c) -> X { return maximum(c[0], c[1]); }},
      {"Xor", 2, 2, "", [](C c) -> X { return abs(c[0] - c[1]); }},
      {"Where", 3, 3, "", [](C c) -> X { return where(not_equal(c[0], 0), c[1], c[2]); }},
      {"Cast", 1, 1, "to ", [](C c) -> X {  // masks are ones and zeros here
        using T = scalar_type<X>;
        const std::int64_t to = c.integer("to", 0);
        if (is_onnx_type(to, OnnxType::boolean)) return onnx_mask(not_equal(c[0], 0), c[0]);
        if (!is_onnx_type(to, onnx_type_of<T>())) c.fail({"a cast to type ", to, " is not supported"});
        return c.value(0).whole ? c.constant(c.whole(0).template to<T>()) : c[0];
      }},
  };
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
