// ScalarVars in boost's solvers of differential equations. Compiled and run by the row `guests` of tests/matrix.sh.
#include <doctest/doctest.h>
#include <minigrad/scalar/scalar_functions.hpp>

#include <boost/numeric/odeint.hpp>
#include <cmath>
#include <vector>

using namespace minigrad;

TEST_CASE("an adaptive solver of differential equations is differentiated, with respect to start and rate") {
  using N = ScalarVar<double>;
  using State = std::vector<N>;
  namespace odeint = boost::numeric::odeint;
  ScalarTape<double> tape;
  const N start = tape.variable(2), rate = tape.variable(-0.7);
  State x{start};
  const auto f = [&](const State& y, State& slope, const N&) { slope[0] = rate * y[0]; };
  odeint::integrate_adaptive(odeint::make_controlled<odeint::runge_kutta_dopri5<State, N>>(N(1e-10), N(1e-10)), f, x,
                             N(0), N(1.5), N(0.1));
  backward(x[0]);
  CHECK(x[0].value() == doctest::Approx(2 * std::exp(-1.05)).epsilon(1e-9));
  CHECK(start.grad() == doctest::Approx(std::exp(-1.05)).epsilon(1e-8));
  CHECK(rate.grad() == doctest::Approx(2 * 1.5 * std::exp(-1.05)).epsilon(1e-7));
}
