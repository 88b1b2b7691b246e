// bench/peers/fixed.cpp - no library: plain loops over sizes that the compiler knows. Compiled twice, as strict IEEE
// arithmetic and with -ffast-math. W5 is left out: products of that size want a library.
#include <memory>

#include "mlp.hpp"

namespace {

using namespace peers;

template <std::size_t N>
float dot(const float* x, const float* y) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::size_t i = 0; i < N; ++i) total += x[i] * y[i];
  return total;
}

/// One layer: weights as [In, Out], so that the inner loop runs over neurons, in tiles that stay in registers.
template <Rule rule, std::size_t Batch, std::size_t In, std::size_t Out>
struct Layer {
  static constexpr std::size_t tile = Out % 64 == 0 ? 64 : Out;
  float w[In][Out], b[Out], y[Batch][Out], dy[Batch][Out];
  float mw[rule == Rule::sgd ? 1 : In][Out] = {}, mb[Out] = {};
  float vw[rule == Rule::adam ? In : 1][Out] = {}, vb[Out] = {};
  float lr, rate, scale;

  void start(const Workload& workload, std::size_t l) {
    for (std::size_t i = 0; i < In; ++i)
      for (std::size_t j = 0; j < Out; ++j) w[i][j] = workload.weights[l][j * In + i];
    for (std::size_t j = 0; j < Out; ++j) b[j] = workload.biases[l][j];
    lr = workload.lr;
  }

  template <bool relu>
  void forward(const float* x) {
    for (std::size_t n = 0; n < Batch; ++n) {
      if constexpr (Out == 1) {
        const float sum = b[0] + dot<In>(x + n * In, &w[0][0]);
        y[n][0] = relu && sum < 0 ? 0 : sum;
      } else {
        for (std::size_t j0 = 0; j0 < Out; j0 += tile) {
          float sum[tile];
          for (std::size_t j = 0; j < tile; ++j) sum[j] = b[j0 + j];
          for (std::size_t i = 0; i < In; ++i)
            for (std::size_t j = 0; j < tile; ++j) sum[j] += x[n * In + i] * w[i][j0 + j];
          for (std::size_t j = 0; j < tile; ++j) y[n][j0 + j] = relu && sum[j] < 0 ? 0 : sum[j];
        }
      }
    }
  }

  /// dx = dy w', and 0 where x is: x is what a ReLU gave.
  void backward(const float* x, float* dx) const {
    for (std::size_t n = 0; n < Batch; ++n)
      for (std::size_t i = 0; i < In; ++i) {
        const float g = dot<Out>(dy[n], w[i]);
        dx[n * In + i] = x[n * In + i] > 0 ? g : 0;
      }
  }

  void one(float& weight, float g, float& m, float& v) {
    if constexpr (rule == Rule::sgd) weight -= lr * g;
    if constexpr (rule == Rule::momentum) weight -= lr * (m = 0.9f * m + g);
    if constexpr (rule == Rule::adam) {
      m = 0.9f * m + 0.1f * g;
      v = 0.999f * v + 0.001f * g * g;
      weight -= rate * m / (std::sqrt(v) * scale + 1e-8f);
    }
  }

  /// The gradient of each row of weights is summed in registers and used at once.
  void learn(const float* x, float adam_rate, float adam_scale) {
    rate = adam_rate, scale = adam_scale;
    for (std::size_t j0 = 0; j0 < Out; j0 += tile) {
      float sum[tile] = {};
      for (std::size_t n = 0; n < Batch; ++n)
        for (std::size_t j = 0; j < tile; ++j) sum[j] += dy[n][j0 + j];
      for (std::size_t j = 0; j < tile; ++j) one(b[j0 + j], sum[j], mb[j0 + j], vb[j0 + j]);
    }
    if constexpr (Out == 1 && In > 1) {  // the same, along the inputs
      float sum[In] = {};
      for (std::size_t n = 0; n < Batch; ++n)
        for (std::size_t i = 0; i < In; ++i) sum[i] += dy[n][0] * x[n * In + i];
      for (std::size_t i = 0; i < In; ++i)
        one(w[i][0], sum[i], mw[rule == Rule::sgd ? 0 : i][0], vw[rule == Rule::adam ? i : 0][0]);
    } else {
      for (std::size_t j0 = 0; j0 < Out; j0 += tile)
        for (std::size_t i = 0; i < In; ++i) {
          float sum[tile] = {};
          for (std::size_t n = 0; n < Batch; ++n)
            for (std::size_t j = 0; j < tile; ++j) sum[j] += x[n * In + i] * dy[n][j0 + j];
          float *m = &mw[rule == Rule::sgd ? 0 : i][j0], *v = &vw[rule == Rule::adam ? i : 0][j0];
          for (std::size_t j = 0; j < tile; ++j) one(w[i][j0 + j], sum[j], m[j], v[j]);
        }
    }
  }
};

/// Layers in a row: the first, and the rest.
template <Rule rule, std::size_t Batch, std::size_t In, std::size_t Out, std::size_t... More>
struct Layers {
  Layer<rule, Batch, In, Out> first;
  Layers<rule, Batch, Out, More...> rest;

  void start(const Workload& w, std::size_t l = 0) { first.start(w, l), rest.start(w, l + 1); }
  void forward(const float* x) { first.template forward<true>(x), rest.forward(first.y[0]); }
  void backward() { rest.backward(), rest.first.backward(first.y[0], first.dy[0]); }
  void learn(const float* x, float rate, float scale) {
    first.learn(x, rate, scale), rest.learn(first.y[0], rate, scale);
  }
  auto& last() { return rest.last(); }
};
template <Rule rule, std::size_t Batch, std::size_t In, std::size_t Out>
struct Layers<rule, Batch, In, Out> {
  Layer<rule, Batch, In, Out> first;

  void start(const Workload& w, std::size_t l = 0) { first.start(w, l); }
  void forward(const float* x) { first.template forward<false>(x); }
  void backward() {}
  void learn(const float* x, float rate, float scale) { first.learn(x, rate, scale); }
  auto& last() { return first; }
};

template <Rule rule, std::size_t Batch, std::size_t... Sizes>
class Net {
 public:
  explicit Net(const Workload& w) : w_(w) { layers_->start(w); }

  const float* predict(std::size_t k) {
    layers_->forward(w_.x_of(k));
    return layers_->last().y[0];
  }
  double loss(std::size_t k) {
    predict(k);
    return loss_and_gradient(w_, k, layers_->last().y[0], layers_->last().dy[0]);
  }
  void update(std::size_t k) {
    float rate = 0, scale = 0;
    if constexpr (rule == Rule::adam) {
      beta1_ *= 0.9;
      beta2_ *= 0.999;
      rate = static_cast<float>(w_.lr / (1 - beta1_)), scale = static_cast<float>(1 / std::sqrt(1 - beta2_));
    }
    loss(k);
    layers_->backward();
    layers_->learn(w_.x_of(k), rate, scale);
  }

 private:
  const Workload& w_;
  double beta1_ = 1, beta2_ = 1;
  std::unique_ptr<Layers<rule, Batch, Sizes...>> layers_ = std::make_unique<Layers<rule, Batch, Sizes...>>();
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  std::vector<Workload> all = workloads();
  run_network<Net<Rule::sgd, 20, 1, 1>>(all[0], arguments);
  run_network<Net<Rule::sgd, 20, 1, 100, 1>>(all[1], arguments);
  run_network<Net<Rule::adam, 64, 4, 64, 64, 1>>(all[2], arguments);
  run_network<Net<Rule::sgd, 1, 4, 64, 64, 1>>(all[3], arguments);
  run_network<Net<Rule::momentum, 128, 784, 256, 128, 10>>(all[4], arguments);
}
