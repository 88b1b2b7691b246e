// tensor/axis_split.hpp - a tensor as [outer, extent, inner] around the axes that are reduced.
//
// Of several axes those that lie together are reduced as one, the last ones first.
#pragma once

#include <cstddef>

#include "../core/axes.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

struct AxisSplit {
  std::size_t outer = 1, extent = 1, inner = 1;
  std::size_t begin = 0, end = 0;  // of several axes, which are reduced now
  bool more = false;               // there are others before them
  Shape shape;                     // of the result

  AxisSplit(const char* op, const Shape& in, const Axes& axes, bool keepdim) {
    if (axes.all()) {
      extent = in.size();
      for (std::size_t i = 0; keepdim && i < in.rank(); ++i) shape.push_back(1);
      return;
    }
    if (axes.several()) {
      split_several(op, in, axes, keepdim);
      return;
    }
    const std::size_t k = Axis(axes[0]).in(op, in);
    for (std::size_t i = 0; i < k; ++i) outer *= in[i];
    extent = in[k];
    for (std::size_t i = k + 1; i < in.rank(); ++i) inner *= in[i];
    shape = in;
    if (keepdim) shape[k] = 1;
    else shape.erase(k);
  }
  /// What is left of a shape when the axes from begin to end are reduced.
  Shape rest_of(Shape in) const {
    for (std::size_t i = begin; i < end; ++i) in[i] = 1;
    return in;
  }

 private:
  /// Around the last ones of several axes that lie together. Axes of extent 1 make no difference.
  [[gnu::noinline]] void split_several(const char* op, const Shape& in, const Axes& axes, bool keepdim) {
    const auto reduced = axes.in(op, in);
    begin = end = in.rank();
    for (std::size_t i = in.rank(); i-- > 0;) {
      if (!reduced[i] || keepdim) shape.insert(0, reduced[i] ? 1 : in[i]);
      const bool next = begin == i + 1, none = begin == end;
      if (none && (!reduced[i] || in[i] == 1)) inner *= in[i], begin = end = i;
      else if (next && (reduced[i] || in[i] == 1)) extent *= in[i], begin = i;
      else outer *= in[i], more = more || (reduced[i] && in[i] != 1);
    }
  }
};

inline void require_elements(const char* op, const AxisSplit& r, const Shape& shape) {
  if (shape.size() == 0 && r.shape.size() > 0)
    fail<ValueError>({op, ": no elements to choose from in a tensor of shape ", shape});
}

}  // namespace minigrad::detail
