// The program of every user's project: does the library that the build found work?
#include <minigrad/minigrad.hpp>

#include <cstdio>

#if defined(WANTS_OPENMP) && !defined(_OPENMP)
#error minigrad::openmp does not bring OpenMP
#endif
#if defined(WANTS_BLAS) && !defined(MINIGRAD_USE_BLAS)
#error minigrad::blas does not say that there is a BLAS
#endif
#if defined(WANTS_MPI)
#include <minigrad/distributed/data_parallel.hpp>
#endif

int main() {
  const minigrad::Shape rows{32, 1}, columns{1, 3};
  const minigrad::Shape table = minigrad::broadcast_shapes("user", rows, columns);
  std::printf("%s\n", to_string(table).c_str());
  return table == minigrad::Shape{32, 3} ? 0 : 1;
}
