// An extent is a whole number: 2.5 rows are a mistake, and not silently 2.
#include <minigrad/core/shape.hpp>

int main() {
  minigrad::Shape rows{2, 3};
  rows = minigrad::Shape{2.5, 3};  // error: the extents of a shape are whole numbers
  return rows.rank() == 2 ? 0 : 1;
}
