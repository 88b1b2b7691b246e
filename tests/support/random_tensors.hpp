// tests/support/random_tensors.hpp - random shapes and numbers, and indexing so plain that it can be the reference.
#pragma once

#include <cstddef>
#include <minigrad/core/random.hpp>
#include <minigrad/tensor/tensor.hpp>
#include <type_traits>

namespace support {

using minigrad::Rng;
using minigrad::Shape;
using minigrad::Tensor;

/// An extent that is likely to meet a kernel's edge: 0, 1, a few, or about one or two blocks of 32.
inline std::size_t random_extent(Rng& rng) {
  switch (rng.integer(8)) {
    case 0: return rng.integer(12) == 0 ? 0 : 1;
    case 1: return 1;
    case 2: return 31 + rng.integer(35);
    default: return 1 + rng.integer(6);
  }
}

/// A shape of rank 0 .. max_rank with at most `max_size` elements.
inline Shape random_shape(Rng& rng, std::size_t max_rank = 4, std::size_t max_size = 20000) {
  for (;;) {
    Shape shape;
    for (std::size_t rank = rng.integer(max_rank + 1); rank > 0; --rank) shape.push_back(random_extent(rng));
    if (shape.size() <= max_size) return shape;
  }
}

/// A shape that stretches to `shape`: some axes from the left left out, some extents 1.
inline Shape random_stretchable(const Shape& shape, Rng& rng) {
  Shape out;
  for (std::size_t i = rng.integer(3) == 0 ? rng.integer(shape.rank() + 1) : 0; i < shape.rank(); ++i)
    out.push_back(rng.integer(3) == 0 ? 1 : shape[i]);
  return out;
}

/// Whole numbers from -8 to 8 (for bool: false, true), so that sums and products are exact in any order.
template <class T>
Tensor<T> random_tensor(const Shape& shape, Rng& rng) {
  auto x = Tensor<T>::empty(shape);
  for (T& value : x) value = static_cast<T>(static_cast<int>(rng.integer(17)) - 8);
  if constexpr (std::is_same_v<T, bool>)
    for (T& value : x) value = rng.integer(2) == 1;
  return x;
}

/// One index for each axis, the last one varying fastest.
using Index = Shape;

inline Index index_of(std::size_t i, const Shape& shape) {
  Index index = shape;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    index[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return index;
}
inline std::size_t position_of(const Index& index, const Shape& shape) {
  std::size_t i = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) i = i * shape[axis] + index[axis];
  return i;
}

/// The element of x that broadcasting puts at `index` of a larger shape.
template <class T>
T broadcast_element(const Tensor<T>& x, const Index& index) {
  Index own = x.shape();
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    own[axis] = x.shape()[axis] == 1 ? 0 : index[axis + index.rank() - x.rank()];
  return x.data()[position_of(own, x.shape())];
}

}  // namespace support
