// A graph must notice that a parameter changes, so it is written by set_value(), edit() or assignment.
#include <minigrad/graph/parameter.hpp>
#include <minigrad/tensor/tensor.hpp>

int main() {
  minigrad::Parameter<minigrad::Tensor<float>> p(minigrad::Tensor<float>{1, 2});
  p.set_value(minigrad::Tensor<float>{3, 4});
  p.value() = minigrad::Tensor<float>{3, 4};  // error: discards qualifiers|no viable overloaded '='
  return p.value().size() == 2 ? 0 : 1;
}
