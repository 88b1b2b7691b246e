// bench/accuracy.cpp - how many digits long sums of floats keep, in minigrad; bench/peers/accuracy.py is the same in
// PyTorch.
//
//   g++ -std=c++20 -O2 -Iinclude bench/accuracy.cpp -o accuracy && ./accuracy | python3 bench/peers/accuracy.py
//
// Prints a line for each measurement: its name, the number of summands, and the largest relative error beside the same
// in double. Numbers are those of a generator that both programs have, between 0 and 1. LARGEST, an argument, is the
// number of floats of the largest tensor, 10^8 without it.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <minigrad/minigrad.hpp>
#include <vector>

using namespace minigrad;
using TF = Tensor<float>;

/// Floats (h >> 8) / 2^24 of the hash h of their positions.
static TF numbers(const Shape& shape) {
  auto x = TF::empty(shape);
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto h = static_cast<std::uint32_t>(i);
    h = (h ^ (h >> 16)) * 0x85ebca6bU;
    h = (h ^ (h >> 13)) * 0xc2b2ae35U;
    x.data()[i] = static_cast<float>((h ^ (h >> 16)) >> 8) * 0x1p-24f;
  }
  return x;
}

/// The sums of each column of [rows, columns] of f(x), in double.
template <class F>
static std::vector<double> exact(const TF& x, std::size_t columns, const F& f) {
  std::vector<double> sums(columns);
  for (std::size_t i = 0; i < x.size(); ++i) sums[i % columns] += f(static_cast<double>(x.data()[i]), i % columns);
  return sums;
}

static void report(const char* name, std::size_t summands, const TF& y, const std::vector<double>& expected) {
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    worst = std::fmax(worst, std::fabs(static_cast<double>(y.data()[i]) / expected[i] - 1));
  std::printf("%s %zu %.1e\n", name, summands, worst);
  std::fflush(stdout);
}

int main(int argc, char** argv) {
  const double largest = argc > 1 ? std::atof(argv[1]) : 1e8;
  constexpr std::size_t columns = 4;
  const auto one = [](double v, std::size_t) { return v; };
  for (double size = 1e4; size <= largest; size *= 10) {
    const auto n = static_cast<std::size_t>(size), rows = n / columns;
    const TF x = numbers({rows, columns});
    const auto by_column = exact(x, columns, one), all = exact(x, 1, one);
    report("sum_all", n, sum(x), all);
    report("sum_axis_0", rows, sum(x, 0), by_column);
    auto means = by_column;
    for (double& mean : means) mean /= static_cast<double>(rows);
    report("mean_axis_0", rows, mean(x, 0), means);
    auto variances = exact(x, columns, [&](double v, std::size_t j) { return (v - means[j]) * (v - means[j]); });
    for (double& variance : variances) variance /= static_cast<double>(rows - 1);
    report("var_axis_0", rows, var(x, 0), variances);
    {
      const TF row = reshape(x, {1, n});
      report("sum_axis_1", n, sum(row, 1), all);
      report("matmul", n, matmul(row, ones({n, 1})), all);
    }
    report("matmul_tn", rows, matmul_tn(x, ones({rows, 1})), by_column);
    Graph<TF> graph;
    const auto w = graph.variable(ones({columns}));
    backward(sum(w * x));
    report("gradient", rows, w.grad(), by_column);
  }
}
