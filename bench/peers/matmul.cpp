// bench/peers/matmul.cpp - matrix products beside those of OpenBLAS and oneDNN, in one run, on one thread.
//
//   OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 build/release/bench/minigrad_bench_peers_matmul
//
// Each product is run in rounds, the three libraries taking turns, and its best round counts: others disturb a machine,
// nobody speeds it up. All three must give the same result up to rounding.
#include <cblas.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <dnnl.hpp>
#include <minigrad/minigrad.hpp>
#include <utility>

using namespace minigrad;

struct Product {
  char a, b;  // 'n' as it is, 't' transposed
  std::size_t m, n, k;
};

template <class T>
static Tensor<T> by_minigrad(const Product& p, const Tensor<T>& a, const Tensor<T>& b) {
  return p.a == 't' ? matmul_tn(a, b) : p.b == 't' ? matmul_nt(a, b) : matmul(a, b);
}

static void by_openblas(const Product& p, const float* a, const float* b, float* c) {
  const int m = int(p.m), n = int(p.n), k = int(p.k);
  cblas_sgemm(CblasRowMajor, p.a == 't' ? CblasTrans : CblasNoTrans, p.b == 't' ? CblasTrans : CblasNoTrans, m, n, k, 1,
              a, p.a == 't' ? m : k, b, p.b == 't' ? k : n, 0, c, n);
}
static void by_openblas(const Product& p, const double* a, const double* b, double* c) {
  const int m = int(p.m), n = int(p.n), k = int(p.k);
  cblas_dgemm(CblasRowMajor, p.a == 't' ? CblasTrans : CblasNoTrans, p.b == 't' ? CblasTrans : CblasNoTrans, m, n, k, 1,
              a, p.a == 't' ? m : k, b, p.b == 't' ? k : n, 0, c, n);
}
static void by_onednn(const Product& p, const float* a, const float* b, float* c) {
  const auto m = dnnl_dim_t(p.m), n = dnnl_dim_t(p.n), k = dnnl_dim_t(p.k);
  dnnl_sgemm(p.a, p.b, m, n, k, 1, a, p.a == 't' ? m : k, b, p.b == 't' ? k : n, 0, c, n);
}

/// Seconds for one call of f, from as many calls as take about a millisecond.
template <class F>
static double seconds(const F& f, double flops) {
  const int calls = 1 + static_cast<int>(5e7 / flops);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / calls;
}

/// Prints one line, and returns whether all agree.
template <class T>
static bool compare(const Product& p) {
  constexpr bool is_float = std::is_same_v<T, float>;
  Rng rng(1);
  const auto a = uniform<T>(p.a == 't' ? Shape{p.k, p.m} : Shape{p.m, p.k}, -1, 1, rng);
  const auto b = uniform<T>(p.b == 't' ? Shape{p.n, p.k} : Shape{p.k, p.n}, -1, 1, rng);
  auto by_blas = Tensor<T>::empty({p.m, p.n}), by_dnn = by_blas, ours = by_blas;
  const auto run_ours = [&] { ours = by_minigrad(p, a, b); };
  const auto run_blas = [&] { by_openblas(p, a.data(), b.data(), by_blas.data()); };
  const auto run_dnn = [&] {
    if constexpr (is_float) by_onednn(p, a.data(), b.data(), by_dnn.data());
  };
  const double flops = 2.0 * double(p.m) * double(p.n) * double(p.k);
  double best[3] = {1e9, 1e9, 1e9};
  for (int round = 0; round < 15; ++round) {
    best[0] = std::fmin(best[0], seconds(run_ours, flops));
    best[1] = std::fmin(best[1], seconds(run_blas, flops));
    if (is_float) best[2] = std::fmin(best[2], seconds(run_dnn, flops));
  }
  if (!is_float) by_dnn = by_blas;
  const double tolerance = static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(p.k + 1);
  bool same = true;
  for (std::size_t i = 0; i < ours.size(); ++i)
    same = same && std::fabs(ours[i] - by_blas[i]) <= tolerance && std::fabs(ours[i] - by_dnn[i]) <= tolerance;
  std::printf("| %-6s | %c%c | %4zu | %4zu | %4zu | %8.1f | %8.1f | ", is_float ? "float" : "double", p.a, p.b, p.m,
              p.n, p.k, flops / best[0] * 1e-9, flops / best[1] * 1e-9);
  if (is_float)
    std::printf("%6.1f | ", flops / best[2] * 1e-9);
  else
    std::printf("     - | ");
  std::printf("%5.2f |%s\n", std::fmin(best[1], best[2]) / best[0], same ? "" : " DIFFERENT RESULTS");
  std::fflush(stdout);
  return same;
}

int main() {
  std::printf("GFLOP/s on one thread, instructions: %s. Forms: nn = A B, nt = A B', tn = A' B.\n\n", to_string(isa()));
  std::puts("| type   | form | m  | n    | k    | minigrad | OpenBLAS | oneDNN | ratio to the better |");
  std::puts("| ------ | -- | ---- | ---- | ---- | -------- | -------- | ------ | ----- |");
  constexpr std::pair<char, char> forms[] = {{'n', 'n'}, {'n', 't'}, {'t', 'n'}};
  constexpr std::size_t thin[][3] = {{20, 100, 1}, {20, 1, 100}, {64, 64, 4},     {64, 4, 64},   {64, 64, 1},
                                     {1, 64, 64},  {64, 1, 64},  {128, 784, 256}, {128, 10, 128}};
  bool same = true;
  for (const auto& [a, b] : forms) {
    for (std::size_t size : {16u, 32u, 64u, 128u, 256u, 512u, 1024u})
      same = compare<float>({a, b, size, size, size}) && same;
    for (const auto& [m, n, k] : thin) same = compare<float>({a, b, m, n, k}) && same;
    for (std::size_t size : {64u, 128u, 256u, 512u}) same = compare<double>({a, b, size, size, size}) && same;
  }
  return same ? 0 : 1;
}
