// bench/peers/optim_torch.cpp - the same as optim_minigrad.cpp by libtorch's optimizers.
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace optim = torch::optim;

/// Seconds: of all threads of this process, and of the world.
struct Times {
  double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  double wall = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
};

int main() {
  torch::manual_seed(1);
  std::vector<torch::Tensor> weights;
  for (int k = 0; k < 4; ++k) {
    weights.push_back(torch::randn({500, 500}).set_requires_grad(true));
    weights.back().mutable_grad() = torch::randn({500, 500}) * 0.1;
  }
  std::map<std::string, std::unique_ptr<optim::Optimizer>> all;
  all["SGD"] = std::make_unique<optim::SGD>(weights, optim::SGDOptions(1e-6));
  all["SGD-momentum"] = std::make_unique<optim::SGD>(weights, optim::SGDOptions(1e-6).momentum(0.9));
  all["Adagrad"] = std::make_unique<optim::Adagrad>(weights, optim::AdagradOptions(1e-6));
  all["RMSprop"] = std::make_unique<optim::RMSprop>(weights, optim::RMSpropOptions(1e-6));
  all["Adam"] = std::make_unique<optim::Adam>(weights, optim::AdamOptions(1e-6));
  all["Adam-amsgrad"] = std::make_unique<optim::Adam>(weights, optim::AdamOptions(1e-6).amsgrad(true));
  all["AdamW"] = std::make_unique<optim::AdamW>(weights, optim::AdamWOptions(1e-6));

  optim::LBFGS lbfgs(weights,
                     optim::LBFGSOptions(1).max_iter(1).tolerance_grad(0).tolerance_change(0).history_size(10));
  Times in_closure{0, 0};
  const auto closure = [&] {
    const Times begin;
    double loss = 0;
    for (auto& weight : weights) {
      const float* const w = weight.data_ptr<float>();
      float* const g = weight.mutable_grad().data_ptr<float>();
      float c = 1;
      for (std::size_t i = 0; i < 250000; ++i, c += 4e-6f) g[i] = c * w[i], loss += 0.5 * static_cast<double>(g[i] * w[i]);
    }
    const Times end;
    in_closure.cpu += end.cpu - begin.cpu, in_closure.wall += end.wall - begin.wall;
    return torch::tensor(loss);
  };
  for (std::string name; std::cin >> name;) {
    int count = 0;
    std::cin >> count;
    if (name == "L-BFGS") {
      torch::NoGradGuard no_grad;
      for (auto& weight : weights) weight.copy_(torch::randn({500, 500}));
      for (int k = 0; k < 12; ++k) lbfgs.step(closure);
    }
    for (int k = 0; k < count; ++k) {
      const Times begin;
      in_closure = {0, 0};
      if (name == "L-BFGS") lbfgs.step(closure);
      else all.at(name)->step();
      const Times end;
      std::printf("%.6f %.9f ", end.cpu - begin.cpu - in_closure.cpu, end.wall - begin.wall - in_closure.wall);
    }
    std::puts("");
    std::fflush(stdout);
  }
}
