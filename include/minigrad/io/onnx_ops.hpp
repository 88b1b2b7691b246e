// io/onnx_ops.hpp - how each of minigrad's ops is written in ONNX's: one table. Not part of minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "onnx_image_ops.hpp"
#include "onnx_shape_ops.hpp"
#include "onnx_tensor_ops.hpp"
#include "onnx_writer.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

using WriteOnnx = std::string (*)(OnnxWriter& to, const RecordedOp& op, const char* onnx);

// ---- forms that several ops have -----------------------------------------------------------------------------------

inline std::string write_plain(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  return to.node(onnx, op.inputs);
}
inline std::string write_with_axis(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  return to.with("axis", op.integer("axis")).node(onnx, op.inputs);
}
inline std::string write_softmax(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  if (op.axes().size() != 1) op.fail({"over all axes it has no counterpart in ONNX"});
  return write_with_axis(to, op, onnx);
}
/// In opset 17 the axes of ReduceSum are an input, and those of the other reductions an attribute.
inline std::string reduce(OnnxWriter& to, const char* onnx, const std::string& x, const std::vector<std::int64_t>& axes,
                          bool keepdim) {
  to.with("keepdims", keepdim);
  if (std::string_view(onnx) == "ReduceSum") return to.node(onnx, {x, to.integers(axes)});
  return to.with_list("axes", axes).node(onnx, {x});
}
inline std::string write_reduction(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  return reduce(to, onnx, op.inputs[0], op.axes(), op.number("keepdim") != 0);
}
/// A mask is ones and zeros here, and bools there.
inline std::string write_comparison(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  std::string mask = to.node(onnx, op.inputs);
  if (op.op == "not_equal") mask = to.node("Not", {mask});
  return to.with("to", static_cast<std::int64_t>(to.real_type())).node("Cast", {mask});
}
inline std::string write_logical(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  std::vector<std::string> masks;
  for (const std::string& x : op.inputs)
    masks.push_back(to.with("to", static_cast<std::int64_t>(OnnxType::boolean)).node("Cast", {x}));
  const std::string mask = to.node(onnx, masks);
  return to.with("to", static_cast<std::int64_t>(to.real_type())).node("Cast", {mask});
}
inline std::string write_with_alpha(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  return to.with_real("alpha", op.number(op.op == "elu" ? "alpha" : "slope")).node(onnx, op.inputs);
}
inline std::string write_product(OnnxWriter& to, const RecordedOp& op, const char*) {
  const bool many = op.op.compare(0, 6, "batch_") == 0;
  const bool left = op.op == "matmul_tn" || op.op == "batch_matmul_tn";
  const bool right = op.op == "matmul_nt" || op.op == "batch_matmul_nt" || op.op == "linear";
  if (!many && op.shapes[0].rank() == 2) return to.with("transA", left).with("transB", right).node("Gemm", op.inputs);
  if (!many && left) op.fail({"of more than two axes it has no counterpart in ONNX"});
  const auto operand = [&](std::size_t k, bool turned) {
    std::vector<std::int64_t> order;
    for (std::size_t i = 0; i < op.shapes[k].rank(); ++i) order.push_back(static_cast<std::int64_t>(i));
    if (!turned) return op.inputs[k];
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return to.with_list("perm", order).node("Transpose", {op.inputs[k]});
  };
  const std::string a = operand(0, left), product = to.node("MatMul", {a, operand(1, right)});
  return op.inputs.size() < 3 ? product : to.node("Add", {product, op.inputs[2]});
}
inline std::string write_norm(OnnxWriter& to, const RecordedOp& op, const char*) {
  const double p = op.number("p");
  if (p != 1 && p != 2) op.fail({"with p = ", p, " it has no counterpart in ONNX"});
  return write_reduction(to, op, p == 1 ? "ReduceL1" : "ReduceL2");
}

// ---- ops that are composed -----------------------------------------------------------------------------------------

/// (1 + erf(x / sqrt(2))) / 2, times x for gelu.
inline std::string write_normal(OnnxWriter& to, const RecordedOp& op, const char*) {
  const std::string& x = op.inputs[0];
  const std::string erf = to.node("Erf", {to.node("Mul", {x, to.number(std::numbers::sqrt2 / 2)})});
  const std::string cdf = to.node("Mul", {to.node("Add", {erf, to.number(1)}), to.number(0.5)});
  return op.op == "gelu" ? to.node("Mul", {x, cdf}) : cdf;
}
inline std::string write_log(OnnxWriter& to, const RecordedOp& op, const char* log) {
  const double factor = op.op == "log2" ? std::numbers::log2e : std::numbers::log10e;
  return to.node("Mul", {to.node(log, op.inputs), to.number(factor)});
}
/// sum((x - mean)^2) / (n - correction), and its square root for std.
inline std::string write_variance(OnnxWriter& to, const RecordedOp& op, const char*) {
  const auto axes = op.axes();
  double n = 1;
  for (const std::int64_t axis : axes) {
    const std::size_t k = Axis(axis).in("var", op.shapes[0]);
    if (op.shapes[0][k] != op.other_shapes[0][k]) op.fail({"over the batch it depends on the batch size"});
    n *= static_cast<double>(op.shapes[0][k]);
  }
  const double divisor = n - op.number("correction");
  const std::string mean = reduce(to, "ReduceMean", op.inputs[0], axes, true);
  const std::string deviation = to.node("Sub", {op.inputs[0], mean});
  const std::string squares = reduce(to, "ReduceSumSquare", deviation, axes, op.number("keepdim") != 0);
  const std::string variance = to.node("Div", {squares, to.number(divisor > 0 ? divisor : 0)});
  return op.op == "std" ? to.node("Sqrt", {variance}) : variance;
}

/// How an op is written: as ONNX's op of this name, or by a function that may use it.
struct OnnxForm {
  const char* op;
  const char* onnx;
  WriteOnnx write = write_plain;
};
inline constexpr OnnxForm onnx_forms[] = {
    {"add", "Add"},
    {"sub", "Sub"},
    {"mul", "Mul"},
    {"div", "Div"},
    {"pow", "Pow"},
    {"neg", "Neg"},
    {"maximum", "Max"},
    {"minimum", "Min"},
    {"sqrt", "Sqrt"},
    {"abs", "Abs"},
    {"sign", "Sign"},
    {"exp", "Exp"},
    {"log", "Log"},
    {"reciprocal", "Reciprocal"},
    {"floor", "Floor"},
    {"ceil", "Ceil"},
    {"sin", "Sin"},
    {"cos", "Cos"},
    {"tan", "Tan"},
    {"asin", "Asin"},
    {"acos", "Acos"},
    {"atan", "Atan"},
    {"sinh", "Sinh"},
    {"cosh", "Cosh"},
    {"asinh", "Asinh"},
    {"acosh", "Acosh"},
    {"atanh", "Atanh"},
    {"erf", "Erf"},
    {"tanh", "Tanh"},
    {"sigmoid", "Sigmoid"},
    {"relu", "Relu"},
    {"softplus", "Softplus"},
    {"stop_gradient", "Identity"},
    {"linear", "", write_product},
    {"matmul", "", write_product},
    {"batch_matmul", "", write_product},
    {"batch_matmul_nt", "", write_product},
    {"batch_matmul_tn", "", write_product},
    {"matmul_nt", "", write_product},
    {"matmul_tn", "", write_product},
    {"softmax", "Softmax", write_softmax},
    {"log_softmax", "LogSoftmax", write_softmax},
    {"concatenate", "Concat", write_with_axis},
    {"sum", "ReduceSum", write_reduction},
    {"mean", "ReduceMean", write_reduction},
    {"max", "ReduceMax", write_reduction},
    {"min", "ReduceMin", write_reduction},
    {"prod", "ReduceProd", write_reduction},
    {"logsumexp", "ReduceLogSumExp", write_reduction},
    {"norm", "", write_norm},
    {"var", "", write_variance},
    {"std", "", write_variance},
    {"equal", "Equal", write_comparison},
    {"not_equal", "Equal", write_comparison},
    {"less", "Less", write_comparison},
    {"less_equal", "LessOrEqual", write_comparison},
    {"greater", "Greater", write_comparison},
    {"greater_equal", "GreaterOrEqual", write_comparison},
    {"logical_and", "And", write_logical},
    {"logical_or", "Or", write_logical},
    {"reshape", "Reshape", write_reshape},
    {"flatten", "Reshape", write_reshape},
    {"broadcast_to", "Expand", write_expand},
    {"conv", "Conv", write_conv},
    {"conv_transpose", "ConvTranspose", write_conv},
    {"max_pool", "MaxPool", write_max_pool},
    {"avg_pool", "AveragePool", write_avg_pool},
    {"adaptive_avg_pool", "AveragePool", write_adaptive_avg_pool},
    {"upsample_nearest", "Resize", write_upsample},
    {"upsample_linear", "Resize", write_upsample},
    {"gelu", "", write_normal},
    {"normal_cdf", "", write_normal},
    {"square", "Mul",
     [](OnnxWriter& to, const RecordedOp& op, const char* mul) {
       return to.node(mul, {op.inputs[0], op.inputs[0]});
     }},
    {"silu", "Mul",
     [](OnnxWriter& to, const RecordedOp& op, const char* mul) {
       return to.node(mul, {op.inputs[0], to.node("Sigmoid", op.inputs)});
     }},
    {"log1p", "Log",
     [](OnnxWriter& to, const RecordedOp& op, const char* log) {
       return to.node(log, {to.node("Add", {op.inputs[0], to.number(1)})});
     }},
    {"expm1", "Exp",
     [](OnnxWriter& to, const RecordedOp& op, const char* exp) {
       return to.node("Sub", {to.node(exp, op.inputs), to.number(1)});
     }},
    {"log2", "Log", write_log},
    {"log10", "Log", write_log},
    {"leaky_relu", "LeakyRelu", write_with_alpha},
    {"elu", "Elu", write_with_alpha},
    {"clamp", "Clip",
     [](OnnxWriter& to, const RecordedOp& op, const char* onnx) {
       return to.node(onnx, {op.inputs[0], to.number(op.number("low")), to.number(op.number("high"))});
     }},
    {"where", "Where",
     [](OnnxWriter& to, const RecordedOp& op, const char* onnx) {
       const std::string mask =
           to.with("to", static_cast<std::int64_t>(OnnxType::boolean)).node("Cast", {op.inputs[0]});
       return to.node(onnx, {mask, op.inputs[1], op.inputs[2]});
     }},
    {"transpose", "Transpose", write_transpose},
    {"permute", "Transpose", write_transpose},
    {"pad", "Pad", write_pad},
    {"slice", "Slice", write_slice},
    {"strided_slice", "Slice", write_slice},
    {"index_select", "Gather", write_gather},
    {"gather", "GatherElements", write_gather},
    {"scatter_add", "ScatterElements", write_scatter_add},
    {"cumsum", "CumSum", write_cumsum},
    {"triangle", "Trilu", write_triangle},
    {"flip", "Slice", write_flip},
    {"roll", "Concat", write_roll},
    {"sort", "TopK", write_topk},
    {"topk", "TopK", write_topk},
};

/// Writes an op, and returns the name of its result. Throws ValueError for one that ONNX has no counterpart of.
inline std::string write_onnx(OnnxWriter& to, const RecordedOp& op) {
  for (const OnnxForm& form : onnx_forms)
    if (op.op == form.op) return form.write(to, op, form.onnx);
  op.fail({"it has no counterpart in ONNX"});
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
