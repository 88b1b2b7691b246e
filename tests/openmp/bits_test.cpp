#include <doctest/doctest.h>
#include <omp.h>

#include <array>
#include <cstring>
#include <minigrad/minigrad.hpp>
#include <vector>

using namespace minigrad;

/// Whether two tensors hold the same bits: == would take -0 for 0, and NaN for different.
template <class T>
static bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Checks that make() gives the same bits with 1, 2, 3 and 5 threads.
template <class Make>
static void check_threads(const Make& make) {
  omp_set_num_threads(1);
  const auto expected = make();
  for (int threads : {2, 3, 5}) {
    omp_set_num_threads(threads);
    CHECK(same_bits(make(), expected));
  }
}

/// Calls check(m, n, k) for shapes that are split by columns or by rows, by some way for each kernel.
template <class Check>
static void for_shapes(Rng& rng, const Check& check) {
  const std::array<std::size_t, 3> chosen[] = {{256, 256, 256}, {700, 48, 500}, {32, 4000, 100}, {5000, 1, 900},
                                               {1, 5000, 900},  {4000, 3, 400}, {3, 4000, 400},  {129, 257, 900},
                                               {2000, 20, 70},  {1, 3001, 800}, {24, 17, 9000},  {400, 2300, 90},
                                               {2300, 100, 400}};
  for (const auto& [m, n, k] : chosen) check(m, n, k);
  for (int trial = 0; trial < 12; ++trial) {
    const std::size_t m = 1 + rng.integer(400), n = 1 + rng.integer(400);
    check(m, n, 8'000'000 / (m * n) % 3000 + 1);
  }
}

TEST_CASE_TEMPLATE("a product has the same bits for any number of threads", T, float, double) {
  Rng rng(3);
  for_shapes(rng, [&](std::size_t m, std::size_t n, std::size_t k) {
    const auto a = uniform<T>({m, k}, -1, 1, rng), b = uniform<T>({k, n}, -1, 1, rng);
    const auto at = transpose(a), bt = transpose(b);
    const auto bias = uniform<T>({n}, -1, 1, rng);
    INFO("m ", m, ", n ", n, ", k ", k);
    check_threads([&] { return matmul(a, b); });
    check_threads([&] { return matmul_nt(a, bt); });
    check_threads([&] { return matmul_tn(at, b); });
    check_threads([&] { return linear(a, bt, bias); });
  });
}

TEST_CASE_TEMPLATE("an elementwise pass has the same bits for any number of threads", T, float, double) {
  Rng rng(4);
  for (std::size_t n : {65535u, 65536u, 65549u, 300007u}) {
    const auto x = uniform<T>({n}, -3, 3, rng), y = uniform<T>({n}, 1, 2, rng);
    check_threads([&] { return x * y + T(0.1); });
    check_threads([&] { return T(0.1) - x / y; });
    check_threads([&] { return exp(x); });
    check_threads([&] { return tanh(x); });
    check_threads([&] { return pow(y, x); });
    check_threads([&] { return greater(x, y).template to<T>(); });
  }
}

TEST_CASE("a function that keeps something is called by one thread, in order") {
  omp_set_num_threads(3);
  float next = 0;
  const auto x = zeros({300'000});
  const auto counted = map("count", [&](float) { return next++; }, x);
  for (std::size_t i = 0; i < x.size(); i += 999) CHECK(counted[i] == static_cast<float>(i));
}

TEST_CASE_TEMPLATE("softmax has the same bits for any number of threads", T, float, double) {
  Rng rng(5);
  for (const Shape& shape : {Shape{1000, 10}, Shape{3000, 33}, Shape{3, 20000}, Shape{20001, 1}}) {
    const auto x = uniform<T>(shape, -9, 9, rng);
    check_threads([&] { return softmax(x, -1); });
    check_threads([&] { return logsumexp(x, -1); });
  }
}

TEST_CASE("reductions have the same bits for any number of threads") {
  Rng rng(6);
  const auto x = uniform({700, 900}, -1, 1, rng);
  check_threads([&] { return sum(x); });
  check_threads([&] { return sum(x, 0); });
  check_threads([&] { return sum(x, 1); });
  check_threads([&] { return mse_loss(x, zeros_like(x)); });
}

/// Parameters after some steps, one after the other.
template <class MakeOptimizer>
static Tensor<float> trained(const MakeOptimizer& make_optimizer) {
  Rng rng(7);
  Sequential model{Linear(200, 300, rng), ReLU(), Linear(300, 210, rng), Tanh(), Linear(210, 10, rng)};
  auto optimizer = make_optimizer(model);
  Graph<Tensor<float>> graph;
  const auto x = uniform({256, 200}, -1, 1, rng);
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 256; ++i) labels.push_back(i % 10);
  const auto y = Tensor<std::int64_t>::from({256}, labels);
  for (int step = 0; step < 5; ++step) {
    graph.clear();
    const auto loss = cross_entropy_loss(model(graph.input(x)), y);
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
  }
  std::vector<Tensor<float>> all;
  for (const auto& parameter : parameters(model)) {
    const auto& value = parameter.value();
    all.push_back(value.reshape({value.size()}));
  }
  return concatenate(all);
}

TEST_CASE("a training run has the same bits for any number of threads, with every optimizer") {
  check_threads([] { return trained([](auto& model) { return SGD(model, {.lr = 0.1}); }); });
  check_threads([] { return trained([](auto& model) { return SGD(model, {.lr = 0.1, .momentum = 0.9}); }); });
  check_threads([] { return trained([](auto& model) { return Adagrad(model, {.lr = 0.01}); }); });
  check_threads([] { return trained([](auto& model) { return RMSprop(model, {.lr = 0.001}); }); });
  check_threads([] { return trained([](auto& model) { return Adam(model, {.lr = 0.001}); }); });
  check_threads([] { return trained([](auto& model) { return AdamW(model, {.lr = 0.001}); }); });
}

TEST_CASE("tensors that threads of the user make and leave behind are freed by others") {
  omp_set_num_threads(3);
  std::vector<Tensor<float>> made(24);
#pragma omp parallel for
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = matmul(full({200, 200}, float(i)), full({200, 200}, 1.0f));
  for (std::size_t i = 0; i < made.size(); ++i) CHECK(made[i][0] == 200 * static_cast<float>(i));
}
