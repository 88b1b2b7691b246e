// bench/peers/scalar.cpp - gradients of ordinary functions of numbers, beside other libraries where they are installed,
// in one run, on one thread.
//
//   cmake --build build/release --target minigrad_bench_peers_scalar && build/release/bench/minigrad_bench_peers_scalar
//
// Every library records and differentiates anew for each gradient, as it must where the function branches. All take
// turns in rounds, and the best round of each counts: others disturb a machine, nobody speeds it up. All must agree
// with the gradient derived by hand.
#ifdef MINIGRAD_BENCH_ADOLC
#include <adolc/adolc.h>
#endif
#ifdef MINIGRAD_BENCH_EIGEN
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>
#endif

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <minigrad/graph/backward.hpp>
#include <minigrad/scalar/scalar_tape.hpp>
#include <span>
#include <string>
#include <vector>

#include "../scalar_functions.hpp"

using namespace minigrad;

struct Library {
  std::string name;
  std::function<void(double* gradient)> gradient;
  double best = 1e300;  // nanoseconds
};

/// f, a function of numbers of any type, in every library.
template <class F>
static std::vector<Library> libraries(const F& f, const std::vector<double>& x) {
  const std::size_t n = x.size();
  std::vector<Library> all;
  all.push_back({"ScalarTape", [&f, &x, n, tape = std::make_shared<ScalarTape<double>>()](double* g) {
                   tape->value_and_grad([&](auto v) { return f(v.data()); }, x, std::span<double>(g, n));
                 }});
  all.push_back({"Graph<double>", [&f, &x, n, graph = std::make_shared<Graph<double>>(),
                                   v = std::vector<Var<double>>(n)](double* g) mutable {
                   graph->clear();
                   for (std::size_t i = 0; i < n; ++i) v[i] = graph->variable(x[i]);
                   backward(f(v.data()));
                   for (std::size_t i = 0; i < n; ++i) g[i] = v[i].grad();
                 }});
#ifdef MINIGRAD_BENCH_ADOLC
  all.push_back({"ADOL-C", [&f, &x, n](double* g) {
                   trace_on(1);
                   {
                     std::vector<adouble> v(n);
                     for (std::size_t i = 0; i < n; ++i) v[i] <<= x[i];
                     double value;
                     f(v.data()) >>= value;
                   }
                   trace_off();
                   gradient(1, static_cast<int>(n), x.data(), g);
                 }});
#endif
#ifdef MINIGRAD_BENCH_EIGEN
  all.push_back({"Eigen AutoDiff", [&f, &x, n](double* g) {
                   using N = Eigen::AutoDiffScalar<Eigen::VectorXd>;
                   const auto size = static_cast<Eigen::Index>(n);
                   std::vector<N> v;
                   for (std::size_t i = 0; i < n; ++i) v.emplace_back(x[i], size, static_cast<Eigen::Index>(i));
                   const N y = f(v.data());
                   for (std::size_t i = 0; i < n; ++i) g[i] = y.derivatives()[static_cast<Eigen::Index>(i)];
                 }});
#endif
  return all;
}

/// Nanoseconds of one call, from as many calls as take about a millisecond.
static double nanoseconds(const Library& library, double* g) {
  const int calls = 1 + static_cast<int>(1e6 / library.best);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) library.gradient(g);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / calls;
}

/// Prints a table, and returns whether all agree.
static bool compare(const char* name, std::vector<Library> all, std::size_t n) {
  bool right = true;
  std::vector<double> expected(n), g(n);
  all.back().gradient(expected.data());
  for (Library& one : all) {
    one.gradient(g.data());
    one.best = nanoseconds(one, g.data());
    for (std::size_t i = 0; i < n; ++i)
      if (!(std::fabs(g[i] - expected[i]) <= 1e-9 * (1 + std::fabs(expected[i])))) {
        std::printf("%s: derivative %zu is %g, by hand %g\n", one.name.c_str(), i, g[i], expected[i]);
        right = false;
        break;
      }
  }
  for (int round = 0; round < 200; ++round)
    for (Library& one : all) {
      if (one.best > 1e6 && round > 5) continue;
      one.best = std::fmin(one.best, nanoseconds(one, g.data()));
    }
  std::printf("| %-38s | ns per gradient | by ScalarTape's |\n| %s | --------------: | --------------: |\n", name,
              std::string(38, '-').c_str());
  for (const Library& one : all)
    std::printf("| %-38s | %15.0f | %15.2f |\n", one.name.c_str(), one.best, one.best / all[0].best);
  std::printf("\n");
  return right;
}

int main() {
  const auto x = bench::rosenbrock_start(1000), w = bench::network_start();
  const auto rosenbrock = [](const auto* v) { return bench::rosenbrock(v, 1000); };
  const auto network = [](const auto* v) { return bench::network(v); };
  auto of_rosenbrock = libraries(rosenbrock, x), of_network = libraries(network, w);
  of_rosenbrock.push_back({"by hand", [&](double* g) { bench::rosenbrock_by_hand(x.data(), x.size(), g); }});
  of_network.push_back({"by hand", [&](double* g) { bench::network_by_hand(w.data(), g); }});
  const bool right = compare("Rosenbrock, 1,000 dimensions", std::move(of_rosenbrock), x.size());
  return compare("network 4-16-16-1, 369 weights", std::move(of_network), w.size()) && right ? 0 : 1;
}
