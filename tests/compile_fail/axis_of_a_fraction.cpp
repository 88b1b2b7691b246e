// max(x, 0.5) is maximum(x, 0.5) for somebody who comes from std::max; it must not mean axis 0.
#include <minigrad/ops/ops.hpp>

int main() {
  const minigrad::Tensor<float> x{{1, 2}};
  (minigrad::max)(x, 0.5);  // error: deleted
  return (minigrad::max)(x, 0).size() == 2 ? 0 : 1;
}
