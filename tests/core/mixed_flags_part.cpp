// Compiled several times by mixed_flags_test.sh, each time with other flags and another name as PART.
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/matmul.hpp>
#include <minigrad/train/fit.hpp>

#include "mixed_flags.hpp"

using namespace minigrad;

static std::vector<float> vector_of(const Tensor<float>& x) { return {x.begin(), x.end()}; }

Results PART(const Numbers& in);
Results PART(const Numbers& in) {
  Results out{};
  const auto a = Tensor<float>::from({in.m, in.k}, in.a), b = Tensor<float>::from({in.k, in.n}, in.b);
  out.product = vector_of(matmul(a, b));
  std::vector<float> column;
  for (std::size_t p = 0; p < in.k; ++p) column.push_back(in.b[p * in.n]);
  out.thin_product = vector_of(matmul(a, Tensor<float>::from({in.k, 1}, column)));

  const auto x = Tensor<float>::from({in.x.size()}, in.x), bad = Tensor<float>::from({in.x.size()}, in.with_nan);
  out.tanh = vector_of(tanh(x));
  out.softmax = vector_of(softmax(x, -1));
  out.sum = sum(x).item();
  out.largest = (max)(x).item();
  out.largest_with_nan = (max)(bad).item();
  out.where_nan = static_cast<std::size_t>(argmax(bad).item());
  out.softmax_with_nan = softmax(bad, -1)[0];
  out.relu_of_nan = relu(bad)[out.where_nan];
  out.maximum = vector_of(maximum(x, bad));

  const auto inputs = Tensor<float>::from({in.inputs.size(), 1}, in.inputs);
  const Dataset<float> data{inputs, 1 / (1 + inputs * inputs)};
  Rng rng(1);
  Sequential model{Linear(1, 32, rng), ReLU(), Linear(32, 1, rng)};
  Adam adam(model, {.lr = 0.01});
  const History history = fit(model, MSELoss(), adam, data, {.epochs = 60, .progress = false});
  out.first_loss = history.epochs.front().train_loss;
  out.last_loss = history.epochs.back().train_loss;
  adam.lr(1e30);
  try {
    fit(model, MSELoss(), adam, data, {.epochs = 60, .progress = false});
  } catch (const TrainingError&) {
    out.stops = true;
  }
  try {
    adam.lr(static_cast<double>(bad[out.where_nan]));
  } catch (const ValueError&) {
    out.refuses = true;
  }
  return out;
}
