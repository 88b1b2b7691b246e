// Writes models as ONNX files, their inputs, and the outputs that other runtimes should give; see onnx.sh. With names
// as arguments it loads models of others, and compares.
#include <minigrad/io/load_onnx.hpp>
#include <minigrad/io/npy.hpp>

#include <cmath>
#include <cstdio>
#include <string>

#include "../support/onnx_image_models.hpp"
#include "../support/onnx_models.hpp"
#include "../support/onnx_tensor_models.hpp"

namespace {

/// Models that between them use every op that export_onnx() writes.
template <class Visit>
void for_each_onnx_model(const Visit& visit) {
  support::for_few_onnx_models(visit);
  support::for_onnx_image_models(visit);
  support::for_onnx_tensor_models(visit);
  using namespace minigrad;
  using support::formula;
  Rng rng(3);
  const auto x = normal({5, 4}, 0, 1, rng);
  const auto deep = normal({5, 3, 4}, 0, 1, rng);
  const auto positive = uniform({5, 4}, 0.1, 0.9, rng);
  const auto run = [&](const char* name, auto model, const auto& input) { visit(name, model, input); };

  run("mlp", Sequential{Linear(4, 8, rng), Tanh(), Dropout(0.5, rng), Linear(8, 8, rng), ReLU(), Linear(8, 3, rng)}, x);
  run("log_softmax", Sequential{Linear(4, 3, rng), LogSoftmax()}, x);
  run("three_axes", Sequential{Linear(4, 3, rng), Tanh()}, deep);
  run("double", Sequential{Linear<double>(4, 3, rng), Tanh(), Softmax(0)}, x.to<double>());
  run("tied",
      formula<float>(
          rng, [](const auto& v, const auto& w, const auto& b) { return matmul(tanh(matmul_nt(v, w) + b), w) * 0.5; }),
      x);
  run("functions",
      formula<float>(rng,
                     [](const auto& v, const auto&, const auto&) {
                       return exp(sin(v)) + cos(v) * tan(v) - log(v) / sqrt(v) + pow(v, 1.5) + abs(-v) + sign(v) +
                              square(v) + reciprocal(v) + floor(v * 3) + ceil(v * 3) + log1p(v) + expm1(v) + log2(v) +
                              log10(v) + erf(v);
                     }),
      positive);
  run("angles",
      formula<float>(rng,
                     [](const auto& v, const auto&, const auto&) {
                       return asin(v) + acos(v) + atan(v) + sinh(v) + cosh(v) + asinh(v) + acosh(v + 1) + atanh(v);
                     }),
      positive);
  run("reductions",
      formula<float>(rng,
                     [](const auto& v, const auto&, const auto&) {
                       return v + sum(v, 1, true) * mean(v, 1, true) + (max)(v, 1, true) - (min)(v, 1, true) +
                              logsumexp(v, 1, true) + var(v, 1, true) + minigrad::std(v, 1, true, 0);
                     }),
      x);
  run("rows", formula<float>(rng, [](const auto& v, const auto&, const auto&) { return sum(v, 1) - mean(v, -1); }), x);
  run("masks",
      formula<float>(rng,
                     [](const auto& v, const auto&, const auto& b) {
                       const auto part = slice(v, 0, 3, 1);
                       return where(greater(part, 0), part, where(less_equal(part, b), b, -b)) +
                              where(less(part, b), part, 1) + where(greater_equal(part, 0.5), part, 2) +
                              where(equal(maximum(part, 0), minimum(part, 1)), 1.0F, 0.0F) +
                              where(not_equal(part, b), clamp(part, -1, 1), 0) +
                              where(logical_and(greater(part, b), logical_not(less(part, 0))), part, 3) +
                              where(logical_or(less(part, b), greater(part, 1)), part, 4);
                     }),
      x);
}

/// Whether a model of another program gives its outputs here, on Tensors and on Vars, and has gradients.
bool agrees(const std::string& name) {
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

}  // namespace

int main(int count, char** names) {
  bool right = true;
  for (int k = 1; k < count; ++k) right = agrees(names[k]) && right;
  if (count > 1) return right ? 0 : 1;
  for_each_onnx_model([&](const std::string& name, auto& model, const auto& x) {
    const std::string differs = support::onnx_round_trip(name + ".onnx", model, x);
    if (!differs.empty())
      std::fprintf(stderr, "%s: after loading, %s differs\n", name.c_str(), differs.c_str()), right = false;
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
  return right ? 0 : 1;
}
