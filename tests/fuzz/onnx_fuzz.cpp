// A libFuzzer program for the reader of ONNX files; not part of the build:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/onnx_fuzz.cpp -o onnx_fuzz
//   ./onnx_fuzz -max_total_time=60 -dict=tests/fuzz/onnx.dict corpus tests/fuzz/seeds/onnx
//
// Whatever the bytes: the reader throws DataError with a message on one line, or gives a graph, in at most 1 MB and 10
// times the file's size. A graph that load_onnx takes computes, or throws one of the library's errors.
#include <minigrad/io/load_onnx.hpp>

#include <cstdint>

#include "reader.hpp"

namespace {

/// Whether the shapes in the file are so small that what it computes is too.
bool is_small(const minigrad::OnnxFile& file) {
  const auto small = [](const minigrad::OnnxTensor& tensor) {
    if (tensor.type != minigrad::OnnxType::i64 && tensor.type != minigrad::OnnxType::i32) return true;
    for (const std::int64_t number : tensor.whole())
      if (number > 64) return false;
    return true;
  };
  const auto few = [](const minigrad::OnnxAttribute& attribute) {
    bool small = attribute.integer <= 64;
    for (const std::int64_t number : attribute.integers) small = small && number <= 64;
    return small;
  };
  bool all = file.nodes.size() < 16, makes = false, multiplies = false;
  int enlarges = 0;
  for (const auto& node : file.nodes) {
    enlarges += node.op == "Resize" || node.op == "Upsample" || node.op == "ConvTranspose";
    makes = makes || node.op == "Expand" || node.op == "ConstantOfShape";
    multiplies = multiplies || node.op == "Mul" || node.op == "Add" || node.op == "Sub" || node.op == "Size";
  }
  if ((makes && multiplies) || enlarges > 1) return false;
  for (const auto& tensor : file.initializers) all = all && small(tensor);
  for (const auto& node : file.nodes)
    for (const auto& attribute : node.attributes) {
      all = all && few(attribute);
      for (const auto& tensor : attribute.tensor) all = all && small(tensor);
    }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  reader::check((1u << 20) + 10 * size, [&] {
    minigrad::OnnxFile file = minigrad::parse_onnx(bytes, "f");
    for (const auto& tensor : file.initializers)
      reader::require(tensor.bytes.size() <= size && tensor.shape.size() <= tensor.bytes.size());
  });
  try {
    minigrad::OnnxFile file = minigrad::parse_onnx(bytes, "f");
    const bool runs = is_small(file);
    const minigrad::OnnxModel<float> model(std::move(file), "f");
    if (runs) model(minigrad::Tensor<float>{{1, 2, -3, 0.5}, {0.5, 0, 4, -1}});
  } catch (const minigrad::Error& error) {
    reader::require(std::string(error.what()).rfind("minigrad: ", 0) == 0);
  }
  return 0;
}
