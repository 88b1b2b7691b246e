// A parameter is changed in place by edit(), which graphs notice.
// lines: g++ 18: the compiler lists all functions of that name
#include <minigrad/graph/parameter.hpp>
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Parameter<minigrad::Tensor<float>> p(minigrad::Tensor<float>{1, 2});
  p.edit() *= 2;
  p.value() *= 2;  // error: discards qualifiers|no viable overloaded|no match for
  return p.value().size() == 2 ? 0 : 1;
}
