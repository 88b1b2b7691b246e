// Models that between them use every op that export_onnx() writes: for the round trip and for other runtimes.
#pragma once

#include <minigrad/io/export_onnx.hpp>
#include <minigrad/minigrad.hpp>

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

/// visit(name, model, x) for each; x has 5 rows.
template <class Visit>
void for_each_onnx_model(const Visit& visit) {
  using namespace minigrad;
  Rng rng(3);
  const auto x = normal({5, 4}, 0, 1, rng);
  const auto positive = uniform({5, 4}, 0.1, 0.9, rng);
  const auto deep = normal({5, 3, 4}, 0, 1, rng);
  const auto run = [&](const char* name, auto model, const auto& input) { visit(name, model, input); };

  run("mlp", Sequential{Linear(4, 8, rng), Tanh(), Dropout(0.5, rng), Linear(8, 8, rng), ReLU(), Linear(8, 3, rng)}, x);
  run("layers",
      Sequential{Linear(4, 6, rng), Sigmoid(), Linear(6, 6, rng), LeakyReLU(0.2), Linear(6, 6, rng), ELU(0.7),
                 Linear(6, 6, rng), Softplus(), Linear(6, 6, rng), GELU(), Linear(6, 6, rng), SiLU(), Linear(6, 3, rng),
                 Softmax()},
      x);
  run("log_softmax", Sequential{Linear(4, 3, rng), LogSoftmax()}, x);
  run("three_axes", Sequential{Linear(4, 3, rng), Tanh()}, deep);
  run("double", Sequential{Linear<double>(4, 3, rng), Tanh(), Softmax(0)}, x.to<double>());
  run("tokens", Tokens{Embedding(7, 4, rng), Linear(4, 3, rng)}, Tensor<std::int64_t>{0, 6, 2, 2, 5});
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
                              where(not_equal(part, b), clamp(part, -1, 1), 0);
                     }),
      x);
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
}

}  // namespace support
