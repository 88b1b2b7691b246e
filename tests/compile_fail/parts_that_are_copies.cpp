// An optimizer would train copies of the parts.
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/sgd.hpp>

struct Net {
  minigrad::Linear<float> hidden, output;
  auto parts() { return std::tie(hidden, output); }
};
struct Wrong : Net {
  auto parts() { return std::make_tuple(hidden, output); }
};

int main() {
  minigrad::Rng rng(1);
  const minigrad::Linear<float> layer(2, 2, rng);
  Net net{layer, layer};
  Wrong wrong{{layer, layer}};
  minigrad::SGD fails(wrong, {.lr = 0.1});  // error: parts\(\) returns references to the parts, not copies
  return wrong.hidden.weight.value().size() && minigrad::SGD(net, {.lr = 0.1}).lr() > 0 ? 0 : 1;
}
