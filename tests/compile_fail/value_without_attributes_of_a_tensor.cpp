// An op with attributes is told them by with() also where nothing is recorded.
#include <minigrad/ops/ops.hpp>

struct Scale {
  double by;
  void describe(auto& list) const { list("by", by); }
};

int main() {
  using namespace minigrad;
  const Tensor<double> x({1, 2});
  constexpr auto scale = elementwise("scale", [](const auto& a, auto v) { return v * a.by; },
                                     [](const auto& a, auto g) { return g * a.by; });
  auto y = scale.with(Scale{2})(x);
  y = scale(x);  // error: it takes attributes first: op.with\(a\)\(x\)
  return y.size() == 2 ? 0 : 1;
}
