// A buffer is no parameter.
// lines: clang++ 18: clang++ lists each function between the call and the check
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
