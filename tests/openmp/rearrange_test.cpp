// Ops on whole tensors that are split among threads: the same bits for any number of threads, forwards and backwards.
#include <doctest/doctest.h>
#include <omp.h>

#include <cstdint>
#include <cstring>
#include <minigrad/minigrad.hpp>
#include <minigrad/ops/all.hpp>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

using V = Tensor<float>;
using Indices = Tensor<std::int64_t>;

template <class T>
void add_bytes(std::string& to, const Tensor<T>& x) {
  to += to_string(x.shape());
  to.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(T));
}

/// f(x) and the gradient of a weighted sum of it, with 1, 2, 3 and 5 threads.
template <class F>
void check(const char* name, const V& x, const F& f) {
  CAPTURE(name);
  const auto run = [&](int threads) {
    omp_set_num_threads(threads);
    std::string out;
    Graph<V> graph;
    const auto v = graph.variable(x);
    const auto y = f(v);
    add_bytes(out, y.value());
    backward(sum(y * y));
    add_bytes(out, v.grad());
    const V alone = f(x);
    add_bytes(out, alone);
    return out;
  };
  const std::string expected = run(1);
  for (const int threads : {2, 3, 5}) CHECK(run(threads) == expected);
}

Indices random_indices(const Shape& shape, std::uint64_t below, Rng& rng) {
  auto out = Indices::empty(shape);
  for (std::int64_t& i : out) i = static_cast<std::int64_t>(rng.integer(below));
  return out;
}

}  // namespace

TEST_CASE("ops on whole tensors have the same bits for any number of threads") {
  Rng rng(3);
  const V x = normal({96, 1030}, 0, 1, rng), line = normal({200'003}, 0, 1, rng), images = normal({16, 8, 41, 37}, 0, 1, rng);
  const Indices at = random_indices({96, 1030}, 1030, rng), few = random_indices({96, 1030}, 3, rng);
  const Indices rows = random_indices({96, 1030}, 96, rng), places = random_indices({200'003}, 5, rng);
  const V source = normal({96, 1030}, 0, 1, rng), of_line = normal({200'003}, 0, 1, rng);

  check("gather along 1", x, [&](const auto& v) { return gather(v, at, 1); });
  check("gather along 0", x, [&](const auto& v) { return gather(v, rows, 0); });
  check("scatter_add along 1", x, [&](const auto& v) { return scatter_add(v, at, source, 1); });
  check("scatter_add of v", source, [&](const auto& v) { return scatter_add(x, at, v, 1); });
  check("scatter_add to three places", source, [&](const auto& v) { return scatter_add(x, few, v, 1); });
  check("scatter_add along 0", source, [&](const auto& v) { return scatter_add(x, rows, v, 0); });
  check("scatter_add of a line", of_line, [&](const auto& v) { return scatter_add(line, places, v, 0); });
  check("pad", images, [](const auto& v) { return pad(v, {1, 2, 3, 1}); });
  check("pad the first axis", images, [](const auto& v) { return pad(v, {1, 1, 0, 0, 0, 0, 1, 2}); });
  check("reflect", images, [](const auto& v) { return pad(v, {1, 2, 3, 1}, PadMode::reflect); });
  check("sort", x, [](const auto& v) { return sort(v).first; });
  check("sort along 0", x, [](const auto& v) { return sort(v, 0, true).first; });
  check("topk", x, [](const auto& v) { return topk(v, 17).first; });
  check("cumsum", x, [](const auto& v) { return cumsum(v, 1); });
  check("cumsum back along 0", x, [](const auto& v) { return cumsum(v, 0, true, true); });
  check("cumprod", x, [](const auto& v) { return cumprod(v * 0.01 + 1, 1); });
  check("permute", images, [](const auto& v) { return permute(v, {0, 2, 3, 1}); });
  check("flip", images, [](const auto& v) { return flip(v, {2, 3}); });
  check("roll", x, [](const auto& v) { return roll(v, 7, 1); });
  check("tril", x, [](const auto& v) { return tril(v) + triu(v, 3); });
  check("sum over several axes", images, [](const auto& v) { return sum(v, {0, 2, 3}); });
  check("sum over the middle", images, [](const auto& v) { return sum(v, {1, 2}); });
  check("var over several axes", images, [](const auto& v) { return var(v, {0, 2, 3}); });
  check("einsum", images, [](const auto& v) { return einsum("nchw,nchv->nwv", v, v); });
  check("matmul of many", images, [](const auto& v) { return matmul_nt(v, v); });
}
