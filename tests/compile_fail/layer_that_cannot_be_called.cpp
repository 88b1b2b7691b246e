// A layer is called on Tensors and on Vars.
#include <minigrad/nn/sequential.hpp>

struct Doubles {
  minigrad::Tensor<float> operator()(const minigrad::Tensor<float>& x) const { return 2 * x; }
};

int main() {
  minigrad::Sequential<float> model;
  model.add([](const auto& x) { return 2 * x; });
  model.add(Doubles());  // error: a layer must be callable, as const, on a Tensor<T> and on a Var<Tensor<T>>
  return model.size() == 1 ? 0 : 1;
}
