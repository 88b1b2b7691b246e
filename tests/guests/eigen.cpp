// ScalarVars in Eigen's matrices. Compiled and run by the row `guests` of tests/matrix.sh.
#include <doctest/doctest.h>
#include <minigrad/scalar/eigen.hpp>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>

using namespace minigrad;
using S = ScalarVar<double>;
using Matrix = Eigen::Matrix<S, 3, 3>;
using Vector = Eigen::Matrix<S, 3, 1>;

namespace {

/// Variables with these values.
template <class M>
auto variables(ScalarTape<double>& tape, const M& values) {
  return values.unaryExpr([&](double v) { return tape.variable(v); }).eval();
}
template <class M>
auto grads(const M& x) {
  return x.unaryExpr([](const S& v) { return v.grad(); }).eval();
}

const Eigen::Matrix3d A{{4, 1, 0.5}, {1, 3, 0.2}, {0.5, 0.2, 2}};
const Eigen::Vector3d b{1, -2, 0.7}, c{0.3, 1, -1};

}  // namespace

TEST_CASE("products of matrices of numbers and of ScalarVars are differentiated") {
  ScalarTape<double> tape;
  const Vector x = variables(tape, b);
  const Vector y = A * x + 2.0 * x - x / 4.0;
  backward(S(c.cast<S>().dot(y)));
  CHECK((grads(x) - (A.transpose() * c + 1.75 * c)).norm() < 1e-14);
  backward(S(x.dot(A.cast<S>() * x)));
  CHECK((grads(x) - (A + A.transpose()) * b).norm() < 1e-14);
}

TEST_CASE("the solution of a linear system has the derivatives of its closed form") {
  // L = c' A^-1 b has dL/db = A'^-1 c = w, and dL/dA = -w x' with x = A^-1 b.
  ScalarTape<double> tape;
  const Matrix a = variables(tape, A);
  const Vector v = variables(tape, b);
  const Eigen::Vector3d w = A.transpose().partialPivLu().solve(c), x = A.partialPivLu().solve(b);
  const Vector solution = a.partialPivLu().solve(v);
  backward(S(c.cast<S>().dot(solution)));
  CHECK((grads(v) - w).norm() < 1e-14);
  CHECK((grads(a) + w * x.transpose()).norm() < 1e-14);
}

TEST_CASE("Cholesky's decomposition gives log det A, whose derivative is the inverse") {
  ScalarTape<double> tape;
  const Matrix a = variables(tape, A);
  const Matrix factor = Eigen::LLT<Matrix>(a).matrixL();
  S log_det = 0;
  for (int i = 0; i < 3; ++i) log_det += 2 * log(factor(i, i));
  backward(log_det);
  CHECK(log_det.value() == doctest::Approx(std::log(A.determinant())));
  // LLT reads the lower half only, which stands for both.
  const Eigen::Matrix3d inverse = A.inverse(), slopes = grads(a);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j <= i; ++j) CHECK(slopes(i, j) == doctest::Approx((i == j ? 1 : 2) * inverse(i, j)));
}

TEST_CASE("norms, maxima and elementwise functions of ScalarVars work") {
  ScalarTape<double> tape;
  const Vector x = variables(tape, b);
  backward(S(x.norm()));
  CHECK((grads(x) - b / b.norm()).norm() < 1e-14);
  backward(S(x.array().exp().sum() + x.cwiseAbs().maxCoeff()));
  CHECK(x[1].grad() == doctest::Approx(std::exp(-2.0) - 1));
}
