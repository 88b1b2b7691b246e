// bench/peers/fann.cpp - FANN. It has neither ReLU nor Adam nor cross-entropy, which leaves it W1, and one thread.
#include <floatfann.h>

#include "workloads.hpp"

namespace {

using namespace peers;

class Net {
 public:
  explicit Net(const Workload& w) {
    const unsigned sizes[] = {1, 1};
    net_ = fann_create_standard_array(2, sizes);
    fann_set_training_algorithm(net_, FANN_TRAIN_BATCH);
    fann_set_train_error_function(net_, FANN_ERRORFUNC_LINEAR);
    fann_set_activation_function_output(net_, FANN_LINEAR);
    fann_set_activation_steepness_output(net_, 1);
    fann_set_learning_rate(net_, 2 * w.lr);  // its derivative of e^2 is e
    fann_set_weight(net_, 0, 2, w.weights[0][0]);
    fann_set_weight(net_, 1, 2, w.biases[0][0]);
    data_ = fann_create_train(unsigned(w.samples), 1, 1);
    for (std::size_t i = 0; i < w.samples; ++i) data_->input[i][0] = w.x[i], data_->output[i][0] = w.y[i];
    predictions_.resize(w.samples);
  }
  Net(const Net&) = delete;
  ~Net() {
    fann_destroy_train(data_);
    fann_destroy(net_);
  }

  void update(std::size_t) { fann_train_epoch(net_, data_); }
  double loss(std::size_t) { return double{fann_test_data(net_, data_)}; }
  const float* predict(std::size_t) {
    for (std::size_t i = 0; i < predictions_.size(); ++i) predictions_[i] = *fann_run(net_, data_->input[i]);
    return predictions_.data();
  }

 private:
  fann* net_;
  fann_train_data* data_;
  std::vector<float> predictions_;
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  run_networks<Net>(arguments, [](const Workload& w) { return w.layers() == 1; });
}
