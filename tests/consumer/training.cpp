// A program that trains, without a test framework: for flags and machines that cannot be asked for more. It reads a
// table, trains a network of type-erased layers on it, and catches an error by its base class.
#include <minigrad/minigrad.hpp>

#include <cstdio>
#include <exception>
#include <string>

using namespace minigrad;

int main() {
  const Table table = parse_csv("x,y\n-1,3\n-0.5,1.5\n0,1\n0.5,1.5\n1,3\n", "table.csv");
  const Dataset<float> data(to_tensor(table, {"x"}), to_tensor(table, {"y"}));
  Rng rng(1);
  Sequential model{Linear(1, 16, rng), Tanh(), Linear(16, 1, rng)};
  Adam optimizer(model, {.lr = 0.02});
  Graph<Tensor<float>> graph;
  float first = 0, last = 0;
  for (int step = 0; step < 500; ++step) {
    graph.clear();
    auto loss = mse_loss(model(graph.input(data.x)), graph.input(data.y));
    last = loss.value().item();
    if (step == 0) first = last;
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
  }

  std::string message = "none";
  try {
    model(ones<float>({2, 3}));
  } catch (const std::exception& error) {
    message = error.what();
  }
  std::printf("loss %g, then %g; error: %s\n", static_cast<double>(first), static_cast<double>(last), message.c_str());
  return last < first / 100 && message.find("[2, 3]") != std::string::npos ? 0 : 1;
}
