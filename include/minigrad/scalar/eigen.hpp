// scalar/eigen.hpp - ScalarVars in Eigen's matrices: Eigen::Matrix<ScalarVar<double>, 3, 3>.
//
// Not part of minigrad.hpp: include it by name, where Eigen is installed. Products and sums mix with matrices of
// numbers, and decompositions differentiate themselves.
#pragma once

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#else
#include <eigen3/Eigen/Core>  // where Debian and others put it
#endif

#include "scalar_functions.hpp"

/// What Eigen asks about a number type. The costs are those of T: they choose between algorithms.
template <class T>
struct Eigen::NumTraits<minigrad::ScalarVar<T>> : Eigen::NumTraits<T> {
  using Real = minigrad::ScalarVar<T>;
  using NonInteger = minigrad::ScalarVar<T>;
  using Nested = minigrad::ScalarVar<T>;
  using Literal = minigrad::ScalarVar<T>;
  enum { RequireInitialization = 1 };
};

/// A ScalarVar and a number give a ScalarVar: A * x with a matrix A of numbers.
template <class T, class Op>
struct Eigen::ScalarBinaryOpTraits<minigrad::ScalarVar<T>, T, Op> {
  using ReturnType = minigrad::ScalarVar<T>;
};
template <class T, class Op>
struct Eigen::ScalarBinaryOpTraits<T, minigrad::ScalarVar<T>, Op> {
  using ReturnType = minigrad::ScalarVar<T>;
};
