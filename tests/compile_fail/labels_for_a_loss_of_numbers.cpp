// Labels of classes are whole numbers, which a loss of numbers does not compare.
#include <minigrad/minigrad.hpp>

int main() {
  using namespace minigrad;
  Rng rng(1);
  Linear model(2, 1, rng);
  SGD optimizer(model, {.lr = 0.1});
  const Dataset<float> numbers(Tensor<float>{{1, 2}}, Tensor<float>{{1}});
  const Dataset<float, std::int64_t> labels(Tensor<float>{{1, 2}}, Tensor<std::int64_t>{1});
  fit(model, BCEWithLogitsLoss(), optimizer, numbers);
  fit(model, BCEWithLogitsLoss(), optimizer, labels);  // error: this loss compares numbers, and its target holds labels
}
