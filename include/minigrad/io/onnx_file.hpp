// io/onnx_file.hpp - what an ONNX file holds, as data. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../tensor/tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The numbers that ONNX gives to the element types that are read.
enum class OnnxType : unsigned char { none, real32, u8, i8, u16, i16, i32, i64, boolean = 9, real64 = 11, u32, u64 };
/// Whether a number of a file, which may be any, is that of a type.
constexpr bool is_onnx_type(std::int64_t number, OnnxType type) { return number == static_cast<std::int64_t>(type); }
/// That of Tensor<T>.
template <class T>
constexpr OnnxType onnx_type_of() {
  if constexpr (std::is_same_v<T, bool>)
    return OnnxType::boolean;
  else if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 8 ? OnnxType::real64 : OnnxType::real32;
  else if constexpr (sizeof(T) == 1)
    return std::is_signed_v<T> ? OnnxType::i8 : OnnxType::u8;
  else if constexpr (sizeof(T) == 2)
    return std::is_signed_v<T> ? OnnxType::i16 : OnnxType::u16;
  else if constexpr (sizeof(T) == 4)
    return std::is_signed_v<T> ? OnnxType::i32 : OnnxType::u32;
  else
    return std::is_signed_v<T> ? OnnxType::i64 : OnnxType::u64;
}

/// A tensor in an ONNX file, of any of these element types. `bytes` are its elements, row-major.
struct OnnxTensor {
  std::string name;                ///< what nodes call it
  OnnxType type = OnnxType::none;  ///< of its elements
  Shape shape{};                   ///< its extents
  Tensor<std::uint8_t> bytes{};    ///< its elements

  /// The tensor; T must be the element type.
  template <class T>
  Tensor<T> to() const {
    if (onnx_type_of<T>() != type) detail::fail<ValueError>({"OnnxTensor: ", name, " has another element type"});
    auto out = Tensor<T>::empty(shape);
    if (out.size()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }
  /// Whole numbers of 32 or 64 bits.
  Tensor<std::int64_t> whole() const {
    return type == OnnxType::i32 ? to<std::int32_t>().template to<std::int64_t>() : to<std::int64_t>();
  }
};

/// A tensor as it stands in a file.
template <class T>
OnnxTensor to_onnx_tensor(const Tensor<T>& x) {
  OnnxTensor out{"", onnx_type_of<T>(), x.shape(), Tensor<std::uint8_t>::empty(Shape{x.size() * sizeof(T)})};
  if (x.size()) std::memcpy(out.bytes.data(), x.data(), out.bytes.size());
  return out;
}

/// An attribute of a node. What it does not have is 0 or empty.
struct OnnxAttribute {
  std::string name;                      ///< as "kernel_shape"
  float real = 0;                        ///< FLOAT
  std::int64_t integer = 0;              ///< INT
  std::string text{};                    ///< STRING
  std::vector<float> reals{};            ///< FLOATS
  std::vector<std::int64_t> integers{};  ///< INTS
  std::vector<OnnxTensor> tensor{};  ///< one or none
};

/// One call of an op. An input that is left out has an empty name.
struct OnnxNode {
  std::string op, name, domain;              ///< as "Gemm"; what the file calls the node; whose op it is
  std::vector<std::string> inputs, outputs;  ///< their names
  std::vector<OnnxAttribute> attributes;     ///< of the op

  /// The attribute of this name; null if the node has none.
  const OnnxAttribute* find(std::string_view attribute) const {
    for (const OnnxAttribute& one : attributes)
      if (one.name == attribute) return &one;
    return nullptr;
  }
};

/// An input or output of the graph. The type is `none` for what is no tensor or of a type that is not read.
struct OnnxValueInfo {
  std::string name;                     ///< what nodes call it
  OnnxType type = OnnxType::none;       ///< of its elements
  std::vector<std::int64_t> shape = {};  ///< its extents, where has_shape; -1 for one that is free
  bool has_shape = false;               ///< whether the file says how many axes there are
};

/// What an ONNX file holds.
struct OnnxFile {
  std::int64_t opset = 0;  ///< of the ops of ONNX itself
  std::vector<OnnxNode> nodes;                 ///< in an order in which they can be computed
  std::vector<OnnxTensor> initializers;        ///< weights and constants
  std::vector<OnnxValueInfo> inputs, outputs;  ///< of the graph
};

namespace detail {
/// The tensor of a Constant node, in any of its forms; without a type for texts and sparse tensors.
template <class = void>
OnnxTensor onnx_constant(const OnnxAttribute& a) {
  if (a.name == "value" && a.tensor.size() == 1) return a.tensor[0];
  if (a.name == "value_int") return to_onnx_tensor(Tensor<std::int64_t>::scalar(a.integer));
  if (a.name == "value_ints") return to_onnx_tensor(Tensor<std::int64_t>::from({a.integers.size()}, a.integers));
  if (a.name == "value_float") return to_onnx_tensor(Tensor<float>::scalar(a.real));
  if (a.name == "value_floats") return to_onnx_tensor(Tensor<float>::from({a.reals.size()}, a.reals));
  return {};
}

/// Throws ShapeError unless the shape of input is what the file says of it. Reshape nodes with extents of the file would
/// else mix rows.
template <class = void>
void require_declared(const OnnxValueInfo& input, const Shape& shape) {
  bool same = !input.has_shape || input.shape.size() == shape.rank();
  std::string declared;
  for (std::size_t i = 0; i < input.shape.size(); ++i) {
    const bool is_free = input.shape[i] < 0;
    same = same && (is_free || std::cmp_equal(input.shape[i], shape[i]));
    declared += i ? ", " : "";
    declared += is_free ? "n" : concat({input.shape[i]});
  }
  if (!same)
    fail<ShapeError>({"OnnxModel: input ", input.name, " has shape ", shape, ", and the file declares [", declared, "]"});
}
}  // namespace detail

}  // namespace minigrad::inline MINIGRAD_ABI
