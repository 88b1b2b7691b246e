// An average of the weights goes into each_step(): as a hook it would be one of epochs.
#include <minigrad/minigrad.hpp>
#include <minigrad/optim/averaging.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Linear model(1, 1, rng);
  minigrad::SGD optimizer(model, {.lr = 0.1});
  minigrad::AveragedModel ema(model, {.decay = 0.9});
  const minigrad::Dataset<float> data(minigrad::ones({4, 1}), minigrad::ones({4, 1}));
  minigrad::fit(model, minigrad::MSELoss(), optimizer, data, {.epochs = 1}, minigrad::each_step(ema));
  minigrad::fit(model, minigrad::MSELoss(), optimizer, data, {.epochs = 1}, ema);  // error: give it each_step\(ema\)
  return 0;
}
