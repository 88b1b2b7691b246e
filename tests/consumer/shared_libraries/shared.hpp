// What the two libraries and their program share: an interface that hands minigrad's own types to and fro.
#pragma once

#include <minigrad/minigrad.hpp>

#if defined(_WIN32)
#define SHARED __declspec(dllexport)
#else
#define SHARED __attribute__((visibility("default")))
#endif

using Numbers = minigrad::Tensor<double>;

/// From the first library: records w x in a graph of the caller; a tensor that the caller frees.
SHARED minigrad::Var<Numbers> product(minigrad::Graph<Numbers>& graph, minigrad::Parameter<Numbers>& w);
SHARED Numbers three_ones();

/// From the second: sums and goes back; frees a tensor that it did not make; throws.
SHARED double sum_and_backward(const minigrad::Var<Numbers>& y);
SHARED double freed(Numbers x);
SHARED void throw_shape_error();
