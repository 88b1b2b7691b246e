#include <doctest/doctest.h>

#include <cstdint>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/train/evaluate.hpp>

using namespace minigrad;

namespace {

/// n rows of y = 2 x - 1, with x between -1 and 1.
Dataset<double> line_data(int n) {
  const Tensor<double> x = linspace<double>(-1, 1, n).reshape({n, 1});
  return Dataset<double>(x, 2 * x - 1, {"x"});
}

}  // namespace

TEST_CASE("evaluate is the mean over all rows in evaluation mode, whatever the batches") {
  Rng rng(1);
  Sequential model{Linear<double>(1, 8, rng), Dropout(0.5, rng), Linear<double>(8, 1, rng)};
  const Dataset<double> data = line_data(10);
  const double whole = evaluate(model, MSELoss(), data);
  eval(model);
  CHECK(whole == mse_loss(model(data.x), data.y).item());
  for (const std::size_t batch_size : {1u, 3u, 7u, 10u, 11u})
    CHECK(evaluate(model, MSELoss(), data, batch_size) == doctest::Approx(whole).epsilon(1e-12));
  const Dataset<double> none(zeros<double>({0, 1}), zeros<double>({0, 1}));
  CHECK_THROWS_WITH_AS(evaluate(model, MSELoss(), none), "minigrad: evaluate: the dataset is empty", ValueError);
  Dropout dropout(0.5, rng);
  CHECK_THROWS_WITH_AS(evaluate(dropout, MSELoss(), data, 0), "minigrad: DataLoader: batch_size is 0", ValueError);
  CHECK(dropout.training);
}

TEST_CASE("evaluate gives each layer its mode back") {
  Rng rng(1);
  Sequential model{Linear<double>(1, 8, rng), Dropout(0.5, rng), Dropout(0.5, rng), Linear<double>(8, 1, rng)};
  const Dataset<double> data = line_data(10);
  const Dropout &first = model.get<Dropout>(1), &second = model.get<Dropout>(2);
  model.get<Dropout>(2).training = false;
  const double whole = evaluate(model, MSELoss(), data);
  CHECK(first.training);
  CHECK_FALSE(second.training);
  eval(model);
  CHECK(evaluate(model, MSELoss(), data) == whole);
  CHECK_FALSE(first.training);
}

TEST_CASE("evaluate takes datasets of whole numbers, and labels") {
  Rng rng(1);
  const Embedding<double> model(3, 2, rng);
  const Dataset<std::int64_t, std::int64_t> data(Tensor<std::int64_t>{0, 2, 1}, Tensor<std::int64_t>{1, 1, 0});
  Embedding<double> copy = model;
  CHECK(evaluate(copy, CrossEntropyLoss(), data, 2) ==
        doctest::Approx(cross_entropy_loss(model(data.x), data.y).item()).epsilon(1e-12));
}
