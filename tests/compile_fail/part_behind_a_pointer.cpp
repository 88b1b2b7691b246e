// Parameters behind a pointer would be missed, and never trained.
#include <minigrad/nn/layers.hpp>
#include <array>
#include <memory>

struct Net {
  std::array<minigrad::Linear<float>, 1> layers;
  std::unique_ptr<minigrad::Linear<float>> more;
  auto parts() { return std::tie(layers); }
};
struct Wrong : Net {
  auto parts() { return std::tie(layers, more); }
};

int main() {
  minigrad::Rng rng(1);
  Net net{{minigrad::Linear<float>(2, 1, rng)}, {}};
  Wrong wrong{{{minigrad::Linear<float>(2, 1, rng)}, {}}};
  minigrad::parameters(wrong);  // error: of a pointer or another container list what it holds
  return static_cast<int>(minigrad::parameters(net).size() + wrong.layers.size()) - 3;
}
