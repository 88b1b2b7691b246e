#include <doctest/doctest.h>

#include <minigrad/io/image_layers.hpp>
#include <minigrad/minigrad.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

using namespace minigrad;

namespace {

struct File {
  std::string path = (std::filesystem::temp_directory_path() / "minigrad_image_layers_test.safetensors").string();
  ~File() { std::remove(path.c_str()); }
};

/// What load_model says to a file with this description of one layer and these tensors.
std::string refusal(const std::string& layers, StateDict state = {}, bool images = true) {
  const File file;
  state.metadata("minigrad.layers", layers);
  write_safetensors(file.path, state);
  try {
    if (images)
      load_model(file.path, image_layers);
    else
      load_model(file.path);
  } catch (const DataError& error) {
    const std::string what = error.what();
    return what.substr(what.find("\": ") + 3);
  }
  return "no error";
}

}  // namespace

TEST_CASE("load_model rebuilds every layer for images, with all its options") {
  Rng rng(0);
  const auto x = normal({2, 4, 12, 10}, 0, 1, rng);
  const auto check = [](auto model, const auto& input) {
    const File file;
    model(input);  // in training mode: statistics of their own
    save(file.path, model);
    const auto loaded = load_model(file.path, image_layers);
    CHECK(loaded.model.describe() == model.describe());
    model.eval();
    CHECK(loaded.model(input) == model(input));
  };
  check(
      Sequential{Conv2d(4, 6, {3, 2}, rng, {.stride = {1, 2}, .padding = {1, 0}, .groups = 2}), BatchNorm2d(6), ReLU(),
                 MaxPool2d(2, {.stride = 1, .padding = 1}), Dropout2d(0.25, rng), AdaptiveAvgPool2d(3), Flatten(),
                 Linear(54, 3, rng), BatchNorm1d(3, {.eps = 1e-3, .momentum = std::nullopt, .affine = false})},
      x);
  check(Sequential{Conv2d(4, 2, {2, 4}, rng, {.padding = "same", .dilation = 2, .bias = false}),
                   BatchNorm2d(2, {.momentum = 0.25}), AvgPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true}),
                   AvgPool2d(2, {.count_include_pad = false, .divisor_override = 3}),
                   Upsample({.scale_factor = 2, .scale_factor_width = 1.5, .mode = "bilinear", .align_corners = true}),
                   Upsample({.size = {9, 7}}), MaxPool2d(2, {.dilation = 2, .ceil_mode = true})},
        x);
  check(Sequential{Flatten(), Linear(480, 24, rng, {.bias = false}), Unflatten(1, {2, -1, 4}), Conv2d(2, 1, 3, rng),
                   Unflatten(-1, {1, 2})},
        x);
  check(Sequential{ConvTranspose2d(4, 6, 3, rng, {.stride = 2, .padding = 1, .output_padding = {0, 1}, .groups = 2}),
                   Flatten{2, 3}, Conv1d(6, 2, 5, rng), MaxPool1d(3), ConvTranspose1d(2, 3, 2, rng, {.bias = false}),
                   AvgPool1d(2), AdaptiveAvgPool1d(4)},
        x);
}

TEST_CASE("load_model says how models with layers for images are loaded") {
  CHECK(refusal("0: Conv2d(1, 8, kernel [3, 3])\n", {}, false) ==
        "layer 0 is \"Conv2d\", a layer for images: include <minigrad/io/image_layers.hpp>, and call load_model(path, "
        "image_layers)");
}

TEST_CASE("a description of a layer for images that is wrong, or does not fit its weight, is refused") {
  StateDict state;
  state.add("0.weight", zeros({8, 1, 3, 3}));
  state.add("0.bias", zeros({8}));
  CHECK(refusal("0: Conv2d(1, 8, kernel [3, 3])\n", state) == "no error");
  for (const char* text : {"0: Conv2d(1, 9, kernel [3, 3])\n",
                           "0: Conv2d(1, 8, kernel [3])\n",
                           "0: Conv2d(1, 8)\n",
                           "0: Conv2d\n",
                           "0: Conv2d(1, 8, kernel [3, 3], stride [0, 1])\n",
                           "0: Conv2d(1, 8, kernel [3, 3], groups 0)\n",
                           "0: Conv2d(1, 8, kernel [3, 3], colour 3)\n",
                           "0: Conv2d(1, 8, kernel [3, 3)\n",
                           "0: Conv2d(1, 8, kernel 3)\n",
                           "0: Conv2d(-1, 8, kernel [3, 3])\n",
                           "0: Conv2d(1e9, 8, kernel [3, 3])\n",
                           "0: Conv2d(1, 8, kernel [3, 3]",
                           "0: Conv2d()\n",
                           "0: Conv2d([])\n",
                           "0: Flatten(7, 9)\n",
                           "0: Flatten(nan)\n",
                           "0: Unflatten(1)\n",
                           "0: Unflatten(0.5, [1, 1])\n",
                           "0: Unflatten(1, [-1, -2])\n",
                           "0: BatchNorm2d(16777216)\n",
                           "0: MaxPool2d([0, 2], stride [1, 1])\n",
                           "0: Upsample(-2, nearest)\n",
                           "0: Dropout2d\n"}) {
    CAPTURE(text);
    CHECK(refusal(text, state).find("the description of its layers is not valid") == 0);
  }
}
