// A buffer is no parameter.
#include <minigrad/nn/module.hpp>

struct Shift {
  minigrad::Tensor<float> by;
  auto parts() { return std::tie(by); }
};

int main() {
  Shift shift;
  std::size_t count = minigrad::buffers(shift).size();
  count += minigrad::parameters(shift).size();  // error: this model has no parameters: its parts\(\) should list them
  return count == 1 ? 0 : 1;
}
