// Of a single part, too, parts() returns a tuple.
#include <minigrad/nn/layers.hpp>

struct Net {
  minigrad::Linear<float> layer;
  auto parts() { return std::tie(layer); }
};
struct Wrong : Net {
  auto& parts() { return layer; }
};

int main() {
  minigrad::Rng rng(1);
  Net net{{2, 1, rng}};
  Wrong wrong{{{2, 1, rng}}};
  minigrad::parameters(wrong);  // error: parts\(\) returns std::tie\(weight, bias\), also of a single part
  return static_cast<int>(minigrad::parameters(net).size() + wrong.layer.weight.value().size()) - 4;
}
