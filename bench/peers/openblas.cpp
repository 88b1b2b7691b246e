// bench/peers/openblas.cpp - a network by hand on OpenBLAS; a product with one row is its matrix-vector product.
#include <cblas.h>

#include "mlp.hpp"

namespace {

struct OpenBlas {
  static void gemm(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a,
                   const float* b, float beta, float* c) {
    const int M = int(m), N = int(n), K = int(k);
    if (m == 1)  // c = a op(B)
      cblas_sgemv(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, tb ? N : K, tb ? K : N, alpha, b, tb ? K : N, a, 1,
                  beta, c, 1);
    else if (k == 1 && beta == 1)
      cblas_sger(CblasRowMajor, M, N, alpha, a, 1, b, 1, c, N);
    else
      cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, M, N, K, alpha, a,
                  ta ? M : K, b, tb ? K : N, beta, c, N);
  }
  static void gemm(bool, bool, std::size_t m, std::size_t n, std::size_t k, double alpha, const double* a,
                   const double* b, double beta, double* c) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(m), int(n), int(k), alpha, a, int(k), b, int(n), beta, c,
                int(n));
  }
};

}  // namespace

int main(int count, char** values) {
  using namespace peers;
  const Arguments arguments(count, values);
  openblas_set_num_threads(arguments.threads);
  run_networks<Mlp<OpenBlas>>(arguments);
  run_products<float, Product<float, OpenBlas>>(arguments);
  run_products<double, Product<double, OpenBlas>>(arguments);
}
