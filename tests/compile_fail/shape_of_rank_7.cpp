// A Shape has at most six axes, and the compiler says so where it can count them.
// lines: g++ 25, clang++ 16: the compiler lists all ways of making a Shape
#include <minigrad/core/shape.hpp>

int main() {
  minigrad::Shape six{1, 2, 3, 4, 5, 6};
  minigrad::Shape seven{1, 2, 3, 4, 5, 6, 7};  // error: no matching (function|constructor)
  return six.rank() == 6 ? 0 : 1;
}
