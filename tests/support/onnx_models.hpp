// Models to export as ONNX files, and the way there and back.
#pragma once

#include <minigrad/io/export_onnx.hpp>
#include <minigrad/io/load_onnx.hpp>
#include <minigrad/minigrad.hpp>
#include <minigrad/ops/index.hpp>
#include <minigrad/ops/norm.hpp>
#include <minigrad/ops/pad.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

namespace support {

using minigrad::Parameter;
using minigrad::Rng;
using minigrad::Tensor;

/// A model of one formula: f(x, w, b), with w [3, 4] and b [3].
template <class T, class F>
struct Formula {
  F f;
  Parameter<Tensor<T>> w, b;

  auto operator()(const auto& x) const { return f(x, minigrad::operand(w, x), minigrad::operand(b, x)); }
  auto parts() { return std::tie(w, b); }
  static constexpr const char* part_names[] = {"w", "b"};
};
template <class T, class F>
Formula<T, F> formula(Rng& rng, F f) {
  return {f, Parameter(minigrad::normal<T>({3, 4}, 0, 1, rng)), Parameter(minigrad::normal<T>({3}, 0, 1, rng))};
}

/// A table of rows for whole numbers, then a layer.
struct Tokens {
  minigrad::Embedding<float> embedding;
  minigrad::Linear<float> output;
  auto operator()(const auto& x) const { return output(embedding(x)); }
  auto parts() { return std::tie(embedding, output); }
  static constexpr const char* part_names[] = {"embedding", "output"};
};

/// visit(name, model, x) for a few models; x has 5 rows.
template <class Visit>
void for_few_onnx_models(const Visit& visit) {
  using namespace minigrad;
  Rng rng(3);
  const auto x = normal({5, 4}, 0, 1, rng);
  const auto deep = normal({5, 3, 4}, 0, 1, rng);
  const auto run = [&](const char* name, auto model, const auto& input) { visit(name, model, input); };

  run("layers",
      Sequential{Linear(4, 6, rng), Sigmoid(), Linear(6, 6, rng), LeakyReLU{0.2}, Linear(6, 6, rng), ELU{0.7},
                 Linear(6, 6, rng), Softplus(), Linear(6, 6, rng), GELU(), Linear(6, 6, rng), SiLU(), Linear(6, 3, rng),
                 Softmax()},
      x);
  run("tokens", Tokens{Embedding(7, 4, rng), Linear(4, 3, rng)}, Tensor<std::int64_t>{0, 6, 2, 2, 5});
  run("token_sequences", Tokens{Embedding(7, 4, rng), Linear(4, 3, rng)},
      Tensor<std::int64_t>{{0, 6}, {2, 2}, {5, 1}, {3, 0}, {4, 4}});
  run("shapes",
      formula<float>(
          rng,
          [](const auto& v, const auto& w, const auto& b) {
            const auto flat = flatten(transpose(v, 1, 2), 1);
            const auto square_of = reshape(flat, {-1, 2, 6});
            const auto row = broadcast_to(reshape(b, {1, 3}), Shape{4, 3});
            const auto product = matmul(reshape(flat, {-1, 4}), row);
            const auto shuffled = index_select(w, Tensor<std::int64_t>{2, 0, 1});
            return concatenate({flatten(square_of, 1), reshape(product, {-1, 9}), flatten(v + shuffled, 1)}, 1);
          }),
      deep);
  run("attention",
      formula<float>(
          rng,
          [](const auto& v, const auto& w, const auto&) {
            const auto scores = softmax(matmul_nt(v + w, v) / 2, -1);
            const auto y = pad(matmul(scores, v), {1, 1, 0, 1});
            return concatenate({norm(y, 2, -1), norm(y, 1, 1), flatten(y, 1)}, 1);
          }),
      deep);
  run("parts",
      formula<float>(
          rng,
          [](const auto& v, const auto& w, const auto&) {
            const auto whole = slice(v, 0, shape_of(v)[0]) + index(v, {Slice(), Slice(), Slice()});  // of the free axis
            const auto second = index(whole, {Slice(), 1}), last = index(whole, {ellipsis, -1});
            const auto skipped = index(whole, {Slice(), Slice(0, 3, 2), Slice(1, to_end, 2)});
            return concatenate({second * index(w, {0}), last, flatten(skipped, 1)}, 1);
          }),
      deep);
}

/// Exports a model and loads it. What then differs: the outputs, on Tensors or on Vars, or the gradients; or nothing.
template <class M, class X>
std::string onnx_round_trip(const std::string& path, M& model, const X& x) {
  using namespace minigrad;
  using T = detail::scalar_type<detail::value_of_model<M>>;
  export_onnx(path, model, x);
  eval(model);  // the mode that is exported
  auto loaded = load_onnx<T>(path);
  const auto near = [](const Tensor<T>& a, const Tensor<T>& b) {
    bool same = a.shape() == b.shape() && a.size() > 0;
    for (std::size_t i = 0; same && i < a.size(); ++i) same = std::fabs(a[i] - b[i]) <= T(1e-5) * (1 + std::fabs(b[i]));
    return same;
  };
  if (!near(loaded(x), model(x))) return "the output";
  Graph<Tensor<T>> graph;
  const auto theirs = loaded(graph.input(x)), ours = model(graph.input(x));
  if (!near(theirs.value(), ours.value())) return "the output on a Var";
  const auto found = named_parameters(loaded), wanted = named_parameters(model);
  if (found.empty()) return "";  // no parameter was used
  backward(sum(sin(ours)));
  backward(sum(sin(theirs)));
  std::size_t compared = 0;
  for (const auto& one : found)
    for (const auto& other : wanted)
      if (one.name == other.name && ++compared && !near(one.parameter.grad(), other.parameter.grad()))
        return "the gradient of " + one.name;
  return compared == found.size() ? "" : "the names of the parameters";
}

}  // namespace support
