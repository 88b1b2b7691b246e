// A parameter is changed in place by edit(), which graphs notice.
#include <minigrad/graph/parameter.hpp>
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Parameter<minigrad::Tensor<float>> p(minigrad::Tensor<float>{1, 2});
  p.edit() *= 2;
  p.value() *= 2;  // error: deleted
  return p.value().size() == 2 ? 0 : 1;
}
