// A buffer is a Tensor of the type of the model's parameters, or of std::int64_t.
#include <minigrad/nn/layers.hpp>
#include <cstdint>

struct Net {
  minigrad::Linear<float> layer;
  minigrad::Tensor<float> mean;
  minigrad::Tensor<std::int64_t> batches;
  minigrad::Tensor<double> sums;
  auto parts() { return std::tie(layer, mean, batches); }
};
struct Wrong : Net {
  auto parts() { return std::tie(layer, mean, batches, sums); }
};

int main() {
  minigrad::Rng rng(1);
  Net net{minigrad::Linear<float>(2, 1, rng), {}, {}, {}};
  Wrong wrong{{minigrad::Linear<float>(2, 1, rng), {}, {}, {}}};
  minigrad::named_buffers(wrong);  // error: parts\(\) lists parameters, buffers, modules
  return static_cast<int>(minigrad::buffers(net).size() + wrong.sums.size()) - 1;
}
