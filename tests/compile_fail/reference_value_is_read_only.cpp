// What optimizers hold writes as a parameter does: by set_value() and edit().
#include <minigrad/graph/parameter.hpp>

int main() {
  minigrad::Parameter<double> p(1);
  const minigrad::ParameterRef<double> ref = p.ref();
  ref.edit() = 2;
  ref.value() = 3;  // error: assignment of read-only location|cannot assign to return value
  return ref.value() > 0 ? 0 : 1;
}
