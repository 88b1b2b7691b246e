// classify.hpp - points of two or more classes in the plane, and a network that learns where each class lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "text.hpp"

namespace classify {
using namespace minigrad;

struct Settings {
  int data = 0;      ///< circle, xor, gauss, spiral
  int classes = 2;
  double noise = 0;  ///< 0 .. 0.5
  double train_share = 0.5;
  int batch = 10;
  int features = 3;  ///< bits: x1, x2, x1^2, x2^2, x1 x2, sin x1, sin x2
  int activation = 0;  ///< tanh, relu, sigmoid, linear
  int penalty = 0;     ///< none, L1, L2
  double penalty_rate = 0;
  double lr = 0.03;
  int seed = 0;
  std::vector<int> hidden{4, 2};
};

inline constexpr const char* feature_code[] = {"x1", "x2", "x1 * x1", "x2 * x2", "x1 * x2",
                                               "sin(x1.to<double>()).to<float>()", "sin(x2.to<double>()).to<float>()"};
inline constexpr const char* activation_code[] = {"Tanh()", "ReLU()", "Sigmoid()", ""};
inline constexpr std::size_t points = 500;

/// The points [n, 2] in -6 .. 6 and their classes. Every number is drawn in one order, so that the program that is
/// exported draws the same.
inline Dataset<float, std::int64_t> make_points(const Settings& s) {
  Rng rng(static_cast<std::uint64_t>(s.seed));
  auto x = Tensor<float>::empty({points, 2});
  auto label = Tensor<std::int64_t>::empty({points});
  const auto count = static_cast<std::size_t>(s.classes);
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t k = i % count;
    const double turn = 2 * std::numbers::pi, share = static_cast<double>(k) / s.classes;
    double a = 0, b = 0;
    std::size_t kind = k;
    if (s.data == 0) {  // rings, one around the other
      const double radius = 5 * (share + rng.uniform() * 0.7 / s.classes), angle = turn * rng.uniform();
      a = radius * std::cos(angle), b = radius * std::sin(angle);
    } else if (s.data == 1) {  // quadrants: opposite ones are of one class where there are two
      a = rng.uniform(0.3, 5) * (rng.integer(2) ? 1 : -1), b = rng.uniform(0.3, 5) * (rng.integer(2) ? 1 : -1);
      const std::size_t quadrant = (a > 0 ? 0u : 1u) ^ (b > 0 ? 0u : 3u);
      kind = quadrant % count;
    } else if (s.data == 2) {  // clouds on a circle
      a = 3 * std::cos(turn * (share + 0.125)) + rng.normal() * 0.9;
      b = 3 * std::sin(turn * (share + 0.125)) + rng.normal() * 0.9;
    } else {  // arms of a spiral
      const double t = rng.uniform(), angle = 1.75 * turn * t * 0.6 + turn * share;
      a = 5 * t * std::sin(angle), b = 5 * t * std::cos(angle);
    }
    a += 6 * s.noise * rng.uniform(-1, 1), b += 6 * s.noise * rng.uniform(-1, 1);
    x.data()[2 * i] = static_cast<float>(a), x.data()[2 * i + 1] = static_cast<float>(b);
    label.data()[i] = static_cast<std::int64_t>(kind);
  }
  return {x, label};
}

/// The chosen features of points [n, 2], as columns. The sines are those of double, rounded: C libraries differ in the last
/// bits of a float's, and the exported program shall learn from the same numbers.
inline Tensor<float> features_of(const Settings& s, const Tensor<float>& points_) {
  const auto x1 = slice(points_, 0, 1, 1), x2 = slice(points_, 1, 2, 1);
  const auto sine = [](const Tensor<float>& x) { return sin(x.to<double>()).to<float>(); };
  const Tensor<float> all[] = {x1, x2, x1 * x1, x2 * x2, x1 * x2, sine(x1), sine(x2)};
  std::vector<Tensor<float>> chosen;
  for (std::size_t k = 0; k < 7; ++k)
    if (s.features >> k & 1) chosen.push_back(all[k]);
  return concatenate(chosen, 1);
}

/// The network, with every layer's output kept for its pictures.
struct Network {
  std::vector<Linear<float>> layers;
  int activation = 0;

  Network(const Settings& s, std::size_t inputs, Rng& rng) : activation(s.activation) {
    for (const int width : s.hidden) {
      layers.emplace_back(inputs, static_cast<std::size_t>(width), rng);
      inputs = static_cast<std::size_t>(width);
    }
    layers.emplace_back(inputs, static_cast<std::size_t>(s.classes), rng);
  }
  auto parts() { return std::tie(layers); }

  auto activate(const auto& x) const {
    std::remove_cvref_t<decltype(x)> y = x;
    if (activation == 0) y = tanh(x);
    else if (activation == 1) y = relu(x);
    else if (activation == 2) y = sigmoid(x);
    return y;
  }
  template <class X>
  X run(X x, std::vector<X>* outputs = nullptr) const {
    for (std::size_t k = 0; k < layers.size(); ++k) {
      x = layers[k](x);
      if (k + 1 < layers.size()) x = activate(x);
      if (outputs) outputs->push_back(x);
    }
    return x;
  }
};

class Training {
 public:
  explicit Training(const Settings& s)
      : settings_(s),
        points_(make_points(s)),
        train_rows_(static_cast<std::size_t>(s.train_share * static_cast<double>(points))),
        data_{slice(features_of(s, points_.x), 0, train_rows_), slice(points_.y, 0, train_rows_)},
        test_{slice(features_of(s, points_.x), train_rows_, points), slice(points_.y, train_rows_, points)},
        rng_(static_cast<std::uint64_t>(s.seed) + 1),
        network_(s, data_.x.shape()[1], rng_),
        optimizer_(network_, {.lr = s.lr}),
        loader_(data_, {.batch_size = static_cast<std::size_t>(s.batch)}, rng_),
        first_loss_(loss_of(network_, data_)) {}

  void epoch() {
    for (auto [x, y] : loader_) {
      graph_.clear();
      auto loss = cross_entropy_loss(network_.run(graph_.input(x)), y);
      for (const Linear<float>& layer : network_.layers) {
        const auto w = graph_.parameter(layer.weight);
        if (settings_.penalty == 1) loss = loss + settings_.penalty_rate * sum(abs(w));
        if (settings_.penalty == 2) loss = loss + settings_.penalty_rate / 2 * sum(w * w);
      }
      optimizer_.zero_grad();
      backward(loss);
      optimizer_.step();
    }
    ++epochs_;
  }

  static double loss_of(const Network& network, const Dataset<float, std::int64_t>& data) {
    return data.size() == 0 ? 0 : static_cast<double>(cross_entropy_loss(network.run(data.x), data.y).item());
  }
  static double accuracy_of(const Network& network, const Dataset<float, std::int64_t>& data) {
    return data.size() == 0 ? 0 : accuracy_score(data.y, argmax(network.run(data.x), 1));
  }
  bool diverged() const { return diverges(loss_of(network_, data_), first_loss_); }
  /// Goes on with another learning rate. The exported program changes it after as many epochs.
  void lr(double value) {
    optimizer_.lr(value);
    if (epochs_ == 0) settings_.lr = value;
    else rates_.emplace_back(epochs_, value);
  }
  std::string status() const {
    return "{\"epoch\":" + std::to_string(epochs_) + ",\"train\":" + json(loss_of(network_, data_)) +
           ",\"test\":" + json(loss_of(network_, test_)) + ",\"trainAccuracy\":" + json(accuracy_of(network_, data_)) +
           ",\"testAccuracy\":" + json(accuracy_of(network_, test_)) +
           ",\"diverged\":" + (diverged() ? "true" : "false") + "}";
  }
  std::string points_json() const {
    return list(points, [&](std::size_t i) {
      return "[" + json(static_cast<double>(points_.x.data()[2 * i])) + "," +
             json(static_cast<double>(points_.x.data()[2 * i + 1])) + "," + std::to_string(points_.y.data()[i]) + "," +
             (i < train_rows_ ? "1" : "0") + "]";
    });
  }
  /// Of each layer its weights [out, in] and biases.
  std::string weights_json() const {
    return list(network_.layers.size(), [&](std::size_t k) {
      const auto& w = network_.layers[k].weight.value();
      const auto& b = network_.layers[k].bias.value();
      const std::size_t in = w.shape()[1];
      return "{\"weight\":" + list(w.shape()[0], [&](std::size_t i) {
               return list(in, [&](std::size_t j) { return json(static_cast<double>(w.data()[i * in + j])); });
             }) + ",\"bias\":" + list(b.size(), [&](std::size_t i) { return json(static_cast<double>(b.data()[i])); }) + "}";
    });
  }
  void set_weight(std::size_t layer, std::size_t to, std::size_t from, double value) {
    if (!(std::abs(value) <= 1e6)) throw Problem("bad_number");
    auto& w = network_.layers.at(layer).weight;
    w.edit().data()[to * w.value().shape()[1] + from] = static_cast<float>(value);
    edited_ = true;
  }
  bool edited() const { return edited_; }

  /// The outputs of every neuron, and of every feature, on a grid of side x side points of -6 .. 6: one picture after the
  /// other, features first, then the layers. The last layer's are the probabilities of the classes.
  const std::vector<float>& pictures(std::size_t side) {
    auto grid = Tensor<float>::empty({side * side, 2});
    for (std::size_t i = 0; i < side; ++i)
      for (std::size_t j = 0; j < side; ++j) {
        grid.data()[2 * (i * side + j)] = -6 + 12 * (static_cast<float>(j) + 0.5f) / static_cast<float>(side);
        grid.data()[2 * (i * side + j) + 1] = 6 - 12 * (static_cast<float>(i) + 0.5f) / static_cast<float>(side);
      }
    std::vector<Tensor<float>> outputs{features_of(settings_, grid)};
    network_.run(outputs[0], &outputs);
    outputs.back() = softmax(outputs.back(), 1);
    pictures_.clear();
    for (const Tensor<float>& y : outputs)
      for (std::size_t column = 0; column < y.shape()[1]; ++column)
        for (std::size_t row = 0; row < side * side; ++row)
          pictures_.push_back(y.data()[row * y.shape()[1] + column]);
    return pictures_;
  }

  std::size_t epochs() const { return epochs_; }
  const Settings& settings() const { return settings_; }
  std::string program() const;

 private:
  Settings settings_;
  Dataset<float, std::int64_t> points_;
  std::size_t train_rows_;
  Dataset<float, std::int64_t> data_, test_;
  Rng rng_;
  Network network_;
  SGD<Tensor<float>> optimizer_;
  DataLoader<float, std::int64_t> loader_;
  double first_loss_;
  Graph<Tensor<float>> graph_;
  std::size_t epochs_ = 0;
  std::vector<std::pair<std::size_t, double>> rates_;  // learning rates that were set later, and after which epoch
  std::vector<float> pictures_;
  bool edited_ = false;
};

/// What was just trained as a program of its own. It holds the points as numbers, and prints the losses that the page
/// shows after as many epochs.
inline std::string Training::program() const {
  const auto numbers = [](std::size_t n, const auto& at) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += (i % 10 ? " " : "\n    ") + at(i) + ",";
    return out;
  };
  std::string features, model, layer;
  for (std::size_t k = 0; k < 7; ++k)
    if (settings_.features >> k & 1) features += std::string(features.empty() ? "" : ", ") + feature_code[k];
  std::size_t inputs = data_.x.shape()[1];
  const std::string activation = activation_code[settings_.activation];
  for (const int width : settings_.hidden) {
    model += "Linear(" + std::to_string(inputs) + ", " + std::to_string(width) + ", rng), ";
    if (!activation.empty()) model += activation + ", ";
    inputs = static_cast<std::size_t>(width);
  }
  model += "Linear(" + std::to_string(inputs) + ", " + std::to_string(settings_.classes) + ", rng)";
  std::string penalty;
  if (settings_.penalty > 0) {
    std::string at;  // the places of the Linear layers in the Sequential
    for (std::size_t k = 0; k <= settings_.hidden.size(); ++k)
      at += (k ? ", " : "") + std::to_string(activation.empty() ? k : 2 * k) + "u";
    const std::string rate = format_exact(settings_.penalty_rate);
    penalty = "      for (const auto k : {" + at + "}) {\n"
              "        const auto w = graph.parameter(model.get<Linear<float>>(k).weight);\n" +
              (settings_.penalty == 1 ? "        loss = loss + " + rate + " * sum(abs(w));\n"
                                      : "        loss = loss + " + rate + " / 2 * sum(w * w);\n") +
              "      }\n";
  }
  std::string rates;
  for (const auto& [epoch, rate] : rates_)
    rates += "    if (epoch == " + std::to_string(epoch) + ") optimizer.lr(" + format_exact(rate) + ");\n";
  return "// g++ -std=c++20 -O2 -Iinclude trained.cpp -o trained && MINIGRAD_ISA=portable ./trained\n"
         "// (portable: the kernels that give the same bits here as in a browser)\n"
         "#include <minigrad/minigrad.hpp>\n\n#include <cstdint>\n#include <cstdio>\n#include <vector>\n\n"
         "using namespace minigrad;\n\n"
         "// " + std::to_string(points) + " points (x1, x2) and their classes; the first " + std::to_string(train_rows_) +
         " are for training.\n"
         "const std::vector<float> coordinates{" +
         numbers(2 * points, [&](std::size_t i) {
           const std::string digits = format_number(static_cast<double>(points_.x.data()[i]), 9);  // enough for a float
           return digits + (digits.find_first_of(".e") == std::string::npos ? ".0f" : "f");
         }) +
         "\n};\nconst std::vector<std::int64_t> classes{" +
         numbers(points, [&](std::size_t i) { return std::to_string(points_.y.data()[i]); }) +
         "\n};\n\nint main() {\n"
         "  const auto points = Tensor<float>::from({" + std::to_string(points) + ", 2}, coordinates);\n"
         "  const auto labels = Tensor<std::int64_t>::from({" + std::to_string(points) + "}, classes);\n"
         "  const auto x1 = slice(points, 0, 1, 1), x2 = slice(points, 1, 2, 1);\n"
         "  const auto x = concatenate({" + features + "}, 1);\n"
         "  const std::size_t n = " + std::to_string(train_rows_) + ";\n"
         "  const Dataset<float, std::int64_t> train{slice(x, 0, n), slice(labels, 0, n)};\n"
         "  const Dataset<float, std::int64_t> test{slice(x, n, " + std::to_string(points) + "), slice(labels, n, " +
         std::to_string(points) + ")};\n\n"
         "  Rng rng(" + std::to_string(settings_.seed + 1) + ");  // the page draws the points by seed " +
         std::to_string(settings_.seed) + ", and the weights by the next one\n"
         "  Sequential model{" + model + "};\n"
         "  SGD optimizer(model, {.lr = " + format_exact(settings_.lr) + "});\n"
         "  DataLoader loader(train, {.batch_size = " + std::to_string(settings_.batch) + "}, rng);\n"
         "  Graph<Tensor<float>> graph;\n"
         "  for (int epoch = 0; epoch < " + std::to_string(epochs_) + "; ++epoch) {\n" + rates +
         "    for (auto [x, y] : loader) {\n"
         "      graph.clear();\n"
         "      auto loss = cross_entropy_loss(model(graph.input(x)), y);\n" + penalty +
         "      optimizer.zero_grad();\n      backward(loss);\n      optimizer.step();\n    }\n  }\n"
         "  std::printf(\"training loss %.4f, test loss %.4f\\n\", cross_entropy_loss(model(train.x), train.y).item(),\n"
         "              cross_entropy_loss(model(test.x), test.y).item());\n}\n";
}

}  // namespace classify
