// A recorded step takes inputs of one type, and whole numbers.
#include <minigrad/minigrad.hpp>

int main() {
  const minigrad::Tensor<float> x{1, 2};
  auto right = minigrad::capture([](auto a, auto b) { return a * b; }, x, minigrad::Tensor<float>{0.5f});
  right(x, minigrad::Tensor<float>{2});
  minigrad::capture([](auto a, auto b) { return a * b; }, x, 0.5);  // error: the inputs of capture\(\) are of one type
}
