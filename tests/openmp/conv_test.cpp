#include <doctest/doctest.h>
#include <omp.h>

#include <cstring>
#include <minigrad/diff/derivatives.hpp>
#include <minigrad/nn/images.hpp>
#include <minigrad/tensor/create.hpp>

using namespace minigrad;

/// Checks that make() gives the same bits with 1, 2, 3 and 5 threads.
template <class Make>
static void check_threads(const Make& make) {
  omp_set_num_threads(1);
  const auto expected = make();
  for (int threads : {2, 3, 5}) {
    omp_set_num_threads(threads);
    const auto now = make();
    CHECK(now.shape() == expected.shape());
    CHECK(std::memcmp(now.data(), expected.data(), expected.size() * sizeof *expected.data()) == 0);
  }
}

TEST_CASE_TEMPLATE("layers for images have the same bits for any number of threads", T, float, double) {
  Rng rng(1);
  for (const std::size_t n : {1u, 3u, 20u}) {
    const auto x = uniform<T>({n, 8, 30, 33}, -1, 1, rng), w = uniform<T>({12, 8, 3, 3}, -1, 1, rng);
    const ConvOptions<2> options{.stride = {1, 2}, .padding = 1};
    const auto f = [&](const auto& v, const auto& u) { return sum(square(conv2d(v, u, options))); };
    check_threads([&] { return conv2d(x, w, options); });
    check_threads([&] { return value_and_grad(f, x, w).second[0]; });
    check_threads([&] { return value_and_grad(f, x, w).second[1]; });
    check_threads([&] { return value_and_grad([](const auto& v) { return sum(square(MaxPool2d(2)(v))); }, x).second; });
    check_threads([&] { return value_and_grad([](const auto& v) { return sum(square(AvgPool2d(2)(v))); }, x).second; });
    BatchNorm2d<T> norm(8);
    check_threads([&] { return value_and_grad([&](const auto& v) { return sum(exp(norm(v))); }, x).second; });
  }
}
