// bench/scalar_functions.hpp - two functions of many numbers, for any type of number, and their gradients by hand.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace bench {

/// Rosenbrock's function in n dimensions: the sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2.
template <class N>
N rosenbrock(const N* x, std::size_t n) {
  N f = 0.0 * x[0];
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const N a = 1.0 - x[i], b = x[i + 1] - x[i] * x[i];
    f += 100.0 * (b * b) + a * a;
  }
  return f;
}
inline void rosenbrock_by_hand(const double* x, std::size_t n, double* gradient) {
  for (std::size_t i = 0; i < n; ++i) gradient[i] = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
    gradient[i] -= 400 * b * x[i] + 2 * a;
    gradient[i + 1] += 200 * b;
  }
}
inline std::vector<double> rosenbrock_start(std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = 0.5 + static_cast<double>(i) / static_cast<double>(n);
  return x;
}

/// A network 4-16-16-1 with tanh, written number by number, on one input, with the square of its output as loss. A
/// layer's weights are followed by its biases.
inline constexpr std::size_t network_weights = 4 * 16 + 16 + 16 * 16 + 16 + 16 + 1;
inline constexpr double network_input[4] = {0.1, 0.2, -0.3, 0.4};

template <class N>
N network(const N* w) {
  using std::tanh;
  N h[16], k[16];
  for (std::size_t o = 0; o < 16; ++o) {
    N s = w[64 + o];
    for (std::size_t i = 0; i < 4; ++i) s += network_input[i] * w[4 * o + i];
    h[o] = tanh(s);
  }
  w += 80;
  for (std::size_t o = 0; o < 16; ++o) {
    N s = w[256 + o];
    for (std::size_t i = 0; i < 16; ++i) s += w[16 * o + i] * h[i];
    k[o] = tanh(s);
  }
  w += 272;
  N y = w[16];
  for (std::size_t i = 0; i < 16; ++i) y += w[i] * k[i];
  return y * y;
}
inline void network_by_hand(const double* w, double* gradient) {
  const double *w2 = w + 80, *w3 = w2 + 272;
  double *g2 = gradient + 80, *g3 = g2 + 272, h[16], k[16], dh[16] = {};
  for (std::size_t o = 0; o < 16; ++o) {
    double s = w[64 + o];
    for (std::size_t i = 0; i < 4; ++i) s += network_input[i] * w[4 * o + i];
    h[o] = std::tanh(s);
  }
  double y = w3[16];
  for (std::size_t o = 0; o < 16; ++o) {
    double s = w2[256 + o];
    for (std::size_t i = 0; i < 16; ++i) s += w2[16 * o + i] * h[i];
    k[o] = std::tanh(s);
    y += w3[o] * k[o];
  }
  const double dy = 2 * y;
  g3[16] = dy;
  for (std::size_t o = 0; o < 16; ++o) {
    g3[o] = dy * k[o];
    const double ds = dy * w3[o] * (1 - k[o] * k[o]);
    g2[256 + o] = ds;
    for (std::size_t i = 0; i < 16; ++i) g2[16 * o + i] = ds * h[i], dh[i] += ds * w2[16 * o + i];
  }
  for (std::size_t o = 0; o < 16; ++o) {
    const double ds = dh[o] * (1 - h[o] * h[o]);
    gradient[64 + o] = ds;
    for (std::size_t i = 0; i < 4; ++i) gradient[4 * o + i] = ds * network_input[i];
  }
}
inline std::vector<double> network_start() {
  std::vector<double> w(network_weights);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.4 * std::sin(0.7 * static_cast<double>(i));
  return w;
}

}  // namespace bench
