#include <doctest/doctest.h>

#include <minigrad/io/load_onnx.hpp>

#include <filesystem>
#include <string>

#include "../support/onnx_image_models.hpp"

using namespace minigrad;

namespace {

const std::string path = (std::filesystem::temp_directory_path() / "minigrad_onnx_image_test.onnx").string();

std::string refusal(auto model, const Shape& shape) {
  try {
    export_onnx(path, model, zeros(shape));
  } catch (const ValueError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("exported image models come back with the same outputs and gradients") {
  support::for_onnx_image_models([](const std::string& name, auto& model, const auto& x) {
    CAPTURE(name);
    CHECK(support::onnx_round_trip(path, model, x) == "");
  });
}

TEST_CASE("a model of double that resizes images comes back: the scales of Resize are floats") {
  Rng rng(0);
  Sequential model{Conv2d<double>(2, 3, 3, rng), Upsample({.scale_factor = 2, .mode = "bilinear"}), BatchNorm2d<double>(3)};
  const auto x = normal<double>({4, 2, 6, 5}, 0, 1, rng);
  model(x);
  CHECK(support::onnx_round_trip(path, model, x) == "");
}

TEST_CASE("a batch norm is exported as one op, and its statistics keep their names") {
  Rng rng(0);
  Sequential model{Conv2d(2, 3, 1, rng), BatchNorm2d(3, {.eps = 1e-3}), Flatten(), BatchNorm1d(12)};
  const auto x = normal({4, 2, 2, 2}, 0, 1, rng);
  model(x);
  export_onnx(path, model, x);
  std::string ops;
  for (const OnnxNode& node : read_onnx(path).nodes)
    if (node.op != "Constant") ops += node.op + " ";
  CHECK(ops == "Conv BatchNormalization Reshape BatchNormalization ");
  CHECK(support::onnx_round_trip(path, model, x) == "");
}

TEST_CASE("an input of another shape than the file declares is refused, as its reshapes would mix rows") {
  Rng rng(0);
  Sequential model{Conv2d(1, 1, 1, rng), Flatten()};
  const auto x = normal({4, 1, 2, 3}, 0, 1, rng);
  export_onnx(path, model, x);
  const auto loaded = load_onnx(path);
  CHECK(loaded(x) == model(x));
  CHECK(loaded(slice(x, 0, 2)) == model(slice(x, 0, 2)));  // the rows are free
  CHECK_THROWS_WITH_AS(loaded(zeros({3, 1, 2, 2})),
                       "minigrad: OnnxModel: input input has shape [3, 1, 2, 2], and the file declares [n, 1, 2, 3]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(loaded(zeros({3, 6})),
                       "minigrad: OnnxModel: input input has shape [3, 6], and the file declares [n, 1, 2, 3]", ShapeError);
  Graph<Tensor<float>> graph;
  CHECK_THROWS_AS(loaded(graph.input(zeros({3, 1, 3, 2}))), ShapeError);
}

TEST_CASE("image layers that ONNX has no counterpart of are refused with the reason") {
  Rng rng(0);
  CHECK(refusal(Sequential{Conv2d(1, 1, 1, rng), AdaptiveAvgPool2d(3)}, {1, 1, 4, 4})
            .find("adaptive_avg_pool: [2, 1, 4, 4] to [2, 1, 3, 3]: its windows differ in size, which has no "
                  "counterpart") != std::string::npos);
  CHECK(refusal(Sequential{Conv2d(1, 1, 1, rng), AvgPool2d(2, {.divisor_override = 3})}, {1, 1, 4, 4})
            .find("avg_pool: divisor_override has no counterpart in ONNX") != std::string::npos);
  CHECK(refusal(Sequential{Conv2d(1, 1, 1, rng), AvgPool2d(2, {.ceil_mode = true})}, {1, 1, 5, 5})
            .find("avg_pool: ceil_mode with count_include_pad: programs differ in what they divide by") !=
        std::string::npos);
}

TEST_CASE("Pad puts constants around a tensor") {
  OnnxFile file;
  file.opset = 17;
  file.inputs.push_back({"x", OnnxType::real32});
  file.outputs.push_back({"y", OnnxType::real32});
  file.initializers.push_back(to_onnx_tensor(Tensor<std::int64_t>{0, 1, 1, 0}));
  file.initializers.back().name = "pads";
  file.initializers.push_back(to_onnx_tensor(Tensor<float>::scalar(7)));
  file.initializers.back().name = "value";
  file.nodes.push_back({"Pad", "", "", {"x", "pads", "value"}, {"y"}, {}});
  auto model = OnnxModel<float>(std::move(file), "f");
  CHECK(model(Tensor<float>{{1, 2}}) == Tensor<float>{{7, 1, 2}, {7, 7, 7}});
  CHECK(state_dict(model).size() == 0);
}
