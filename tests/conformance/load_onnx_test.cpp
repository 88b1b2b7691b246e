// The conformance cases that ONNX publishes for its ops (Debian: libonnx-testdata), computed by the models that
// load_onnx() makes of them. A case whose model is refused as not supported is left to onnx_ops.hpp; those that pass here
// are marked in onnx_passes.txt.
#include <doctest/doctest.h>

#include <minigrad/io/load_onnx.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace fs = std::filesystem;
using namespace minigrad;

namespace {

using Input = std::variant<Tensor<float>, Tensor<std::int64_t>>;

/// Inputs of other types are none of a model's.
bool append(std::vector<Input>& to, const OnnxTensor& tensor) {
  if (tensor.type == OnnxType::real32)
    to.emplace_back(tensor.to<float>());
  else if (tensor.type == OnnxType::i64)
    to.emplace_back(tensor.to<std::int64_t>());
  else
    return false;
  return true;
}

Tensor<float> compute(const OnnxModel<float>& model, const std::vector<Input>& x) {
  const auto call = [&](const auto&... one) { return model(one...); };
  switch (x.size()) {
    case 1:
      return std::visit(call, x[0]);
    case 2:
      return std::visit(call, x[0], x[1]);
    case 3:
      return std::visit(call, x[0], x[1], x[2]);
    case 5:  // of BatchNormalization
      for (const Input& one : x)
        if (one.index() != 0) throw DataError("whole numbers among five inputs are not supported", "");
      return model(std::get<0>(x[0]), std::get<0>(x[1]), std::get<0>(x[2]), std::get<0>(x[3]), std::get<0>(x[4]));
    default:
      throw DataError("so many inputs are not supported", "");
  }
}

/// What is wrong, or nothing. Throws Error that says so where something is not supported.
std::string run_case(const fs::path& folder) {
  const auto model = load_onnx((folder / "model.onnx").string());
  const fs::path data = folder / "test_data_set_0";
  std::vector<Input> inputs;
  for (std::size_t k = 0; fs::exists(data / ("input_" + std::to_string(k) + ".pb")); ++k)
    if (!append(inputs, read_onnx_tensor((data / ("input_" + std::to_string(k) + ".pb")).string())))
      throw DataError("inputs of this type are not supported", "");
  const Tensor<float> found = compute(model, inputs);
  std::vector<Input> output;
  if (!append(output, read_onnx_tensor((data / "output_0.pb").string())) || output[0].index() != 0)
    throw DataError("outputs of this type are not supported", "");
  const auto& wanted = std::get<0>(output[0]);
  if (found.shape() != wanted.shape()) return to_string(found.shape()) + " instead of " + to_string(wanted.shape());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const float x = found.data()[i], y = wanted.data()[i];
    if (x != y && !(std::isnan(x) && std::isnan(y)) && !(std::fabs(x - y) <= 1e-6F + 1e-5F * std::fabs(y)))
      return std::to_string(x) + " instead of " + std::to_string(y);
  }
  return "";
}

}  // namespace

TEST_CASE("a loaded model computes ONNX's conformance cases, or says what is not supported") {
  const char* elsewhere = std::getenv("MINIGRAD_ONNX_DATA");
  const fs::path root = elsewhere ? elsewhere : "/usr/share/libonnx-testdata/data";
  if (!fs::exists(root)) {
    std::cout << "skipped: no ONNX test data in " << root.string() << " (Debian: libonnx-testdata)\n";
    return;
  }
  std::set<std::string> listed, passed;
  std::ifstream list(fs::path(__FILE__).parent_path() / "onnx_passes.txt");
  for (std::string line; std::getline(list, line);)
    if (const std::size_t end = line.find(" load_onnx"); end != std::string::npos) listed.insert(line.substr(0, end));
  CHECK(listed.size() >= 350);  // it may only grow
  std::size_t left_out = 0;
  for (const char* kind : {"node", "pytorch-converted", "pytorch-operator", "simple"})
    for (const auto& folder : fs::directory_iterator(root / kind)) {
      const std::string name = std::string(kind) + "/" + folder.path().filename().string();
      std::string why;
      try {
        why = run_case(folder.path());
        if (why.empty()) passed.insert(name);
      } catch (const Error& error) {
        why = error.what();
        if (!listed.count(name) && why.find("not supported") != std::string::npos) ++left_out, why.clear();
      }
      if (!why.empty()) FAIL_CHECK(name << ": " << why);
    }
  std::cout << "load_onnx: " << passed.size() << " of ONNX's cases passed, " << left_out << " not supported\n";
  for (const std::string& name : passed)
    if (!listed.count(name)) std::cout << "passes, and is not marked in onnx_passes.txt yet: " << name << '\n';
}
