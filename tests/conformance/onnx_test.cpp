// The conformance cases that ONNX publishes for its ops (Debian: libonnx-testdata), computed by minigrad. A case is a
// model, mostly of one op, with its inputs and outputs. What minigrad has no op for is counted by the reason.
// onnx_passes.txt names the cases that pass, and marks those that pass through load_onnx(), too or alone
// (load_onnx_test.cpp): one that does not any more fails the test.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "onnx_ops.hpp"

namespace fs = std::filesystem;
using namespace conformance;

namespace {

/// ONNX asks for rtol 1e-3 and atol 1e-7. Here rtol is 1e-5, and the cases that need ONNX's are named.
constexpr double strict = 1e-5, loose = 1e-3, absolute = 1e-7;

/// What differs, or nothing.
std::string difference(const Value& ours, const Value& expected, double relative) {
  if (ours.index() != expected.index()) return "another element type";
  return std::visit(
      [&]<class T>(const Tensor<T>& a) -> std::string {
        const auto& b = std::get<Tensor<T>>(expected);
        if (a.shape() != b.shape()) return to_string(a.shape()) + " instead of " + to_string(b.shape());
        for (std::size_t i = 0; i < a.size(); ++i) {
          if constexpr (is_real<T>) {
            const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
            const bool same = x == y || (std::isnan(x) && std::isnan(y)) ||
                              std::fabs(x - y) <= absolute + relative * std::fabs(y);
            if (!same) return std::to_string(x) + " instead of " + std::to_string(y);
          } else if (a[i] != b[i]) {
            return std::to_string(a[i]) + " instead of " + std::to_string(b[i]);
          }
        }
        return "";
      },
      ours);
}

/// The outputs of a model for the given inputs, node by node.
std::vector<Value> run(const OnnxFile& model, std::map<std::string, Value> values) {
  for (const OnnxTensor& tensor : model.initializers) values.emplace(tensor.name, support::onnx::value_of(tensor));
  for (const Node& node : model.nodes) {
    const auto op = op_table().find(node.op);
    if (op == op_table().end()) throw Unsupported("op " + node.op);
    Call call{node, {}, model.opset};
    for (const std::string& name : node.inputs) {
      const auto found = values.find(name);
      if (found == values.end() && !name.empty()) throw std::runtime_error("no value " + name);
      call.inputs.push_back(found == values.end() ? nullptr : &found->second);
    }
    const Values out = op->second(call);
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      if (!node.outputs[k].empty()) values.insert_or_assign(node.outputs[k], out.at(k));
  }
  std::vector<Value> out;
  for (const OnnxValueInfo& output : model.outputs) out.push_back(values.at(output.name));
  return out;
}

/// Throws Unsupported, or says what is wrong, or nothing.
std::string run_case(const fs::path& folder, double relative) {
  const auto model = support::onnx::read_model(folder / "model.onnx");
  std::set<std::string> constants;
  for (const OnnxTensor& constant : model.initializers) constants.insert(constant.name);
  std::size_t sets = 0;
  for (; fs::exists(folder / ("test_data_set_" + std::to_string(sets))); ++sets) {
    const fs::path data = folder / ("test_data_set_" + std::to_string(sets));
    std::map<std::string, Value> inputs;
    std::size_t k = 0;
    for (const OnnxValueInfo& input : model.inputs)
      if (!constants.count(input.name))
        inputs.emplace(input.name, support::onnx::read_value(data / ("input_" + std::to_string(k++) + ".pb")));
    const auto outputs = run(model, std::move(inputs));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Value expected = support::onnx::read_value(data / ("output_" + std::to_string(i) + ".pb"));
      const std::string why = difference(outputs[i], expected, relative);
      if (!why.empty()) return model.outputs[i].name + ": " + why;
    }
  }
  return sets ? "" : "no data";
}

fs::path data_folder() {
  const char* elsewhere = std::getenv("MINIGRAD_ONNX_DATA");
  return elsewhere ? elsewhere : "/usr/share/libonnx-testdata/data";
}

}  // namespace

TEST_CASE("ONNX's conformance cases give ONNX's outputs") {
  const fs::path root = data_folder();
  if (!fs::exists(root)) {
    std::cout << "skipped: no ONNX test data in " << root.string() << " (Debian: libonnx-testdata)\n";
    return;
  }
  std::set<std::string> listed, passed, present;
  std::ifstream list(fs::path(__FILE__).parent_path() / "onnx_passes.txt");
  for (std::string line; std::getline(list, line);)
    if (line.find(" alone") == std::string::npos) listed.insert(line.substr(0, line.find(' ')));
  CHECK(!listed.empty());

  std::map<std::string, std::string> failed;
  std::vector<std::string> roughly;
  std::map<std::string, std::vector<std::string>> unsupported;
  for (const char* kind : {"node", "simple", "pytorch-converted", "pytorch-operator"})
    for (const auto& folder : fs::directory_iterator(root / kind)) {
      const std::string name = std::string(kind) + "/" + folder.path().filename().string();
      present.insert(name);
      try {
        std::string why = run_case(folder.path(), strict);
        if (!why.empty() && (why = run_case(folder.path(), loose)).empty()) roughly.push_back(name);
        if (why.empty()) passed.insert(name);
        else failed[name] = why;
      } catch (const Unsupported& reason) {
        unsupported[reason.what()].push_back(name);
      } catch (const std::exception& error) {
        failed[name] = error.what();
      }
    }

  std::size_t left_out = 0;
  std::cout << "ONNX cases that are not supported, by what they would need:\n";
  for (const auto& [reason, names] : unsupported) {
    std::cout << "  " << reason << ":";
    for (const std::string& name : names) std::cout << ' ' << name;
    std::cout << '\n';
    left_out += names.size();
  }
  std::cout << "ONNX cases that agree to 1e-3 and not to 1e-5:";
  for (const std::string& name : roughly) std::cout << ' ' << name;
  std::cout << "\nONNX conformance: " << passed.size() << " passed, " << failed.size() << " failed, " << left_out
            << " not supported, of " << present.size() << "\n";
  for (const auto& one : failed) FAIL_CHECK(one.first << ": " << one.second);
  for (const std::string& name : listed)
    if (present.count(name) && !passed.count(name) && !failed.count(name))
      FAIL_CHECK(name << " passed once, and is not supported now");
  for (const std::string& name : passed)
    if (!listed.count(name)) std::cout << "passes, and is not in onnx_passes.txt yet: " << name << '\n';
}
