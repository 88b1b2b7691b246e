// bench/peers/minigrad.cpp - minigrad, compiled as its users do: plain -O2; with -fopenmp for several threads.
#include "minigrad.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

int main(int count, char** values) {
  using namespace peers;
  const Arguments arguments(count, values);
#if defined(_OPENMP)
  omp_set_num_threads(arguments.threads);
#endif
  run_networks<MinigradNet>(arguments);
  run_products<float, MinigradProduct<float>>(arguments);
  run_products<double, MinigradProduct<double>>(arguments);
}
