// bench/peers/eigen.cpp - a network by hand on Eigen. Samples are columns, as its storage order wants it.
#include <Eigen/Core>

#include "mlp.hpp"

namespace {

using namespace peers;
using Matrix = Eigen::MatrixXf;
using Weights = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const Matrix> columns(const float* data, std::size_t rows, std::size_t columns) {
  return {data, Eigen::Index(rows), Eigen::Index(columns)};
}

class Net {
 public:
  explicit Net(const Workload& w) : w_(w) {
    for (std::size_t l = 0; l < w.layers(); ++l) {
      const auto in = Eigen::Index(w.sizes[l]), out = Eigen::Index(w.sizes[l + 1]), batch = Eigen::Index(w.batch);
      layers_.push_back({Eigen::Map<const Weights>(w.weights[l].data(), out, in),
                         Eigen::Map<const Eigen::VectorXf>(w.biases[l].data(), out),
                         Weights::Zero(out, in),
                         Eigen::VectorXf::Zero(out),
                         Matrix(out, batch),
                         Matrix(out, batch),
                         {},
                         {},
                         {},
                         {}});
      Layer& layer = layers_.back();
      if (w.rule != Rule::sgd) layer.mw = layer.dw, layer.mb = layer.db;
      if (w.rule == Rule::adam) layer.vw = layer.dw, layer.vb = layer.db;
    }
  }

  const float* predict(std::size_t k) {
    forward(k);
    return layers_.back().y.data();
  }
  double loss(std::size_t k) {
    forward(k);
    return loss_and_gradient(w_, k, layers_.back().y.data(), layers_.back().dy.data());
  }
  void update(std::size_t k) {
    loss(k);
    beta1_ *= 0.9;
    beta2_ *= 0.999;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      Layer& layer = layers_[l];
      layer.db = layer.dy.rowwise().sum();
      if (l) {
        Layer& before = layers_[l - 1];
        before.dy.noalias() = layer.w.transpose() * layer.dy;
        before.dy.array() = (before.y.array() > 0).select(before.dy.array(), 0);
        learn(layer, before.y);
      } else {
        learn(layer, columns(w_.x_of(k), w_.inputs(), w_.batch));
      }
    }
  }

 private:
  struct Layer {
    Weights w;
    Eigen::VectorXf b;
    Weights dw;
    Eigen::VectorXf db;
    Matrix y, dy;
    Weights mw, vw;
    Eigen::VectorXf mb, vb;
  };

  void forward(std::size_t k) {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      Layer& layer = layers_[l];
      if (l)
        layer.y.noalias() = layer.w * layers_[l - 1].y;
      else
        layer.y.noalias() = layer.w * columns(w_.x_of(k), w_.inputs(), w_.batch);
      if (l + 1 < layers_.size())
        layer.y = (layer.y.colwise() + layer.b).cwiseMax(0);
      else
        layer.y.colwise() += layer.b;
    }
  }
  template <class X>
  void learn(Layer& layer, const X& x) {
    if (w_.rule == Rule::sgd) {  // straight into the weights
      layer.w.noalias() -= (w_.lr * layer.dy) * x.transpose();
      layer.b -= w_.lr * layer.db;
    } else {
      layer.dw.noalias() = layer.dy * x.transpose();
      step(layer.w, layer.dw, layer.mw, layer.vw);
      step(layer.b, layer.db, layer.mb, layer.vb);
    }
  }
  template <class M>
  void step(M& w, const M& g, M& m, M& v) {
    if (w_.rule == Rule::momentum) {
      m = 0.9f * m + g;
      w -= w_.lr * m;
    } else {
      const float lr = float(w_.lr / (1 - beta1_)), scale = float(1 / std::sqrt(1 - beta2_));
      m = 0.9f * m + 0.1f * g;
      v.array() = 0.999f * v.array() + 0.001f * g.array().square();
      w.array() -= lr * m.array() / (v.array().sqrt() * scale + 1e-8f);
    }
  }

  const Workload& w_;
  double beta1_ = 1, beta2_ = 1;
  std::vector<Layer> layers_;
};

template <class T>
class EigenProduct {
 public:
  EigenProduct(std::size_t n, const T* a, const T* b)
      : a_(Map(a, long(n), long(n))), b_(Map(b, long(n), long(n))), c_(n, n) {}
  void run() { c_.noalias() = a_ * b_; }
  const T* result() const { return c_.data(); }

 private:
  using Square = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Map = Eigen::Map<const Square>;
  Square a_, b_, c_;
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  Eigen::setNbThreads(arguments.threads);
  run_networks<Net>(arguments);
  run_products<float, EigenProduct<float>>(arguments);
  run_products<double, EigenProduct<double>>(arguments);
}
