// bench/peers/workloads.hpp - the same work for every library: shapes, first weights, data, what must come out, the
// clock.
//
// No library appears here. A peer is one file with a class Net:
//
//   explicit Net(const Workload&);           // copies the first weights
//   void update(std::size_t k);              // one update on batch k
//   const float* predict(std::size_t k);     // forward only: [batch, outputs], row-major or its transpose
//   double loss(std::size_t k);              // of batch k, with the weights of this moment
//
// and a main() that calls run_networks<Net>, and run_products<T, Product> if it multiplies matrices. Each executable
// takes NAME... [--threads N] [--seconds S], where NAME is the name of a workload or its first words (`train`,
// `infer-W3`, `gemm-float`, `size-batch`), or nothing for all but the sizes, and prints a line for each: workload,
// value, unit, what came out, ok or WRONG. With `count W1 200` it makes 200 updates of W1 and nothing else, so that
// their instructions can be counted.
#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace peers {

enum class Loss { mse, cross_entropy };
enum class Rule { sgd, momentum, adam };  // momentum is 0.9; Adam's constants are the usual ones

/// A network of linear layers, [sizes[l + 1], sizes[l]] weights each, with ReLU between them. Update k is made on batch
/// k modulo batches().
struct Workload {
  std::string name;
  std::vector<std::size_t> sizes;
  std::size_t samples, batch;
  Loss loss;
  Rule rule;
  float lr;
  std::size_t updates;  // from the first weights to `expected_loss`, the mean over all batches
  double expected_loss;
  double expected_output;   // mean square of what the first weights predict for batch 0
  std::size_t block, most;  // the clock is read every `block` updates; after `most` it starts from the first weights
  const char* unit;

  std::vector<std::vector<float>> weights{}, biases{};
  std::vector<float> x{}, y{};  // [samples, inputs], [samples, outputs]
  std::vector<std::int64_t> labels{};

  std::size_t layers() const { return sizes.size() - 1; }
  std::size_t inputs() const { return sizes.front(); }
  std::size_t outputs() const { return sizes.back(); }
  std::size_t batches() const { return samples / batch; }
  const float* x_of(std::size_t k) const { return &x[k * batch * inputs()]; }
  const float* y_of(std::size_t k) const { return &y[k * batch * outputs()]; }
  const std::int64_t* labels_of(std::size_t k) const { return &labels[k * batch]; }

  /// Of one update: products only. The first layer's inputs need no gradient.
  double flop() const {
    double all = 0;
    for (std::size_t l = 0; l < layers(); ++l)
      all += (l == 0 ? 4.0 : 6.0) * static_cast<double>(batch * sizes[l] * sizes[l + 1]);
    return all;
  }
};

/// Uniform in [-1, 1), the same everywhere. Steele, Lea and Flood's SplitMix64, 2014.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  float operator()() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return static_cast<float>(z >> 40) / 8388608.0f - 1;
  }
  std::vector<float> operator()(std::size_t n, float bound) {
    std::vector<float> out(n);
    for (float& number : out) number = bound * (*this)();
    return out;
  }

 private:
  std::uint64_t state_;
};

/// First weights as Linear has them, inputs in [-1, 1), and a smooth function of them, or labels, to be learnt.
inline void fill(Workload& w) {
  Numbers numbers(w.inputs() + w.outputs());
  for (std::size_t l = 0; l < w.layers(); ++l) {
    const float bound = 1 / std::sqrt(static_cast<float>(w.sizes[l]));
    w.weights.push_back(numbers(w.sizes[l] * w.sizes[l + 1], bound));
    w.biases.push_back(numbers(w.sizes[l + 1], bound));
  }
  w.x = numbers(w.samples * w.inputs(), 1);
  for (std::size_t i = 0; i < w.samples; ++i) {
    const float* x = &w.x[i * w.inputs()];
    if (w.loss == Loss::cross_entropy)
      w.labels.push_back(static_cast<std::int64_t>(5 + 4.999f * x[0]));
    else
      for (std::size_t j = 0; j < w.outputs(); ++j) w.y.push_back(x[j % w.inputs()] * (2 - x[0]) + 0.5f);
  }
}

inline std::vector<Workload> workloads() {
  // name, sizes, samples, batch, loss, rule, lr, updates, expected loss and output, block, most, unit
  return {
      {"W1", {1, 1}, 20, 20, Loss::mse, Rule::sgd, 0.1f, 20, 0.172367, 0.23802, 1000, 1000000, "ns/update"},
      {"W2", {1, 100, 1}, 20, 20, Loss::mse, Rule::sgd, 0.02f, 200, 0.00780859, 0.00974613, 100, 100000, "us/update"},
      {"W3", {4, 64, 64, 1}, 64, 64, Loss::mse, Rule::adam, 0.001f, 100, 0.0168373, 0.0231503, 10, 2000, "us/update"},
      {"W3b", {4, 64, 64, 1}, 64, 1, Loss::mse, Rule::sgd, 0.01f, 128, 0.323672, 0.0383333, 100, 10000, "us/update"},
      {"W4",
       {784, 256, 128, 10},
       1024,
       128,
       Loss::cross_entropy,
       Rule::momentum,
       0.05f,
       16,
       2.26157,
       0.00840489,
       1,
       100,
       "samples/s"},
      {"W5", {1024, 4096, 4096, 1024}, 256, 256, Loss::mse, Rule::sgd, 1, 2, 1.62846, 0.00315124, 1, 10, "GFLOP/s"},
  };
}

/// One network made larger in one way after another: 16-64-64-1 on 64 samples in one batch, of which the batch, the
/// width of the hidden layers, or their number is varied. No loss is expected of them; peers are compared with one
/// another.
inline std::vector<Workload> sizes() {
  std::vector<Workload> out;
  const auto add = [&](const char* what, std::size_t size, std::size_t batch, std::size_t width, std::size_t depth) {
    std::vector<std::size_t> layers(depth + 2, width);
    layers.front() = 16;
    layers.back() = 1;
    Workload w{what + std::to_string(size), layers, batch, batch, Loss::mse, Rule::sgd, 0.01f, 10,
               std::nan(""), std::nan(""), 1, 100000, "us/update"};
    w.block = static_cast<std::size_t>(1 + 2e5 / w.flop());
    out.push_back(std::move(w));
  };
  for (std::size_t batch = 1; batch <= 1024; batch *= 2) add("size-batch-", batch, batch, 64, 2);
  for (std::size_t width = 4; width <= 512; width *= 2) add("size-width-", width, 64, width, 2);
  for (std::size_t depth = 1; depth <= 32; depth *= 2) add("size-depth-", depth, 64, 64, depth);
  return out;
}

struct Arguments {
  std::vector<std::string> names{};
  int threads = 1;
  double seconds = 0.3;     // about, for each workload
  std::size_t updates = 0;  // of workload names[0] and nothing else

  Arguments(int count, char** values) {
    if (count == 4 && std::strcmp(values[1], "count") == 0) {
      names.push_back(values[2]);
      updates = std::strtoul(values[3], nullptr, 10);
      return;
    }
    for (int i = 1; i < count; ++i) {
      if (std::strcmp(values[i], "--threads") == 0 && i + 1 < count)
        threads = std::atoi(values[++i]);
      else if (std::strcmp(values[i], "--seconds") == 0 && i + 1 < count)
        seconds = std::atof(values[++i]);
      else
        names.push_back(values[i]);
    }
  }
  bool wants(const std::string& workload) const {
    bool wanted = names.empty();
    if (workload.empty()) return false;
    for (const std::string& name : names) wanted = wanted || (workload + "-").rfind(name + "-", 0) == 0;
    return wanted;
  }
};

/// Tells the compiler that all memory, and this object's too, may be read here.
template <class X>
void keep(X& object) {
  asm volatile("" : : "r"(&object) : "memory");
}

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Prints "name value unit came_out ok". Two float programs differ by their order of summation, hence the tolerance.
/// Where nothing certain is expected, the last word is "?".
inline void report(const std::string& name, double value, const char* unit, double came_out, double expected) {
  const bool ok = std::abs(came_out - expected) <= 2e-3 * std::abs(expected);
  const char* verdict = std::isnan(expected) ? "?" : ok ? "ok" : "WRONG";
  std::printf("%s %.5g %s %.6g %s\n", name.c_str(), value, unit, came_out, verdict);
  std::fflush(stdout);
}

inline double in_unit(double seconds, const Workload& w) {
  const std::string unit = w.unit;
  if (unit == "samples/s") return static_cast<double>(w.batch) / seconds;
  if (unit == "GFLOP/s") return w.flop() / seconds * 1e-9;
  return seconds * (unit[0] == 'n' ? 1e9 : 1e6);
}

/// The best time of a call of f among pieces of 3 ms: whatever else the machine does only adds to it. start() comes
/// before each piece, and is not timed.
template <class Start, class F>
double best_time(double seconds, std::size_t block, std::size_t most, const Start& start, const F& f) {
  const double begin = now();
  double best = 1e30;
  do {
    start();
    std::size_t calls = 0;
    const double piece = now();
    double elapsed = 0;
    while (elapsed < 0.003 && calls < most) {
      for (std::size_t i = 0; i < block; ++i) f();
      calls += block;
      elapsed = now() - piece;
    }
    best = std::fmin(best, elapsed / static_cast<double>(calls));
  } while (now() - begin < seconds);
  return best;
}

/// Trains and predicts one workload, and prints both lines.
template <class Net>
void run_network(Workload& w, const Arguments& arguments) {
  const bool of_size = std::isnan(w.expected_loss);
  const std::string train = of_size ? w.name : "train-" + w.name, infer = of_size ? "" : "infer-" + w.name;
  if (!arguments.wants(train) && !arguments.wants(infer)) return;
  fill(w);
  if (arguments.wants(train)) {
    double loss = 0;
    Net* net = nullptr;
    std::size_t k = 0;
    const auto update = [&] {
      net->update(k);
      if (++k == w.batches()) k = 0;
    };
    const auto start = [&] {
      delete net;
      net = new Net(w);
      k = 0;
      for (std::size_t i = 0; i < w.updates; ++i) update();
      loss = 0;
      for (std::size_t i = 0; i < w.batches(); ++i) loss += net->loss(i) / static_cast<double>(w.batches());
    };
    const auto block = [&] {
      for (std::size_t i = 0; i < w.block; ++i) update();
      keep(*net);
    };
    const double time = best_time(arguments.seconds, 1, w.most / w.block, start, block);
    report(train, in_unit(time / static_cast<double>(w.block), w), w.unit, loss, w.expected_loss);
    delete net;
  }
  if (arguments.wants(infer)) {
    Net net(w);
    double square = 0;
    const float* y = net.predict(0);
    const std::size_t n = w.batch * w.outputs();
    for (std::size_t i = 0; i < n; ++i) square += double{y[i]} * double{y[i]} / static_cast<double>(n);
    const auto block = [&] {
      for (std::size_t i = 0; i < w.block; ++i) net.predict(0), keep(net);
    };
    const double time = best_time(
        arguments.seconds, 1, 1000000, [] {}, block);
    report(infer, time / static_cast<double>(w.block) * 1e6, "us/call", square, w.expected_output);
  }
}

/// So many updates and nothing else. Exits with 1 if Net cannot do that workload.
template <class Net>
void count_updates(const Arguments& arguments, bool (*can)(const Workload&)) {
  for (Workload& w : workloads()) {
    if (w.name != arguments.names[0] || !can(w)) continue;
    fill(w);
    Net net(w);
    for (std::size_t i = 0, k = 0; i < arguments.updates; ++i) {
      net.update(k);
      if (++k == w.batches()) k = 0;
    }
    keep(net);
    return;
  }
  std::exit(1);
}

template <class Net>
void run_networks(
    const Arguments& arguments, bool (*can)(const Workload&) = [](const Workload&) { return true; }) {
  if (arguments.updates) return count_updates<Net>(arguments, can);
  for (Workload& w : workloads())
    if (can(w)) run_network<Net>(w, arguments);
  if (arguments.names.empty()) return;
  for (Workload& w : sizes())
    if (can(w)) run_network<Net>(w, arguments);
}

/// C = A B for square row-major matrices of T. Product(n, a, b) takes the operands, run() multiplies, result() is C.
template <class T, class Product>
void run_products(const Arguments& arguments, std::size_t largest = 2048) {
  for (std::size_t n = 64; n <= largest; n *= 2) {
    const std::string name = std::string(sizeof(T) == 4 ? "gemm-float-" : "gemm-double-") + std::to_string(n);
    if (!arguments.wants(name)) continue;
    Numbers numbers(n);
    std::vector<T> a(n * n), b(n * n);
    for (T& number : a) number = static_cast<T>(1 + numbers());
    for (T& number : b) number = static_cast<T>(1 + numbers());
    Product product(n, a.data(), b.data());
    product.run();
    double last = 0;  // the last element of C
    for (std::size_t p = 0; p < n; ++p) last += double{a[(n - 1) * n + p]} * double{b[p * n + n - 1]};
    const double came_out = double{product.result()[n * n - 1]};
    const double side = static_cast<double>(n);
    const double time = best_time(
        arguments.seconds, 1, 1000000, [] {},
        [&] {
          product.run();
          keep(product);
        });
    report(name, 2 * side * side * side / time * 1e-9, "GFLOP/s", came_out, last);
  }
}

}  // namespace peers
