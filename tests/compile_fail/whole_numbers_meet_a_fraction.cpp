// A tensor of whole numbers cannot hold the product.
// lines: clang++ 21: clang++ lists each function between the call and the check
#include <minigrad/minigrad.hpp>

int main() {
  const minigrad::Tensor<int> counts{1, 2, 3};
  counts * 0.5;  // error: a tensor of whole numbers meets a fraction
}
