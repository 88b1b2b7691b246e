// An extent is a whole number: 2.5 rows are a mistake, and not silently 2.
// lines: g++ 25, clang++ 19: the compiler lists all ways of making a Shape
#include <minigrad/core/shape.hpp>

int main() {
  minigrad::Shape rows{2, 3};
  rows = minigrad::Shape{2.5, 3};  // error: no matching (function|constructor)
  return rows.rank() == 2 ? 0 : 1;
}
