// A callback of fit() says whether to go on by a bool, or says nothing.
#include <minigrad/minigrad.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Linear model(1, 1, rng);
  minigrad::SGD optimizer(model, {.lr = 0.1});
  const minigrad::Dataset<float> data(minigrad::ones({4, 1}), minigrad::ones({4, 1}));
  const auto loss = [](const auto& p, const auto& t) { return minigrad::mse_loss(p, t); };
  minigrad::fit(model, loss, optimizer, data, data, {.epochs = 1}, [](const minigrad::Epoch&) { return false; });
  const auto number = [](const minigrad::Epoch& epoch) { return epoch.epoch; };
  minigrad::fit(model, loss, optimizer, data, data, {.epochs = 1}, number);  // error: returns nothing, or a bool
  return 0;
}
