// A model whose only part stands behind a pointer has a fault of its own, not no parameters.
#include <memory>
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/sgd.hpp>

struct Net {
  std::unique_ptr<minigrad::Linear<float>> layer;
  auto parts() { return std::tie(*layer); }
};
struct Wrong : Net {
  auto parts() { return std::tie(layer); }
};

int main() {
  minigrad::Rng rng(1);
  Net net{std::make_unique<minigrad::Linear<float>>(2, 1, rng)};
  Wrong wrong{{std::make_unique<minigrad::Linear<float>>(2, 1, rng)}};
  minigrad::SGD fails(wrong, {.lr = 0.1});  // error: of a pointer or another container list what it holds
  return wrong.layer && minigrad::SGD(net, {.lr = 0.1}).lr() > 0 ? 0 : 1;
}
