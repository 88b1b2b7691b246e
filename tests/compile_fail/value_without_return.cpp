// The value of an op is what it gives.
#include <minigrad/ops/ops.hpp>

int main() {
  using namespace minigrad;
  const Tensor<double> x({1, 2});
  const auto rule = [](const auto& g) { return g * 2; };
  record("twice", [](const auto& v) { return v * 2; }, rule)(x);
  record("twice", [](const auto& v) { static_cast<void>(v * 2); }, rule)(x);  // error: is its `return` missing
}
