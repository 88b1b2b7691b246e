// Trains by a recorded step, as many times as its argument says.
#include <cstdlib>
#include <minigrad/minigrad.hpp>

using namespace minigrad;

int main(int, char** arguments) {
  Rng rng(0);
  Sequential model{Linear(4, 16, rng), ReLU(), Dropout(0.1, rng), Linear(16, 1, rng)};
  Adam optimizer(model, {.lr = 0.01});
  const auto x = normal({8, 4}, 0, 1, rng), y = normal({8, 1}, 0, 1, rng);
  auto step = capture([&](const auto& u, const auto& v) { return mse_loss(model(u), v); }, x, y);
  for (long n = std::strtol(arguments[1], nullptr, 10); n > 0; --n) {
    optimizer.zero_grad();
    step(x, y);
    step.backward();
    optimizer.step();
  }
}
