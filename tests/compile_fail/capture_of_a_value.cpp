// capture() runs again what was recorded, and a value was not.
#include <minigrad/minigrad.hpp>

int main() {
  const minigrad::Tensor<float> x{1, 2};
  auto right = minigrad::capture([](auto v) { return sum(v); }, x);
  right(x);
  minigrad::capture([&] { return sum(x); });  // error: capture\(\) records what a function computes from Vars
}
