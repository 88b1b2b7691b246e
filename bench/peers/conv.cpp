// bench/peers/conv.cpp - layers for images beside those of libtorch, in one program, in turns.
//
//   g++ -std=c++20 -O2 -fopenmp -w -Iinclude -isystem /usr/include/torch/csrc/api/include bench/peers/conv.cpp
//       -o conv -ltorch -ltorch_cpu -lc10
//   export OPENBLAS_NUM_THREADS=1; OMP_NUM_THREADS=1 ./conv 1; OMP_NUM_THREADS=2 ./conv 2
//   ./conv 1 5x5                                        the rows that have this in their names
//   ./conv memory minigrad; ./conv memory torch         what one step of a large convolution adds to peak memory
//
// A forward is the layer without gradients, a step the layer and its gradients for x, weight and bias. Of several
// rounds the fastest counts; on one thread the time that the processor spent here counts, so that other programs matter
// little. Both must give the same result up to rounding.
#include <sys/resource.h>
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/images.hpp>
#include <minigrad/tensor/create.hpp>

using minigrad::Shape;
using Value = minigrad::Tensor<float>;

static torch::Tensor copy_of(const Value& x) {
  std::vector<std::int64_t> shape(x.shape().begin(), x.shape().end());
  return torch::from_blob(const_cast<float*>(x.data()), shape).clone();
}

static const char* only = "";  // rows whose names contain this

static clockid_t measured_by = CLOCK_PROCESS_CPUTIME_ID;
static double now() {
  timespec at{};
  clock_gettime(measured_by, &at);
  return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
}

/// The seconds of the fastest of some rounds, the two in turns.
template <class A, class B>
static void race(const A& ours, const B& theirs, double& a, double& b) {
  double total = 0;
  const auto once = [&](const auto& f, double& best) {
    int calls = 0;
    const double start = now();
    double spent;
    do {
      f();
      ++calls;
      spent = now() - start;
    } while (spent < 0.002);
    best = std::fmin(best, spent / calls);
    total += spent;
  };
  a = b = 1e9;
  for (int round = 0; round < 6 || (round < 40 && total < 0.25); ++round) once(ours, a), once(theirs, b);
}

static bool agree(const Value& ours, const torch::Tensor& theirs) {
  const float* other = theirs.contiguous().data_ptr<float>();
  float largest = 1e-6f;
  for (const float v : ours) largest = std::fmax(largest, std::fabs(v));
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (!(std::fabs(ours.data()[i] - other[i]) <= 1e-4f * largest)) return false;
  return true;
}

/// One row: a layer and its counterpart, on x.
template <class Layer, class Theirs>
static void row(const char* name, const Value& x, Layer& layer, Theirs& theirs) {
  if (!std::strstr(name, only)) return;
  torch::Tensor u = copy_of(x).requires_grad_(true);
  minigrad::Graph<Value> graph;
  double forward[2], step[2];
  Value y = layer(x);
  torch::Tensor v = theirs->forward(u);
  const bool same = agree(y, v);
  const Value weights = y;
  const torch::Tensor g = copy_of(weights);
  race([&] { y = layer(x); },
       [&] {
         torch::NoGradGuard none;
         v = theirs->forward(u);
       },
       forward[0], forward[1]);
  minigrad::Parameter<Value> input(x);  // as a leaf is in libtorch: it is not copied
  race(
      [&] {
        graph.clear();
        input.zero_grad();
        const auto z = layer(graph.parameter(input));
        minigrad::detail::sweep(z, &weights);
      },
      [&] {
        u.mutable_grad() = torch::Tensor();
        theirs->zero_grad(true);
        theirs->forward(u).backward(g);
      },
      step[0], step[1]);
  std::printf("| %-24s | %3zu | %2zu | %9.1f | %9.1f | %5.2f | %9.1f | %9.1f | %5.2f |%s\n", name, x.shape()[0],
              x.shape()[2], forward[0] * 1e6, forward[1] * 1e6, forward[1] / forward[0], step[0] * 1e6, step[1] * 1e6,
              step[1] / step[0], same ? "" : " DIFFERENT RESULTS");
  std::fflush(stdout);
}

static void compare(std::size_t n, std::size_t extent, std::size_t in, std::size_t out, std::size_t kernel) {
  minigrad::Rng rng(1);
  const Value x = minigrad::normal({n, in, extent, extent}, 0, 1, rng);
  minigrad::Conv2d<float> layer(in, out, kernel, rng, {.padding = kernel / 2});
  torch::nn::Conv2d theirs(torch::nn::Conv2dOptions(long(in), long(out), long(kernel)).padding(long(kernel / 2)));
  {
    torch::NoGradGuard none;
    theirs->weight.copy_(copy_of(layer.weight.value()));
    theirs->bias.copy_(copy_of(layer.bias.value()));
  }
  char name[40];
  std::snprintf(name, sizeof name, "conv %zu to %zu, %zux%zu", in, out, kernel, kernel);
  row(name, x, layer, theirs);
}

static int memory(bool ours) {
  minigrad::Rng rng(1);
  const Value x = minigrad::normal({64, 64, 56, 56}, 0, 1, rng);
  torch::Tensor u = ours ? torch::Tensor() : copy_of(x).requires_grad_(true);
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
  };
  const double before = peak();
  if (ours) {
    minigrad::Conv2d<float> layer(64, 64, 3, rng, {.padding = 1});
    minigrad::Graph<Value> graph;
    for (int k = 0; k < 2; ++k) {
      graph.clear();
      backward(sum(layer(graph.variable(x))));
    }
  } else {
    torch::nn::Conv2d layer(torch::nn::Conv2dOptions(64, 64, 3).padding(1));
    for (int k = 0; k < 2; ++k) layer->forward(u).sum().backward();
  }
  std::printf("%s: %.0f MiB more at the peak of two steps; x alone has %.0f\n", ours ? "minigrad" : "libtorch",
              peak() - before, static_cast<double>(x.size()) * 4 / 1048576);
  return 0;
}

int main(int count, char** values) {
  if (count > 2 && std::strcmp(values[1], "memory") == 0) return memory(std::strcmp(values[2], "minigrad") == 0);
  const int threads = count > 1 ? std::atoi(values[1]) : 1;
  if (count > 2) only = values[2];
  torch::set_num_threads(threads);
  if (threads > 1) measured_by = CLOCK_MONOTONIC;
  std::printf("Microseconds on %d thread(s), instructions: %s; ratio: libtorch's time by minigrad's.\n\n", threads,
              to_string(minigrad::isa()));
  std::puts("| layer                    |   n | hw | forward   | libtorch  | ratio | step      | libtorch  | ratio |");
  std::puts("| ------------------------ | --- | -- | --------- | --------- | ----- | --------- | --------- | ----- |");
  for (const std::size_t n : {1u, 64u})
    for (const std::size_t extent : {28u, 56u}) {
      for (const std::size_t kernel : {1u, 3u, 5u})
        for (const auto& [in, out] : {std::pair<std::size_t, std::size_t>{1, 8}, {8, 16}, {32, 32}, {64, 64}})
          if (n == 1 || extent == 28 || kernel == 3) compare(n, extent, in, out, kernel);
      minigrad::Rng rng(1);
      const Value x = minigrad::normal({n, 16, extent, extent}, 0, 1, rng);
      minigrad::MaxPool2d max(2);
      torch::nn::MaxPool2d their_max(torch::nn::MaxPool2dOptions(2));
      row("max pool 2x2, 16", x, max, their_max);
      minigrad::AvgPool2d avg(2);
      torch::nn::AvgPool2d their_avg(torch::nn::AvgPool2dOptions(2));
      row("average pool 2x2, 16", x, avg, their_avg);
      minigrad::BatchNorm2d<float> norm(16);
      torch::nn::BatchNorm2d their_norm(16);
      row("batch norm, 16", x, norm, their_norm);
    }
}
