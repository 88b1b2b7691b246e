// bench/peers/tensor_ops.cpp - ops on whole tensors beside libtorch's, in one program and in turn.
//
//   g++ -std=c++20 -O2 -fopenmp -Iinclude bench/peers/tensor_ops.cpp -o tensor_ops -ltorch -ltorch_cpu -lc10
//   OPENBLAS_NUM_THREADS=1 ./tensor_ops [seconds for each measurement]
//
// Debian: apt-get install libtorch-dev libopenblas0-pthread, without which libtorch multiplies by the reference BLAS;
// without libtorch compile with -DWITHOUT_TORCH, and without the -l. Both sides make a new
// tensor for each result. Prints a row for each op and number of threads: the microseconds of both, and how many times as
// fast minigrad is. The two take turns, and the best round of nine counts: others disturb a machine, nobody speeds it up.
// Results are compared first.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <minigrad/minigrad.hpp>
#include <minigrad/ops/all.hpp>
#include <string>
#include <vector>
#ifndef WITHOUT_TORCH
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#endif

using F = minigrad::Tensor<float>;
using I = minigrad::Tensor<std::int64_t>;

namespace {

double seconds = 0.1;

/// Microseconds of f(), once.
template <class Function>
double once(const Function& f, int times) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / times;
}
double best(const std::vector<double>& x) { return *std::min_element(x.begin(), x.end()); }

#ifndef WITHOUT_TORCH
at::Tensor to_torch(const F& x) {
  std::vector<std::int64_t> shape(x.shape().begin(), x.shape().end());
  return at::from_blob(const_cast<float*>(x.data()), shape, at::kFloat).clone();
}
at::Tensor to_torch(const I& x) {
  std::vector<std::int64_t> shape(x.shape().begin(), x.shape().end());
  return at::from_blob(const_cast<std::int64_t*>(x.data()), shape, at::kLong).clone();
}
void compare(const std::string& name, const F& ours, const at::Tensor& theirs) {
  const at::Tensor flat = theirs.contiguous();
  const bool same_size = static_cast<std::size_t>(flat.numel()) == ours.size();
  double worst = 0, largest = 0;
  for (std::size_t i = 0; same_size && i < ours.size(); ++i) {
    const double a = static_cast<double>(ours.data()[i]), b = static_cast<double>(flat.data_ptr<float>()[i]);
    worst = (std::max)(worst, std::fabs(a - b));
    largest = (std::max)(largest, std::fabs(b));
  }
  if (!same_size || !(worst <= 1e-4 * largest)) std::printf("WRONG: %s differs by %g\n", name.c_str(), worst), std::exit(1);
}
#endif

template <class Ours, class Theirs>
void row(const std::string& name, const Ours& ours, [[maybe_unused]] const Theirs& theirs) {
#ifndef WITHOUT_TORCH
  compare(name, ours(), theirs());
#endif
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    const int times = 1 + static_cast<int>(seconds * 1e5 / (once(ours, 3) + 1));
    std::vector<double> a, b;
    for (int round = 0; round < 9; ++round) {
      a.push_back(once(ours, times));
#ifndef WITHOUT_TORCH
      at::set_num_threads(threads);
      b.push_back(once(theirs, times));
      omp_set_num_threads(threads);
#endif
    }
    const double mine = best(a);
    if (b.empty()) std::printf("| %s | %d | %.1f | | |\n", name.c_str(), threads, mine);
    else std::printf("| %s | %d | %.1f | %.1f | %.2f |\n", name.c_str(), threads, mine, best(b), best(b) / mine);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) seconds = std::atof(argv[1]);
  minigrad::Rng rng(1);
  const auto random = [&](const minigrad::Shape& shape) { return minigrad::normal(shape, 0, 1, rng); };
  const auto indices = [&](const minigrad::Shape& shape, std::uint64_t below) {
    auto out = I::empty(shape);
    for (std::int64_t& i : out) i = static_cast<std::int64_t>(rng.integer(below));
    return out;
  };
  std::printf("| op | threads | minigrad, us | libtorch, us | times as fast |\n| --- | ---: | ---: | ---: | ---: |\n");
#ifndef WITHOUT_TORCH
#define BESIDE(...) [&] { return __VA_ARGS__; }
#define TORCH(name, x) const at::Tensor name = to_torch(x)
#else
#define BESIDE(...) 0
#define TORCH(name, x) static_cast<void>(x)
#endif
  const auto products = [&](const char* name, const minigrad::Shape& a, const minigrad::Shape& b) {
    const F x = random(a), y = random(b);
    TORCH(u, x);
    TORCH(v, y);
    row(name, [&] { return minigrad::matmul(x, y); }, BESIDE(at::matmul(u, v)));
  };
  products("matmul [512, 4, 4] [512, 4, 4]", {512, 4, 4}, {512, 4, 4});
  products("matmul [64, 32, 32] [64, 32, 32]", {64, 32, 32}, {64, 32, 32});
  products("matmul [8, 8, 128, 64] [8, 8, 64, 128]", {8, 8, 128, 64}, {8, 8, 64, 128});
  products("matmul [4, 256, 256] [4, 256, 256]", {4, 256, 256}, {4, 256, 256});
  {
    const F q = random({8, 8, 128, 64}), k = random({8, 8, 128, 64});
    TORCH(u, q);
    TORCH(v, k);
    row("einsum bhtd,bhsd->bhts [8, 8, 128, 64]", [&] { return minigrad::einsum("bhtd,bhsd->bhts", q, k); },
        BESIDE(at::einsum("bhtd,bhsd->bhts", {u, v})));
  }
  {
    const F x = random({64, 1000}), line = random({100000}), columns = random({1000, 64});
    TORCH(u, x);
    TORCH(l, line);
    TORCH(c, columns);
    row("sort [64, 1000]", [&] { return minigrad::sort(x).first; }, BESIDE(std::get<0>(at::sort(u, -1))));
    row("sort [100000]", [&] { return minigrad::sort(line).first; }, BESIDE(std::get<0>(at::sort(l, -1))));
    row("sort [1000, 64] along 0", [&] { return minigrad::sort(columns, 0).first; }, BESIDE(std::get<0>(at::sort(c, 0))));
    row("topk 10 of [64, 1000]", [&] { return minigrad::topk(x, 10).first; }, BESIDE(std::get<0>(at::topk(u, 10))));
    row("cumsum [64, 1000]", [&] { return minigrad::cumsum(x, 1); }, BESIDE(at::cumsum(u, 1)));
    row("cumsum [1000, 64] along 0", [&] { return minigrad::cumsum(columns, 0); }, BESIDE(at::cumsum(c, 0)));
    row("cumsum [100000]", [&] { return minigrad::cumsum(line, 0); }, BESIDE(at::cumsum(l, 0)));
    const I at = indices({64, 1000}, 1000), rows = indices({1000, 64}, 1000);
    TORCH(i, at);
    TORCH(j, rows);
    row("gather [64, 1000] along 1", [&] { return minigrad::gather(x, at, 1); }, BESIDE(at::gather(u, 1, i)));
    row("gather [1000, 64] along 0", [&] { return minigrad::gather(columns, rows, 0); }, BESIDE(at::gather(c, 0, j)));
    row("scatter_add [64, 1000] along 1", [&] { return minigrad::scatter_add(x, at, x, 1); },
        BESIDE(at::scatter_add(u, 1, i, u)));
  }
  {
    const F x = random({16, 32, 28, 28});
    TORCH(u, x);
    row("sum over {0, 2, 3} of [16, 32, 28, 28]", [&] { return minigrad::sum(x, {0, 2, 3}); },
        BESIDE(at::sum(u, at::IntArrayRef({0, 2, 3}))));
    row("var over {0, 2, 3}", [&] { return minigrad::var(x, {0, 2, 3}); }, BESIDE(at::var(u, at::IntArrayRef({0, 2, 3}))));
    row("permute {0, 2, 3, 1}", [&] { return minigrad::permute(x, {0, 2, 3, 1}); },
        BESIDE(u.permute({0, 2, 3, 1}).contiguous()));
    row("pad {1, 1, 1, 1}", [&] { return minigrad::pad(x, {1, 1, 1, 1}); }, BESIDE(at::constant_pad_nd(u, {1, 1, 1, 1})));
    row("flip {2, 3}", [&] { return minigrad::flip(x, {2, 3}); }, BESIDE(at::flip(u, {2, 3})));
  }
}
