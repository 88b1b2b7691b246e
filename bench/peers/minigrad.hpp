// bench/peers/minigrad.hpp - the workloads as a user of minigrad writes them.
#pragma once

#include <minigrad/minigrad.hpp>
#include <optional>
#include <vector>

#include "workloads.hpp"

namespace peers {

class MinigradNet {
 public:
  using Values = minigrad::Tensor<float>;

  explicit MinigradNet(const Workload& w) : cross_entropy_(w.loss == Loss::cross_entropy) {
    using namespace minigrad;
    Rng rng(0);
    for (std::size_t l = 0; l < w.layers(); ++l) {
      Linear linear(w.sizes[l], w.sizes[l + 1], rng);
      linear.weight.set_value(Values::from(linear.weight.value().shape(), w.weights[l]));
      linear.bias.set_value(Values::from(linear.bias.value().shape(), w.biases[l]));
      model_.add(linear);
      if (l + 1 < w.layers()) model_.add(ReLU());
    }
    if (w.rule == Rule::adam)
      adam_.emplace(parameters(model_), AdamOptions{.lr = double{w.lr}});
    else
      sgd_.emplace(parameters(model_), SGDOptions{.lr = double{w.lr}, .momentum = w.rule == Rule::sgd ? 0 : 0.9});
    for (std::size_t k = 0; k < w.batches(); ++k) {
      x_.push_back(Values::from({w.batch, w.inputs()}, {w.x_of(k), w.batch * w.inputs()}));
      if (cross_entropy_)
        labels_.push_back(Tensor<std::int64_t>::from({w.batch}, {w.labels_of(k), w.batch}));
      else
        y_.push_back(Values::from({w.batch, w.outputs()}, {w.y_of(k), w.batch * w.outputs()}));
    }
  }

  void update(std::size_t k) {
    graph_.clear();
    const auto loss = loss_of(model_(graph_.input(x_[k])), k);
    if (adam_)
      step(*adam_, loss);
    else
      step(*sgd_, loss);
  }
  double loss(std::size_t k) const { return double{loss_of(model_(x_[k]), k).item()}; }
  const float* predict(std::size_t k) {
    prediction_ = model_(x_[k]);
    return prediction_.data();
  }

 protected:
  template <class X>
  X loss_of(const X& prediction, std::size_t k) const {
    return cross_entropy_ ? cross_entropy_loss(prediction, labels_[k]) : mse_loss(prediction, y_[k]);
  }
  template <class Optimizer>
  static void step(Optimizer& optimizer, const minigrad::Var<Values>& loss) {
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
  }

  bool cross_entropy_;
  minigrad::Sequential<float> model_;
  std::optional<minigrad::SGD<Values>> sgd_;
  std::optional<minigrad::Adam<Values>> adam_;
  std::vector<Values> x_, y_;
  std::vector<minigrad::Tensor<std::int64_t>> labels_;
  minigrad::Graph<Values> graph_;
  Values prediction_;
};

template <class T>
class MinigradProduct {
 public:
  MinigradProduct(std::size_t n, const T* a, const T* b)
      : a_(minigrad::Tensor<T>::from({n, n}, {a, n * n})), b_(minigrad::Tensor<T>::from({n, n}, {b, n * n})) {}
  void run() { c_ = matmul(a_, b_); }
  const T* result() const { return c_.data(); }

 private:
  minigrad::Tensor<T> a_, b_, c_;
};

}  // namespace peers
