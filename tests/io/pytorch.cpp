// For pytorch.sh: reads models that PyTorch has trained, computes and trains on, and writes them back.
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/images.hpp>

using namespace minigrad;

namespace {

struct Net {
  Linear<double> hidden, output;
  Tensor<double> mean;
  explicit Net(Rng& rng) : hidden(2, 8, rng), output(8, 1, rng), mean(zeros<double>({2})) {}
  auto operator()(const auto& x) const { return output(tanh(hidden(x - mean))); }
  auto parts() { return std::tie(hidden, output, mean); }
  static constexpr const char* part_names[] = {"hidden", "output", "mean"};
};

/// Computes y of a model that PyTorch has trained, trains it on, and computes y again.
template <class T, class M>
void use(const std::string& name, M& model) {
  const StateDict data = read_safetensors(name + "_data.safetensors");
  load(name + ".safetensors", model);
  const auto x = data.get<T>("x"), t = data.get<T>("t");
  StateDict out;
  eval(model);
  out.add("y", model(x));
  train(model);
  Adam optimizer(model, {.lr = 0.01});
  for (int step = 0; step < 20; ++step) {
    Graph<Tensor<T>> graph;
    optimizer.zero_grad();
    backward(mse_loss(model(graph.input(x)), t));
    optimizer.step();
  }
  eval(model);
  out.add("trained_y", model(x));
  write_safetensors(name + "_out.safetensors", out);
  save(name + "_back.safetensors", model);
}

}  // namespace

int main() {
  Rng rng(0);
  Sequential model{Linear(2, 8, rng), ReLU(), Sequential{Linear(8, 4, rng), Tanh()}, Linear(4, 1, rng)};
  use<float>("sequential", model);
  Net net(rng);
  use<double>("net", net);
  Sequential image{Conv2d<double>(1, 4, 3, rng, {.padding = 1}), BatchNorm2d<double>(4), ReLU(), MaxPool2d(2),
                   ConvTranspose2d<double>(4, 2, 2, rng, {.bias = false}), Flatten(), Linear<double>(32, 3, rng),
                   BatchNorm1d<double>(3, {.momentum = std::nullopt}), Linear<double>(3, 1, rng)};
  use<double>("image", image);
}
