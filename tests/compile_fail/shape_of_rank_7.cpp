// A Shape has at most six axes, and the compiler says so where it can count them.
#include <minigrad/core/shape.hpp>

int main() {
  minigrad::Shape six{1, 2, 3, 4, 5, 6};
  minigrad::Shape seven{1, 2, 3, 4, 5, 6, 7};  // error: a shape has at most 6 axes
  return six.rank() == 6 ? 0 : 1;
}
