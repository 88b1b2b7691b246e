// Trains small networks in float and in double, and prints every loss and weight to the bit. With the name of a file
// that it once printed it says instead how far its own numbers are from that.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <minigrad/minigrad.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

struct Record {
  std::string name;
  double value;
};
std::vector<Record> records;

template <class T>
void record(const std::string& name, const Tensor<T>& x) {
  for (const T value : x) records.push_back({name, static_cast<double>(value)});
}

/// Regression by a deep network of every activation, with dropout, clipped gradients and a schedule.
template <class T>
void regression(const std::string& name, std::size_t epochs) {
  Rng rng(7);
  const Tensor<T> x = normal<T>({96, 5}, 0, 1, rng);
  const Tensor<T> y = sin(sum(x, 1, true)) + normal<T>({96, 1}, 0, 0.1, rng);
  Sequential<T> model;
  model.add(Linear<T>(5, 33, rng)).add(Tanh()).add(Linear<T>(33, 17, rng)).add(GELU()).add(Dropout(0.1, rng));
  model.add(Linear<T>(17, 17, rng)).add(SiLU()).add(Linear<T>(17, 17, rng)).add(ELU()).add(Linear<T>(17, 9, rng));
  model.add(Softplus()).add(Linear<T>(9, 1, rng));
  AdamW optimizer(model, {.lr = 0.01});
  CosineAnnealingLR schedule(optimizer, {.t_max = epochs});
  const auto history = fit(model, HuberLoss(), optimizer, Dataset(x, y),
                           {.epochs = epochs, .batch_size = 32, .clip_norm = 1, .seed = 3}, schedule);
  for (const Epoch& epoch : history.epochs) records.push_back({name + ".loss", epoch.train_loss});
  record(name + ".prediction", model(x));
}

/// Classification by softmax, with momentum.
template <class T>
void classification(const std::string& name, std::size_t epochs) {
  Rng rng(11);
  const Tensor<T> x = normal<T>({120, 4}, 0, 1, rng);
  const Tensor<std::int64_t> y = argmax(slice(x * x, 0, 3, 1), 1);
  Sequential<T> model;
  model.add(Linear<T>(4, 40, rng)).add(ReLU()).add(Linear<T>(40, 20, rng)).add(Sigmoid()).add(Linear<T>(20, 3, rng));
  SGD optimizer(model, {.lr = 0.2, .momentum = 0.9, .weight_decay = 1e-4});
  const auto history = fit(model, CrossEntropyLoss(), optimizer, Dataset<T, std::int64_t>(x, y),
                           {.epochs = epochs, .batch_size = 24, .seed = 5});
  for (const Epoch& epoch : history.epochs) records.push_back({name + ".loss", epoch.train_loss});
  record(name + ".logits", model(x));
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::size_t epochs : {1u, 10u, 100u}) {
    const std::string after = "." + std::to_string(epochs);
    regression<float>("regression.float" + after, epochs);
    classification<float>("classification.float" + after, epochs);
    classification<double>("classification.double" + after, epochs);
  }
  if (argc < 2) {
    for (const Record& one : records) std::printf("%s %a\n", one.name.c_str(), one.value);
    return 0;
  }
  // Of each name the largest difference, beside the largest number.
  std::ifstream file(argv[1]);
  std::string name, value;
  for (std::size_t i = 0; i < records.size();) {
    double off = 0, largest = 0;
    const std::string group = records[i].name;
    for (; i < records.size() && records[i].name == group; ++i) {
      if (!(file >> name >> value) || name != group) return std::puts("another program's file"), 1;
      const double theirs = std::strtod(value.c_str(), nullptr);
      off = (std::max)(off, std::fabs(records[i].value - theirs));
      largest = (std::max)(largest, std::fabs(theirs));
    }
    std::printf("%-36s %.1e\n", group.c_str(), off / largest);
  }
}
