#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <minigrad/core/random.hpp>
#include <minigrad/tensor/conv.hpp>
#include <vector>

using namespace minigrad;
using namespace minigrad::detail;

namespace {

/// Random geometries: kernels, strides, paddings, dilations and groups, images that fill vectors and some that do not.
class Geometries {
 public:
  explicit Geometries(std::uint64_t seed) : rng_(seed) {}
  ConvGeometry next() {
    ConvGeometry g;
    g.n = number(0, 9), g.groups = number(1, 3), g.ci = number(1, 5), g.co = number(1, ++count_ % 3 == 0 ? 40 : 9);
    if (count_ % 7 != 0) axis(g.rows);
    axis(g.columns);
    return g;
  }
  template <class T>
  std::vector<T> numbers(std::size_t n) {
    std::vector<T> out(n + 1);  // so that there is an address
    for (T& one : out) one = static_cast<T>(rng_.uniform(-1, 1));
    return out;
  }

 private:
  std::size_t number(std::size_t low, std::size_t high) { return low + rng_.integer(high - low + 1); }
  void axis(ConvAxis& a) {
    do {
      a.kernel = number(1, 5), a.stride = number(1, 4), a.dilation = number(1, 3), a.padding = number(0, 4);
      a.x = number(1, count_ % 4 == 0 ? 45 : 12);
    } while (a.x + 2 * a.padding < a.reach());
    a.y = (a.x + 2 * a.padding - a.reach()) / a.stride + 1;
  }
  Rng rng_;
  std::size_t count_ = 0;
};

template <class T>
double largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
  double out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(difference <= out)) out = difference;  // NaN too
  }
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("the three forms of a convolution are what the plain loops compute", T, float, double) {
  Geometries geometries(1);
  for (int trial = 0; trial < 150; ++trial) {
    const ConvGeometry g = geometries.next();
    CAPTURE(trial);
    const auto x = geometries.numbers<T>(g.n * g.x_size()), y = geometries.numbers<T>(g.n * g.y_size());
    const auto w = geometries.numbers<T>(g.w_size()), bias = geometries.numbers<T>(g.groups * (std::max)(g.co, g.ci));
    const T* const b = trial % 2 ? bias.data() : nullptr;
    const double tolerance = sizeof(T) == 8 ? 1e-12 : 1e-3;  // of sums of up to 10,000 products
    auto ours = y, plain = y;
    conv(g, x.data(), w.data(), b, ours.data());
    conv_reference(g, x.data(), w.data(), b, plain.data());
    CHECK(largest_difference(ours, plain) < tolerance);
    ours = x, plain = x;
    conv_transpose(g, y.data(), w.data(), b, ours.data());
    conv_transpose_reference(g, y.data(), w.data(), b, plain.data());
    CHECK(largest_difference(ours, plain) < tolerance);
    ours = w, plain = w;
    conv_weight(g, x.data(), y.data(), ours.data());
    conv_weight_reference(g, x.data(), y.data(), plain.data());
    CHECK(largest_difference(ours, plain) < tolerance);
  }
}

TEST_CASE_TEMPLATE("a convolution by vectors of channels is what the plain loops compute", T, float, double) {
  Geometries geometries(2);
  std::size_t used = 0;
  for (const std::size_t stride : {1u, 2u})
    for (const std::size_t kernel : {3u, 5u})
      for (const std::size_t extent : {5u, 7u, 9u, 21u}) {
        ConvGeometry g;
        g.n = 3, g.groups = 1 + extent % 2, g.ci = 64, g.co = extent == 7 ? 31 : 32;
        const std::size_t padding = extent == 9 ? 0 : kernel / 2, y = (extent + 2 * padding - kernel) / stride + 1;
        g.rows = g.columns = {extent, y, kernel, stride, padding, 1};
        const auto x = geometries.numbers<T>(g.n * g.x_size()), w = geometries.numbers<T>(g.w_size());
        const auto g_of_y = geometries.numbers<T>(g.n * g.y_size()), bias = geometries.numbers<T>(g.groups * g.ci);
        const T* const b = extent == 21 ? nullptr : bias.data();
        auto plain = g_of_y, back = x;
        conv_reference(g, x.data(), w.data(), b, plain.data());
        conv_transpose_reference(g, g_of_y.data(), w.data(), b, back.data());
        const double tolerance = sizeof(T) == 8 ? 1e-12 : 2e-3;
        auto ours = g_of_y;
        conv(g, x.data(), w.data(), b, ours.data());
        CHECK(largest_difference(ours, plain) < tolerance);
        auto ours_back = x;
        conv_transpose(g, g_of_y.data(), w.data(), b, ours_back.data());
        CHECK(largest_difference(ours_back, back) < tolerance);
#if defined(__GNUC__)
        const ChannelConv<T> by_channels(g);
        ours = g_of_y;
        by_channels.run(x.data(), {w.data(), g.co * g.taps(), g.kernel(), g.taps(), false}, b, ours.data());
        CHECK(largest_difference(ours, plain) < tolerance);
        const std::size_t lanes = gemm_lanes<T>(isa());
        if (by_channels.pays(g.rows.y * ((g.columns.y + lanes - 1) / lanes))) ++used;
#endif
      }
#if defined(__GNUC__)
  CHECK(used > 0);
#endif
}

TEST_CASE("a convolution of whole numbers is exact") {
  ConvGeometry g;
  g.n = g.ci = g.co = 1;
  g.columns = {5, 3, 3, 1, 0, 1};
  const int x[] = {1, 2, 3, 4, 5}, w[] = {1, 0, -1}, bias[] = {10};
  int y[3], back[5], slope[3];
  conv(g, x, w, bias, y);
  CHECK(std::vector<int>(y, y + 3) == std::vector<int>{8, 8, 8});
  conv_transpose(g, y, w, static_cast<const int*>(nullptr), back);
  CHECK(std::vector<int>(back, back + 5) == std::vector<int>{8, 8, 0, -8, -8});
  conv_weight(g, x, y, slope);
  CHECK(std::vector<int>(slope, slope + 3) == std::vector<int>{48, 72, 96});
}

TEST_CASE("long sums do not lose digits: of many channels, and of many images") {
  ConvGeometry g;
  g.n = 1, g.ci = 5000, g.co = 1;
  g.columns = {16, 16, 1, 1, 0, 1};
  std::vector<float> x(g.x_size(), 0.1f), w(g.w_size(), 0.1f), y(g.y_size());
  conv(g, x.data(), w.data(), static_cast<const float*>(nullptr), y.data());
  CHECK(y[7] == doctest::Approx(50).epsilon(2e-5));  // one running sum would be off by 6e-5
  g.n = 2000, g.ci = 1;
  g.columns = {200, 200, 1, 1, 0, 1};
  x.assign(g.n * g.x_size(), 0.1f), y = x, w.assign(1, 0);
  conv_weight(g, x.data(), y.data(), w.data());
  CHECK(w[0] == doctest::Approx(4000).epsilon(1e-6));
}

TEST_CASE("what is not finite stays where it belongs: the tails of rows are read, and not used") {
  ConvGeometry g;
  g.n = 1, g.ci = 1, g.co = 2;
  g.rows = g.columns = {6, 2, 2, 2, 0, 1};  // the last two rows and columns meet no tap
  std::vector<double> x(36, 1), w(g.w_size(), 1), y(g.y_size(), 1);
  g.rows.y = g.columns.y = 2;
  x[35] = x[34] = INFINITY;
  for (int i = 4; i < 36; i += 6) x[static_cast<std::size_t>(i)] = x[static_cast<std::size_t>(i) + 1] = INFINITY;
  conv(g, x.data(), w.data(), static_cast<const double*>(nullptr), y.data());
  for (const double value : y) CHECK(value == 4);
  conv_weight(g, x.data(), y.data(), w.data());
  for (const double value : w) CHECK(value == 16);
}
