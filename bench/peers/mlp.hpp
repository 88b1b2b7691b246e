// bench/peers/mlp.hpp - a network by hand on a library that multiplies matrices: no graph, all memory beforehand.
#pragma once

#include "workloads.hpp"

namespace peers {

/// What an optimizer keeps for the n numbers of one array, and its step. Adam's two corrections are folded into lr and
/// scale once per update.
class Step {
 public:
  Step(const Workload& w, std::size_t n) : rule_(w.rule), lr_(w.lr) {
    if (rule_ != Rule::sgd) m_.resize(n);
    if (rule_ == Rule::adam) v_.resize(n);
  }
  void operator()(std::vector<float>& weights, const std::vector<float>& gradient) {
    const std::size_t n = weights.size();
    float* w = weights.data();
    const float* g = gradient.data();
    if (rule_ == Rule::sgd) {
      for (std::size_t i = 0; i < n; ++i) w[i] -= lr_ * g[i];
    } else if (rule_ == Rule::momentum) {
      float* m = m_.data();
      for (std::size_t i = 0; i < n; ++i) {
        m[i] = 0.9f * m[i] + g[i];
        w[i] -= lr_ * m[i];
      }
    } else {
      beta1_ *= 0.9;
      beta2_ *= 0.999;
      const float lr = static_cast<float>(lr_ / (1 - beta1_)), scale = static_cast<float>(1 / std::sqrt(1 - beta2_));
      float *m = m_.data(), *v = v_.data();
      for (std::size_t i = 0; i < n; ++i) {
        m[i] = 0.9f * m[i] + 0.1f * g[i];
        v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
        w[i] -= lr * m[i] / (std::sqrt(v[i]) * scale + 1e-8f);
      }
    }
  }

 private:
  Rule rule_;
  float lr_;
  double beta1_ = 1, beta2_ = 1;
  std::vector<float> m_, v_;
};

/// The loss of batch k for the predictions y, [batch, outputs], and its derivative with respect to them.
inline double loss_and_gradient(const Workload& w, std::size_t k, const float* y, float* dy) {
  const std::size_t n = w.batch * w.outputs(), classes = w.outputs();
  double loss = 0;
  if (w.loss == Loss::mse) {
    const float *target = w.y_of(k), scale = 2 / static_cast<float>(n);
    float squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const float error = y[i] - target[i];
      squares += error * error;
      dy[i] = scale * error;
    }
    return double{squares} / static_cast<double>(n);
  }
  const std::int64_t* labels = w.labels_of(k);
  const float scale = 1 / static_cast<float>(w.batch);
  for (std::size_t i = 0; i < w.batch; ++i, y += classes, dy += classes) {
    float largest = y[0], total = 0;
    for (std::size_t j = 1; j < classes; ++j) largest = y[j] > largest ? y[j] : largest;
    for (std::size_t j = 0; j < classes; ++j) total += dy[j] = std::exp(y[j] - largest);
    for (std::size_t j = 0; j < classes; ++j) dy[j] *= scale / total;
    const auto label = static_cast<std::size_t>(labels[i]);
    dy[label] -= scale;
    loss -= double{y[label] - largest - std::log(total)};
  }
  return loss / static_cast<double>(w.batch);
}

/// Library::gemm(ta, tb, m, n, k, alpha, a, b, beta, c): C = alpha op(A) op(B) + beta C, C [m, n], row-major, where op
/// transposes if ta or tb says so.
template <class Library>
class Mlp {
 public:
  explicit Mlp(const Workload& w) : w_(w) {
    for (std::size_t l = 0; l < w.layers(); ++l) {
      const std::size_t in = w.sizes[l], out = w.sizes[l + 1];
      layers_.push_back({in,
                         out,
                         w.weights[l],
                         w.biases[l],
                         {},
                         std::vector<float>(out),
                         std::vector<float>(w.batch * out),
                         std::vector<float>(w.batch * out),
                         Step(w, in * out),
                         Step(w, out)});
      if (w.rule != Rule::sgd) layers_.back().dw.resize(in * out);
    }
  }

  const float* predict(std::size_t k) {
    const float* x = w_.x_of(k);
    for (Layer& layer : layers_) {
      Library::gemm(false, true, w_.batch, layer.out, layer.in, 1, x, layer.w.data(), 0, layer.y.data());
      const bool last = &layer == &layers_.back();
      for (std::size_t i = 0; i < w_.batch; ++i) {
        float* row = &layer.y[i * layer.out];
        const float* b = layer.b.data();
        if (last)
          for (std::size_t j = 0; j < layer.out; ++j) row[j] += b[j];
        else
          for (std::size_t j = 0; j < layer.out; ++j) row[j] = row[j] + b[j] > 0 ? row[j] + b[j] : 0;
      }
      x = layer.y.data();
    }
    return x;
  }

  double loss(std::size_t k) { return loss_and_gradient(w_, k, predict(k), layers_.back().dy.data()); }

  void update(std::size_t k) {
    loss(k);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      Layer& layer = layers_[l];
      const float *x = l ? layers_[l - 1].y.data() : w_.x_of(k), *dy = layer.dy.data();
      std::fill(layer.db.begin(), layer.db.end(), 0.0f);
      for (std::size_t i = 0; i < w_.batch; ++i)
        for (std::size_t j = 0; j < layer.out; ++j) layer.db[j] += dy[i * layer.out + j];
      if (l) {
        float* dx = layers_[l - 1].dy.data();
        Library::gemm(false, false, w_.batch, layer.in, layer.out, 1, dy, layer.w.data(), 0, dx);
        for (std::size_t i = 0; i < w_.batch * layer.in; ++i) dx[i] = x[i] > 0 ? dx[i] : 0;
      }
      if (w_.rule == Rule::sgd) {  // straight into the weights
        Library::gemm(true, false, layer.out, layer.in, w_.batch, -w_.lr, dy, x, 1, layer.w.data());
      } else {
        Library::gemm(true, false, layer.out, layer.in, w_.batch, 1, dy, x, 0, layer.dw.data());
        layer.step_w(layer.w, layer.dw);
      }
      layer.step_b(layer.b, layer.db);
    }
  }

 private:
  struct Layer {
    std::size_t in, out;
    std::vector<float> w, b, dw, db, y, dy;
    Step step_w, step_b;
  };
  const Workload& w_;
  std::vector<Layer> layers_;
};

template <class T, class Library>
class Product {
 public:
  Product(std::size_t n, const T* a, const T* b) : n_(n), a_(a), b_(b), c_(n * n) {}
  void run() { Library::gemm(false, false, n_, n_, n_, 1, a_, b_, 0, c_.data()); }
  const T* result() const { return c_.data(); }

 private:
  std::size_t n_;
  const T *a_, *b_;
  std::vector<T> c_;
};

}  // namespace peers
