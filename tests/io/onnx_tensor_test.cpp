// Ops that are included by name, exported to ONNX and loaded again, and what of them ONNX cannot say.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../support/onnx_tensor_models.hpp"

using namespace minigrad;

namespace {

const std::string path = (std::filesystem::temp_directory_path() / "minigrad_onnx_tensor_test.onnx").string();

/// What exporting f of x [3, 4], or of another shape, throws.
template <class F>
std::string refusal(const F& f, const Shape& shape = {3, 4}) {
  Rng rng(0);
  auto model = support::formula<float>(rng, [f](const auto& v, const auto&, const auto&) { return f(v); });
  try {
    export_onnx(path, model, zeros(shape));
  } catch (const ValueError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// A model of one node on x, and on constants.
struct OneNode {
  OnnxFile file{};
  explicit OneNode(OnnxNode node, const std::vector<Tensor<std::int64_t>>& constants = {}) {
    file.opset = 17;
    file.inputs.push_back({"x", OnnxType::real32});
    for (std::size_t k = 0; k < constants.size(); ++k) {
      file.initializers.push_back(to_onnx_tensor(constants[k]));
      file.initializers.back().name = "c" + std::to_string(k);
    }
    file.outputs.push_back({node.outputs[0], OnnxType::real32});
    file.nodes.push_back(std::move(node));
  }
  Tensor<float> operator()(const Tensor<float>& x, const std::string& output = "") {
    OnnxFile copy = file;
    if (!output.empty()) copy.outputs[0].name = output;
    return OnnxModel<float>(std::move(copy), "f")(x);
  }
};
std::string loading(OneNode model, const Tensor<float>& x) {
  try {
    model(x);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}
OnnxAttribute with(const char* name, std::int64_t value) {
  OnnxAttribute out;
  out.name = name;
  out.integer = value;
  return out;
}

}  // namespace

TEST_CASE("exported models of ops that are included by name come back with the same outputs and gradients") {
  support::for_onnx_tensor_models([](const std::string& name, auto& model, const auto& x) {
    CAPTURE(name);
    CHECK(support::onnx_round_trip(path, model, x) == "");
  });
}

TEST_CASE("a part of the batch is exported with places that count from its end") {
  Rng rng(0);
  auto model = support::formula<float>(rng, [](const auto& v, const auto&, const auto&) {
    return v + index(v, {-1}) * 2 - mean(slice(v, 1, shape_of(v)[0]), 0, true);
  });
  export_onnx(path, model, zeros({2, 3}));
  auto loaded = load_onnx(path);
  for (const std::size_t rows : {2u, 3u, 7u}) {
    const auto x = normal({rows, 3}, 0, 1, rng);
    CHECK(allclose(loaded(x), model(x)));
  }
  CHECK(refusal([](const auto& v) { return index(v, {Slice(1, to_end)}); }) ==
        "minigrad: export_onnx: the model gives [1, 4] for 2 rows and [2, 4] for 3: the batch size must be an extent of the "
        "result");
}

TEST_CASE("what ONNX cannot say of these ops is refused with the reason") {
  CHECK(refusal([](const auto& v) { return cumprod(v, 1); }).find("cumprod: it has no counterpart in ONNX") !=
        std::string::npos);
  CHECK(refusal([](const auto& v) { return roll(v, 1, 0); }).find("roll: along the batch it depends on the batch size") !=
        std::string::npos);
  CHECK(refusal([](const auto& v) { return roll(v, 1); }).find("roll: of all elements it has no counterpart in ONNX") !=
        std::string::npos);
  CHECK(refusal([](const auto& v) { return gather(v, argsort(v), 1); }).find("its indices are computed by another op") !=
        std::string::npos);
  CHECK(refusal([](const auto& v) {
          auto at = Tensor<std::int64_t>::empty(shape_of(v));
          for (std::size_t i = 0; i < at.size(); ++i) at[i] = static_cast<std::int64_t>(i % 3);
          return gather(v, at, 1);
        }).find("gather: its indices depend on the batch size") != std::string::npos);
}

TEST_CASE("Split gives each of its outputs, of sizes that are given or equal") {
  const Tensor<float> x{{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}};
  OneNode sizes({"Split", "", "", {"x", "c0"}, {"a", "b"}, {with("axis", -1)}}, {{2, 3}});
  CHECK(sizes(x) == slice(x, 0, 2, 1));
  CHECK(sizes(x, "b") == slice(x, 2, 5, 1));
  OneNode equal({"Split", "", "", {"x"}, {"a", "", "b"}, {with("axis", 1)}});
  CHECK(equal(x) == slice(x, 0, 2, 1));
  CHECK(equal(x, "b") == slice(x, 4, 5, 1));
  OnnxAttribute old;
  old.name = "split";
  old.integers = {1, 1};
  CHECK(OneNode({"Split", "", "", {"x"}, {"a", "b"}, {old}})(x, "b") == slice(x, 1, 2));
  CHECK(loading(OneNode({"Split", "", "", {"x", "c0"}, {"a", "b"}, {}}, {{1, 2}}), x) ==
        "minigrad: load_onnx: node a, Split: piece 1 of 2 along axis 0 of [2, 5]");
  CHECK(loading(OneNode({"Split", "", "", {"x", "c0"}, {"a", "b"}, {}}, {{1}}), x) ==
        "minigrad: load_onnx: node a, Split: 1 pieces of 1 in all for 2 outputs, along axis 0 of [2, 5]");
}

TEST_CASE("Slice goes backwards, and indices count from the end") {
  const Tensor<float> x{0, 1, 2, 3, 4};
  const auto sliced = [&](std::int64_t start, std::int64_t end, std::int64_t step) {
    return OneNode({"Slice", "", "", {"x", "c0", "c1", "c2", "c3"}, {"y"}, {}}, {{start}, {end}, {0}, {step}})(x);
  };
  constexpr std::int64_t low = (std::numeric_limits<std::int64_t>::min)(), high = (std::numeric_limits<std::int64_t>::max)();
  CHECK(sliced(-1, low, -1) == Tensor<float>{4, 3, 2, 1, 0});
  CHECK(sliced(high, 0, -2) == Tensor<float>{4, 2});
  CHECK(sliced(3, -5, -1) == Tensor<float>{3, 2, 1});
  CHECK(sliced(2, 2, -1).size() == 0);
  CHECK(sliced(1, 3, -1).size() == 0);
  CHECK(sliced(-9, -2, -1).size() == 0);
  CHECK(OneNode({"GatherElements", "", "", {"x", "c0"}, {"y"}, {}}, {{-1, 0, -5}})(x) == Tensor<float>{4, 0, 0});
  CHECK(loading(OneNode({"GatherElements", "", "", {"x", "c0"}, {"y"}, {}}, {{5}}), x) ==
        "minigrad: gather: index 5 at (0) along axis 0 of a tensor of shape [5]");
  CHECK(loading(OneNode({"TopK", "", "", {"x", "c0"}, {"y", "at"}, {}}, {{6}}), x) ==
        "minigrad: load_onnx: node y, TopK: the first 6 of 5");
}
