// Plain numbers in a program that has all of <math.h>, namespace std and minigrad in sight: whichever of the functions
// with one name is taken, none may be ambiguous.
#include <math.h>

#include <doctest/doctest.h>
#include <minigrad/ops/ops.hpp>

#include <type_traits>

using namespace std;
using namespace minigrad;

namespace {

template <class T>
void check_value(T found, double expected) {
  static_assert(std::is_floating_point_v<T>);
  CHECK(static_cast<double>(found) == doctest::Approx(expected).epsilon(1e-6));
}

}  // namespace

#define CHECK_ONE(f, fraction, whole)                       \
  check_value(f(0.5f), fraction), check_value(f(0.5), fraction); \
  check_value(f(1), whole), check_value(f(1u), whole), check_value(f(1L), whole)

TEST_CASE("functions of a plain number are not ambiguous beside <math.h>") {
  CHECK_ONE(sqrt, 0.70710678, 1);
  CHECK_ONE(exp, 1.64872127, 2.71828183);
  CHECK_ONE(expm1, 0.64872127, 1.71828183);
  CHECK_ONE(log, -0.69314718, 0);
  CHECK_ONE(log1p, 0.40546511, 0.69314718);
  CHECK_ONE(log2, -1, 0);
  CHECK_ONE(log10, -0.30103, 0);
  CHECK_ONE(sin, 0.47942554, 0.84147098);
  CHECK_ONE(cos, 0.87758256, 0.54030231);
  CHECK_ONE(tan, 0.54630249, 1.55740772);
  CHECK_ONE(asin, 0.52359878, 1.57079633);
  CHECK_ONE(acos, 1.04719755, 0);
  CHECK_ONE(atan, 0.46364761, 0.78539816);
  CHECK_ONE(sinh, 0.52109531, 1.17520119);
  CHECK_ONE(cosh, 1.12762597, 1.54308063);
  CHECK_ONE(tanh, 0.46211716, 0.76159416);
  CHECK_ONE(asinh, 0.48121183, 0.88137359);
  check_value(acosh(2), 1.3169579);
  check_value(atanh(0), 0);
  CHECK_ONE(erf, 0.52049988, 0.84270079);
  check_value(floor(1), 1);
  check_value(ceil(1), 1);
  CHECK(abs(-2) == 2);
  CHECK(abs(-0.5) == 0.5);
}

TEST_CASE("functions of two plain numbers of different types are not ambiguous beside <math.h>") {
  check_value(pow(0.5, 2), 0.25);
  check_value(pow(0.5f, 2), 0.25);
  check_value(pow(2, 0.5), 1.41421356);
  check_value(pow(2, 3), 8);
  check_value(pow(0.5f, 2.0), 0.25);
  check_value(atan2(1, 0.5), 1.10714872);
  check_value(atan2(0.5f, 1), 0.46364761);
  check_value(hypot(3, 4.0), 5);
  check_value(hypot(3.0f, 4), 5);
}

TEST_CASE("and Vars take their own beside <math.h>") {
  Graph<double> graph;
  const auto x = graph.variable(0.5);
  const auto y = pow(x, 2) + sqrt(x) + exp(x);
  CHECK(y.value() == doctest::Approx(0.25 + 0.70710678 + 1.64872127));
}
