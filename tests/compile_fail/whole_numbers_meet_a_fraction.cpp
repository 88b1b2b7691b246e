// A tensor of whole numbers cannot hold the product.
#include <minigrad/minigrad.hpp>

int main() {
  const minigrad::Tensor<int> counts{1, 2, 3};
  counts * 0.5;  // error: a tensor of whole numbers meets a fraction
}
