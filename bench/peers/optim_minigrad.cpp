// bench/peers/optim_minigrad.cpp - steps of minigrad's optimizers, for bench/peers/optim.py: reads lines "NAME STEPS",
// makes so many steps of 10^6 weights, and prints the seconds of each, of CPU time and of the clock on the wall.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <minigrad/minigrad.hpp>
#include <minigrad/optim/adadelta_rprop.hpp>
#include <minigrad/optim/adam_variants.hpp>
#include <minigrad/optim/lbfgs.hpp>
#include <string>
#include <vector>

using namespace minigrad;

/// Seconds: of all threads of this process, and of the world.
struct Times {
  double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  double wall = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
};

int main() {
  std::vector<Parameter<Tensor<float>>> weights;
  Rng rng(1);
  Graph<Tensor<float>> graph;
  for (int k = 0; k < 4; ++k) {
    weights.emplace_back(normal({500, 500}, 0, 1, rng));
    graph.clear();
    backward(sum(graph.parameter(weights.back()) * normal({500, 500}, 0, 0.1, rng)));
  }

  std::map<std::string, std::function<void()>> steps;
  const auto add = [&](const char* name, auto optimizer) {
    const auto shared = std::make_shared<decltype(optimizer)>(std::move(optimizer));
    steps[name] = [shared, &weights] {
      for (auto& weight : weights) weight.ref().updated_by(0);  // one optimizer after the other uses the gradients
      shared->step();
    };
  };
  add("SGD", SGD(weights, {.lr = 1e-6}));
  add("SGD-momentum", SGD(weights, {.lr = 1e-6, .momentum = 0.9}));
  add("Adagrad", Adagrad(weights, {.lr = 1e-6}));
  add("RMSprop", RMSprop(weights, {.lr = 1e-6}));
  add("Adam", Adam(weights, {.lr = 1e-6}));
  add("Adam-amsgrad", Adam(weights, {.lr = 1e-6, .amsgrad = true}));
  add("AdamW", AdamW(weights, {.lr = 1e-6}));
  add("NAdam", NAdam(weights, {.lr = 1e-6}));
  add("RAdam", RAdam(weights, {.lr = 1e-6}));
  add("Adamax", Adamax(weights, {.lr = 1e-6}));
  add("Adadelta", Adadelta(weights, {.lr = 1e-6}));
  add("Rprop", Rprop(weights, {.lr = 1e-6}));

  // One iteration of L-BFGS with 10 pairs, without the closure: half the sum of c w^2, with c from 1 to 2.
  Times in_closure{0, 0};
  LBFGS lbfgs(weights, {.max_iter = 1, .tolerance_grad = 0, .tolerance_change = 0, .history_size = 10});
  const auto closure = [&] {
    const Times begin;
    double loss = 0;
    for (auto& weight : weights) {
      const float* const w = weight.value().data();
      float* const g = weight.grad().data();
      float c = 1;
      for (std::size_t i = 0; i < 250000; ++i, c += 4e-6f) g[i] = c * w[i], loss += 0.5 * static_cast<double>(g[i] * w[i]);
    }
    const Times end;
    in_closure.cpu += end.cpu - begin.cpu, in_closure.wall += end.wall - begin.wall;
    return loss;
  };
  for (std::string name; std::cin >> name;) {
    int count = 0;
    std::cin >> count;
    if (name == "L-BFGS") {  // from a new place, and with a full history
      for (auto& weight : weights) weight.set_value(normal({500, 500}, 0, 1, rng));
      for (int k = 0; k < 12; ++k) lbfgs.step(closure);
    }
    for (int k = 0; k < count; ++k) {
      const Times begin;
      in_closure = {0, 0};
      if (name == "L-BFGS") lbfgs.step(closure);
      else steps.at(name)();
      const Times end;
      std::printf("%.6f %.9f ", end.cpu - begin.cpu - in_closure.cpu, end.wall - begin.wall - in_closure.wall);
    }
    std::puts("");
    std::fflush(stdout);
  }
}
