// Calls the parts that mixed_flags_test.sh compiles, and compares what they give with plain loops.
#include <cmath>
#include <cstdio>
#include <limits>

#include "mixed_flags.hpp"

#define PARTS X(plain) X(native) X(unoptimised) X(fast)
#define X(part) Results part(const Numbers&);
PARTS
#undef X

static int wrong = 0;

static void expect(bool holds, const char* part, const char* what) {
  if (holds) return;
  std::printf("%s: %s is wrong\n", part, what);
  ++wrong;
}

static bool near_to(double value, double truth, double scale) { return std::fabs(value - truth) <= 1e-5 * scale; }

static void check(const char* part, const Numbers& in, const Results& out) {
  bool product = true, thin = true, tanh = true, softmax = true, maximum = true;
  for (std::size_t i = 0; i < in.m; ++i)
    for (std::size_t j = 0; j < in.n; ++j) {
      double truth = 0;
      for (std::size_t p = 0; p < in.k; ++p)
        truth += static_cast<double>(in.a[i * in.k + p]) * static_cast<double>(in.b[p * in.n + j]);
      product = product && near_to(out.product[i * in.n + j], truth, static_cast<double>(in.k));
      if (j == 0) thin = thin && near_to(out.thin_product[i], truth, static_cast<double>(in.k));
    }
  const std::size_t n = in.x.size();
  double total = 0, power = 0, largest = -1e9;
  for (const float x : in.x) total += x, power += std::exp(static_cast<double>(x)), largest = std::fmax(largest, x);
  for (std::size_t i = 0; i < n; ++i) {
    const double x = in.x[i], y = in.with_nan[i];
    tanh = tanh && near_to(out.tanh[i], std::tanh(x), 1);
    softmax = softmax && near_to(out.softmax[i] * power, std::exp(x), std::exp(x));
    maximum = maximum && (std::isnan(y) ? std::isnan(out.maximum[i]) : out.maximum[i] == static_cast<float>(std::fmax(x, y)));
  }
  expect(product, part, "matmul");
  expect(thin, part, "matmul by one column");
  expect(tanh, part, "tanh");
  expect(softmax, part, "softmax");
  expect(maximum, part, "maximum with NaN");
  expect(near_to(out.sum, total, static_cast<double>(n)), part, "sum");
  expect(out.largest == static_cast<float>(largest), part, "max");
  expect(std::isnan(out.largest_with_nan), part, "max with NaN");
  expect(std::isnan(in.with_nan[out.where_nan]), part, "argmax with NaN");
  expect(std::isnan(out.softmax_with_nan), part, "softmax with NaN");
  expect(std::isnan(out.relu_of_nan), part, "relu of NaN");
  expect(out.last_loss < 0.01 && out.last_loss < 0.2 * out.first_loss, part, "training");
  expect(out.stops, part, "what fit() does when the loss is infinite");
  expect(out.refuses, part, "what an optimizer does with NaN as its learning rate");
}

int main() {
  Numbers in{150, 130, 400, {}, {}, {}, {}, {}};
  unsigned state = 1;
  const auto next = [&] {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) / 8388608.0f - 1;  // in [-1, 1)
  };
  for (std::size_t i = 0; i < in.m * in.k; ++i) in.a.push_back(next());
  for (std::size_t i = 0; i < in.k * in.n; ++i) in.b.push_back(next());
  for (int i = 0; i < 70000; ++i) in.x.push_back(2 * next());
  in.with_nan = in.x;
  in.with_nan[41000] = std::numeric_limits<float>::quiet_NaN();
  in.with_nan[63000] = std::numeric_limits<float>::infinity();
  for (int i = 0; i < 64; ++i) in.inputs.push_back(3 * next());
#define X(part) check(#part, in, part(in));
  PARTS
#undef X
  return wrong == 0 ? 0 : 1;
}
