// For pytorch.sh: reads models that PyTorch has trained, computes and trains on, and writes them back.
#include <minigrad/minigrad.hpp>

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
  out.add("y", model(x));
  Adam optimizer(model, {.lr = 0.01});
  for (int step = 0; step < 20; ++step) {
    Graph<Tensor<T>> graph;
    optimizer.zero_grad();
    backward(mse_loss(model(graph.input(x)), t));
    optimizer.step();
  }
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
}
