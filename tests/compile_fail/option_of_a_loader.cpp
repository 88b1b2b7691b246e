// The name of an option of a DataLoader is misspelt.
#include <minigrad/data/loader.hpp>

int main() {
  minigrad::Rng rng(0);
  const minigrad::Dataset<float> data(minigrad::ones({4, 1}), minigrad::ones({4, 1}));
  minigrad::DataLoader loader(data, {.batch_size = 2}, rng);
  minigrad::DataLoader ordered(data, {.batch_size = 2, .shuffle = false});
  minigrad::DataLoader other(data, {.batchsize = 2}, rng);  // error: deleted
  return loader.batches() == ordered.batches() ? 0 : 1;
}
