#include "shared.hpp"

double sum_and_backward(const minigrad::Var<Numbers>& y) {
  const auto total = sum(y * y);
  backward(total);
  return total.value().item();
}

double freed(Numbers x) { return minigrad::sum(x).item(); }

void throw_shape_error() { static_cast<void>(minigrad::ones<double>({2}) + minigrad::ones<double>({3})); }
