// Models of the ops that are included by name, to export as ONNX files.
#pragma once

#include <minigrad/ops/all.hpp>

#include "onnx_models.hpp"

namespace support {

/// visit(name, model, x) for models that between them use every such op that is exported; x has 5 rows.
template <class Visit>
void for_onnx_tensor_models(const Visit& visit) {
  using namespace minigrad;
  using Indices = Tensor<std::int64_t>;
  Rng rng(11);
  const auto x = normal({5, 4}, 0, 1, rng), deep = normal({5, 3, 4}, 0, 1, rng);
  const auto run = [&](const char* name, const auto& input, auto f) {
    auto model = formula<float>(rng, f);
    visit(name, model, input);
  };
  run("running_sums", deep, [](const auto& v, const auto& w, const auto&) {
    return cumsum(v * w, -1) + cumsum(v, 1, true) * cumsum(v, 2, false, true) - cumsum(v, 0, true, true);
  });
  run("products", deep, [](const auto& v, const auto& w, const auto&) {
    const auto rows = reshape(prod(v, {1, 2}), {-1, 1, 1}), columns = reshape(prod(v, -1), {-1, 3, 1});
    return prod(v * w, 1, true) + prod(v, {1, 2}, true) - prod(v, -1, true) + rows * columns;
  });
  run("triangles", deep, [](const auto& v, const auto& w, const auto&) {
    return tril(v + w) * 2 + triu(v, 1) - tril(v, -1) * w;
  });
  run("turned", deep, [](const auto& v, const auto& w, const auto&) {
    return flip(v, 1) * w + flip(v, {0, 2}) + flip(v) * roll(v, 1, 2) - roll(v, -2, 1) + roll(v, 12, -1);
  });
  run("sorted", deep, [](const auto& v, const auto& w, const auto&) {
    const auto first = topk(v, 2).first, last = topk(v * w, 2, 1, false).first;
    return concatenate({flatten(first, 1), flatten(last, 1), flatten(sort(v, -1, true).first, 1), flatten(sort(v, 0).first, 1)}, 1);
  });
  run("picked", x, [](const auto& v, const auto& w, const auto& b) {
    const auto of_w = gather(w, Indices{{2, 0, 1, 1}, {0, 0, 2, 1}}, 0), taken = take_along_dim(v, Indices{{3, 0, 0}}, 1);
    return taken * b + sum(of_w);
  });
  run("picked_all", deep, [](const auto& v, const auto& w, const auto&) {
    return take_along_dim(v, Indices{{{0, 2}}}, 2) + sum(gather(w, Indices{{1, 3}}, 1));
  });
  run("added", x, [](const auto& v, const auto& w, const auto& b) {
    const auto pairs = scatter_add(w, Indices{{0, 0}, {3, 1}}, slice(slice(w * w, 0, 2), 0, 2, 1), 1);
    return matmul_nt(v, pairs) + scatter_add(zeros_like(b), Indices{0, 2, 0}, b, 0);
  });
  run("ends_of_the_batch", deep, [](const auto& v, const auto& w, const auto&) {
    const auto later = index(v, {Slice(1, to_end)}), before = slice(v, 0, shape_of(v)[0] - 1);
    const auto last = index(v, {-1}), first = index(v, {0});
    const auto second = index(v, {Slice(0, to_end, 2), Slice(), Slice(0, 3, 2)});
    return v + last * first + mean(later * before * w, 0, true) + sum(second);
  });
}

}  // namespace support
