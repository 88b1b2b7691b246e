#include <minigrad/minigrad.hpp>

minigrad::Shape other(const minigrad::Shape& shape);

minigrad::Shape other(const minigrad::Shape& shape) {
  return minigrad::broadcast_shapes("other", shape, minigrad::Shape{1, 3});
}
