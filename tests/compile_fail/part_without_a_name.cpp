// part_names has a name for each part, or there is none.
#include <minigrad/nn/layers.hpp>

struct Net {
  minigrad::Rng rng{1};
  minigrad::Linear<float> hidden{2, 3, rng}, output{3, 1, rng};
  auto parts() { return std::tie(hidden, output); }
  static constexpr const char* part_names[] = {"hidden"};  // error: part_names needs one name for each of parts\(\)
};

int main() {
  Net net;
  return minigrad::parameters(net).size() == 4 ? 0 : 1;
}
