// An AveragedModel is named by the type of its model, not of its numbers.
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/optim/averaging.hpp>

struct Training {
  minigrad::Rng rng{1};
  minigrad::Sequential<float> model{minigrad::Linear(2, 3, rng)};
  minigrad::AveragedModel<minigrad::Sequential<float>> works{model};
};
struct Wrong {
  minigrad::Rng rng{1};
  minigrad::Sequential<float> model{minigrad::Linear(2, 3, rng)};
  minigrad::AveragedModel<float> fails{model};  // error: AveragedModel<Model>: the type of the model, as in AveragedModel<Sequential<float>>
};

int main() {
  Training training;
  return static_cast<int>(training.works.steps());
}
