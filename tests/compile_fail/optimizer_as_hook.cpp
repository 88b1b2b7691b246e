// An optimizer is no hook of fit(), though it has a step().
#include <minigrad/minigrad.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Linear model(1, 1, rng);
  minigrad::SGD optimizer(model, {.lr = 0.1});
  const minigrad::Dataset<float> data(minigrad::ones({4, 1}), minigrad::ones({4, 1}));
  minigrad::fit(model, minigrad::MSELoss(), optimizer, data, {.epochs = 1}, minigrad::StepLR(optimizer, {.step_size = 1}));
  minigrad::fit(model, minigrad::MSELoss(), optimizer, data, {.epochs = 1}, optimizer);  // error: an optimizer is no hook
  return 0;
}
