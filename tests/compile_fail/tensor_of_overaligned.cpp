// Memory of tensors is aligned to 64 bytes.
#include <minigrad/tensor/tensor.hpp>

struct alignas(64) Line {
  float values[16];
};
struct alignas(128) TwoLines {
  float values[32];
};

int main() {
  const auto x = minigrad::Tensor<Line>::empty({2});
  const auto y = minigrad::Tensor<TwoLines>::empty({2});  // error: a Tensor's element type may be aligned to 64 bytes at most
  return static_cast<int>(x.size()) - 2;
}
