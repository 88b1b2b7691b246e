// bench/peers/torch.cpp - libtorch, PyTorch's C++ interface, as its tutorials write it.
#include <torch/torch.h>

#include "workloads.hpp"

namespace {

using namespace peers;

torch::Tensor copy_of(const float* data, std::size_t rows, std::size_t columns) {
  return torch::from_blob(const_cast<float*>(data), {long(rows), long(columns)}).clone();
}

class Net {
 public:
  explicit Net(const Workload& w) : cross_entropy_(w.loss == Loss::cross_entropy) {
    torch::NoGradGuard no_grad;
    for (std::size_t l = 0; l < w.layers(); ++l) {
      torch::nn::Linear linear(long(w.sizes[l]), long(w.sizes[l + 1]));
      linear->weight.copy_(copy_of(w.weights[l].data(), w.sizes[l + 1], w.sizes[l]));
      linear->bias.copy_(copy_of(w.biases[l].data(), 1, w.sizes[l + 1]).flatten());
      model_->push_back(linear);
      if (l + 1 < w.layers()) model_->push_back(torch::nn::ReLU());
    }
    if (w.rule == Rule::adam)
      optimizer_ = std::make_unique<torch::optim::Adam>(model_->parameters(), w.lr);
    else
      optimizer_ = std::make_unique<torch::optim::SGD>(
          model_->parameters(), torch::optim::SGDOptions(w.lr).momentum(w.rule == Rule::sgd ? 0 : 0.9));
    for (std::size_t k = 0; k < w.batches(); ++k) {
      x_.push_back(copy_of(w.x_of(k), w.batch, w.inputs()));
      if (cross_entropy_)
        y_.push_back(
            torch::from_blob(const_cast<std::int64_t*>(w.labels_of(k)), {long(w.batch)}, torch::kInt64).clone());
      else
        y_.push_back(copy_of(w.y_of(k), w.batch, w.outputs()));
    }
  }

  void update(std::size_t k) {
    const torch::Tensor loss = loss_of(k);
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step();
  }
  double loss(std::size_t k) {
    torch::NoGradGuard no_grad;
    return loss_of(k).item<double>();
  }
  const float* predict(std::size_t k) {
    torch::InferenceMode inference;
    prediction_ = model_->forward(x_[k]);
    return prediction_.data_ptr<float>();
  }

 private:
  torch::Tensor loss_of(std::size_t k) {
    namespace F = torch::nn::functional;
    const torch::Tensor prediction = model_->forward(x_[k]);
    return cross_entropy_ ? F::cross_entropy(prediction, y_[k]) : F::mse_loss(prediction, y_[k]);
  }

  bool cross_entropy_;
  torch::nn::Sequential model_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::vector<torch::Tensor> x_, y_;
  torch::Tensor prediction_;
};

template <class T>
class Product {
 public:
  Product(std::size_t n, const T* a, const T* b) : a_(matrix(n, a)), b_(matrix(n, b)), c_(torch::empty_like(a_)) {}
  void run() { torch::mm_out(c_, a_, b_); }
  const T* result() const { return c_.data_ptr<T>(); }

 private:
  static torch::Tensor matrix(std::size_t n, const T* data) {
    return torch::from_blob(const_cast<T*>(data), {long(n), long(n)}, sizeof(T) == 4 ? torch::kFloat : torch::kDouble)
        .clone();
  }
  torch::Tensor a_, b_, c_;
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  torch::set_num_threads(arguments.threads);
  run_networks<Net>(arguments);
  run_products<float, Product<float>>(arguments);
  run_products<double, Product<double>>(arguments);
}
