// bench/peers/onednn.cpp - a network by hand on oneDNN's sgemm. Its inner products as primitives, which keep weights in
// blocked layouts, are left out; it has no product of doubles.
#include <dnnl.h>
#include <omp.h>

#include "mlp.hpp"

namespace {

struct OneDnn {
  static void gemm(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a,
                   const float* b, float beta, float* c) {
    dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', long(m), long(n), long(k), alpha, a, long(ta ? m : k), b,
               long(tb ? k : n), beta, c, long(n));
  }
};

}  // namespace

int main(int count, char** values) {
  using namespace peers;
  const Arguments arguments(count, values);
  omp_set_num_threads(arguments.threads);
  run_networks<Mlp<OneDnn>>(arguments);
  run_products<float, Product<float, OneDnn>>(arguments);
}
