// What has no parts() and is no parameter has no parameters to give.
#include <minigrad/nn/layers.hpp>

struct Net {
  minigrad::Rng rng{1};
  minigrad::Linear<float> layer{2, 3, rng};
};

int main() {
  Net net;
  std::size_t count = minigrad::parameters(net.layer).size();
  count += minigrad::parameters(net).size();  // error: this model has no parameters: its parts\(\) should list them
  return count == 2 ? 0 : 1;
}
