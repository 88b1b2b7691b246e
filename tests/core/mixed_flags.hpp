// What the parts of mixed_flags_test.sh compute. Main knows this and nothing of minigrad.
#pragma once

#include <cstddef>
#include <vector>

struct Numbers {
  std::size_t m, n, k;
  std::vector<float> a, b, x;       // [m, k], [k, n], and any
  std::vector<float> with_nan;      // one of these is NaN, and one infinite
  std::vector<float> inputs;        // y = 1 / (1 + x^2) is to be learnt of these
};

struct Results {
  std::vector<float> product, thin_product;  // a b, and its first column from b's alone
  std::vector<float> tanh, softmax;          // of x, as one row
  float sum, largest, largest_with_nan, softmax_with_nan, relu_of_nan;
  std::size_t where_nan;          // argmax of with_nan
  std::vector<float> maximum;     // of x and with_nan, which is as long
  double first_loss, last_loss;   // of a small network that learns
  bool stops;                     // whether fit() notices that the loss is no longer finite
  bool refuses;                   // whether an optimizer refuses NaN as its learning rate
};
