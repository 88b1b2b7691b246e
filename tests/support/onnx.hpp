// tests/support/onnx.hpp - the values that ONNX's conformance cases compute with, of any element type.
#pragma once

#include <minigrad/io/onnx_reader.hpp>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <variant>

namespace support::onnx {

using minigrad::Tensor;

/// What the reader or the runner has no counterpart for, such as an element type. The text is the reason.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Value = std::variant<Tensor<float>, Tensor<double>, Tensor<bool>, Tensor<std::int8_t>, Tensor<std::int16_t>,
                           Tensor<std::int32_t>, Tensor<std::int64_t>, Tensor<std::uint8_t>, Tensor<std::uint16_t>,
                           Tensor<std::uint32_t>, Tensor<std::uint64_t>>;

/// f(T{}) for the type that has this number among ONNX's.
template <class F>
auto for_type(std::int64_t type, const F& f) {
  switch (type) {
    case 1: return f(float{});
    case 2: return f(std::uint8_t{});
    case 3: return f(std::int8_t{});
    case 4: return f(std::uint16_t{});
    case 5: return f(std::int16_t{});
    case 6: return f(std::int32_t{});
    case 7: return f(std::int64_t{});
    case 9: return f(bool{});
    case 11: return f(double{});
    case 12: return f(std::uint32_t{});
    case 13: return f(std::uint64_t{});
  }
  throw Unsupported("element type " + std::to_string(type));
}

inline Value value_of(const minigrad::OnnxTensor& tensor) {
  return for_type(static_cast<std::int64_t>(tensor.type), [&]<class T>(T) -> Value { return tensor.to<T>(); });
}

/// read(), where what the reader does not support is told apart from what is wrong.
template <class Read>
auto reading(const Read& read) {
  try {
    return read();
  } catch (const minigrad::DataError& error) {
    const std::string what = error.what();
    if (what.find("not supported") == std::string::npos) throw;
    throw Unsupported(what.substr(what.rfind("\": ") + 3));  // without the name of the file
  }
}
inline minigrad::OnnxFile read_model(const std::filesystem::path& path) {
  minigrad::OnnxFile file = reading([&] { return minigrad::read_onnx(path.string()); });
  for (const auto* list : {&file.inputs, &file.outputs})
    for (const auto& one : *list)
      if (one.type == minigrad::OnnxType::none) throw Unsupported("values that are no tensors, or of other types");
  return file;
}
inline Value read_value(const std::filesystem::path& path) {
  return value_of(reading([&] { return minigrad::read_onnx_tensor(path.string()); }));
}

}  // namespace support::onnx
