// Models with image layers, to export as ONNX files.
#pragma once

#include <minigrad/nn/images.hpp>

#include "onnx_models.hpp"

namespace support {

/// visit(name, model, x) for models that between them use every image layer; x has 5 rows.
template <class Visit>
void for_onnx_image_models(const Visit& visit) {
  using namespace minigrad;
  Rng rng(7);
  const auto image = normal({5, 2, 8, 6}, 0, 1, rng);
  const auto line = normal({5, 4, 12}, 0, 1, rng);
  const auto run = [&](const char* name, auto model, const auto& x) { visit(name, model, x); };

  run("convolution",
      Sequential{Conv2d(2, 4, 3, rng, {.padding = 1}), ReLU(), MaxPool2d(2),
                 Conv2d(4, 6, {3, 2}, rng, {.stride = {1, 2}, .padding = {1, 0}, .groups = 2}), Tanh(), Flatten(),
                 Linear(6 * 4 * 1, 3, rng), Softmax()},
      image);
  run("dilation",
      Sequential{Conv2d(2, 3, 3, rng, {.padding = "same", .dilation = 2, .bias = false}), Sigmoid(),
                 Conv2d(3, 2, {2, 4}, rng, {.padding = "same"})},
      image);
  run("transposed",
      Sequential{ConvTranspose2d(2, 3, 3, rng, {.stride = 2, .padding = 1, .output_padding = 1}), ReLU(),
                 ConvTranspose2d(3, 2, {2, 3}, rng, {.bias = false})},
      image);
  run("averages",
      Sequential{AvgPool2d(3, {.stride = 2, .padding = 1}), AvgPool2d(2, {.padding = 1, .count_include_pad = false}),
                 Flatten()},
      image);
  run("global", Sequential{Conv2d(2, 3, 3, rng), AdaptiveAvgPool2d(1), Flatten(), Linear(3, 2, rng)}, image);
  run("adaptive", Sequential{AdaptiveAvgPool2d(PerAxis<2>(4, 3)), Flatten()}, image);
  run("ceiling",
      Sequential{MaxPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true}),
                 AvgPool2d(2, {.ceil_mode = true, .count_include_pad = false})},
      image);
  run("larger",
      Sequential{Upsample({.scale_factor = 2}), Conv2d(2, 2, 3, rng),
                 Upsample({.size = {28, 20}, .mode = "bilinear"})},
      image);
  run("corners", Sequential{Upsample({.scale_factor = 1.5, .mode = "bilinear", .align_corners = true})}, image);
  run("line",
      Sequential{Conv1d(4, 6, 3, rng, {.stride = 2}), LeakyReLU{0.1}, MaxPool1d(2), ConvTranspose1d(6, 3, 2, rng),
                 AvgPool1d(2), AdaptiveAvgPool1d(1), Flatten(), Linear(3, 1, rng)},
      line);
  const auto warm = [&](auto model, const auto& x) {  // with statistics of their own
    for (int k = 0; k < 3; ++k) model(x);
    return model;
  };
  run("normalised",
      warm(Sequential{Conv2d(2, 3, 3, rng), BatchNorm2d(3), ReLU(), Dropout2d(0.2, rng), Flatten(),
                      Linear(3 * 6 * 4, 4, rng), BatchNorm1d(4)},
           image),
      image);
  run("not_affine", warm(Sequential{Conv2d(2, 3, 3, rng), BatchNorm2d(3, {.affine = false})}, image), image);
  run("unflattened",
      Sequential{Flatten(), Linear(96, 24, rng, {.bias = false}), Unflatten(1, {2, 3, -1}), Conv2d(2, 3, 2, rng)}, image);
  run("sizes",
      Sequential{Upsample({.size = {11, 7}, .mode = "bilinear", .align_corners = true}),
                 Upsample({.size = {23, 10}})},
      image);
}

}  // namespace support
