// Writes models as ONNX files, their inputs, and the outputs that other runtimes should give; see onnx.sh. With names
// as arguments it loads models of others, and compares.
#include <minigrad/io/load_onnx.hpp>
#include <minigrad/io/npy.hpp>

#include <cmath>
#include <cstdio>
#include <string>

#include "../support/onnx_models.hpp"

/// Whether a model of another program gives its outputs here, on Tensors and on Vars, and has gradients.
static bool agrees(const std::string& name) {
  using namespace minigrad;
  auto model = load_onnx(name + ".onnx");
  const auto wanted = read_npy<float>(name + "_output.npy");
  const auto near = [&](const Tensor<float>& y) {
    bool same = y.shape() == wanted.shape();
    for (std::size_t i = 0; same && i < y.size(); ++i)
      same = std::fabs(y[i] - wanted[i]) <= 1e-6F + 1e-5F * std::fabs(wanted[i]);
    return same;
  };
  const auto x = read_npy<float>(name + "_input.npy");
  Graph<Tensor<float>> graph;
  const auto y = model(graph.input(x));
  backward(sum(y));
  bool right = near(model(x)) && near(y.value());
  for (const auto& parameter : parameters(model)) right = right && parameter.has_grad();
  std::printf("%s: %s\n", name.c_str(), right ? "as in PyTorch" : "DIFFERS");
  return right;
}

int main(int count, char** names) {
  bool right = true;
  for (int k = 1; k < count; ++k) right = agrees(names[k]) && right;
  if (count > 1) return right ? 0 : 1;
  support::for_each_onnx_model([](const std::string& name, auto& model, const auto& x) {
    minigrad::export_onnx(name + ".onnx", model, x);
    minigrad::write_npy(name + "_input.npy", x);
    minigrad::write_npy(name + "_output.npy", model(x));
    std::puts(name.c_str());
  });
  minigrad::Rng rng(0);  // with the scalers in the graph: from features to the targets' units
  const auto x = minigrad::normal({6, 4}, 20, 5, rng), y = minigrad::normal({6, 2}, -3, 2, rng);
  minigrad::StandardScaler features, targets;
  features.fit(x);
  targets.fit(y);
  minigrad::Sequential model{minigrad::Linear(4, 3, rng), minigrad::Tanh(), minigrad::Linear(3, 2, rng)};
  minigrad::export_onnx("scaled.onnx", model, x, {.inputs = &features, .targets = &targets});
  minigrad::write_npy("scaled_input.npy", x);
  minigrad::write_npy("scaled_output.npy", targets.inverse_transform(model(features.transform(x))));
  std::puts("scaled");
}
