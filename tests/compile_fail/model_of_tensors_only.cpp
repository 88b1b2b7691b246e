// A model is called with Vars in training, and with Tensors for inference.
#include <minigrad/minigrad.hpp>

using namespace minigrad;

struct Doubled {
  Linear<float> inner;
  auto operator()(const auto& x) const { return inner(x) * 2; }
  auto parts() { return std::tie(inner); }
};
struct OfTensors {
  Linear<float> inner;
  Tensor<float> operator()(const Tensor<float>& x) const { return inner(x); }
  auto parts() { return std::tie(inner); }
};

int main() {
  Rng rng(0);
  const Dataset<float> data(ones({4, 1}), ones({4, 1}));
  Doubled model{Linear(1, 1, rng)};
  SGD optimizer(model, {.lr = 0.1});
  fit(model, MSELoss(), optimizer, data);
  OfTensors other{Linear(1, 1, rng)};
  SGD of_other(other, {.lr = 0.1});
  fit(other, MSELoss(), of_other, data);  // error: a layer is called with Tensors and with Vars
}
