// ScalarVars in Eigen's matrices. Compiled and run by the row `guests` of tests/matrix.sh.
#include <doctest/doctest.h>
#include <minigrad/scalar/eigen.hpp>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
