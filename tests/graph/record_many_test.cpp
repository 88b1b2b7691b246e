#include <doctest/doctest.h>

#include <cstddef>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <span>
#include <vector>

using namespace minigrad;

TEST_CASE("record_many takes as many inputs as there are when the program runs") {
  const auto total = [](const std::vector<Var<double>>& x) {
    return record_many("total",
                       [](std::span<const double* const> values) {
                         double sum_of_all = 0;
                         for (const double* value : values) sum_of_all += *value;
                         return sum_of_all;
                       },
                       [](const auto& g, auto&&, std::size_t k) { return g * static_cast<int>(k + 1); })(x);
  };
  Graph<double> graph;
  const auto x = graph.variable(1), y = graph.variable(2), data = graph.input(4);
  const auto sum_of_all = total({x, y, data, x});
  CHECK(sum_of_all.value() == 8);
  backward(sum_of_all);
  CHECK(x.grad() == 1 + 4);
  CHECK(y.grad() == 2);
  CHECK(grad(sum_of_all, x).value() == 5);
  CHECK_THROWS_WITH_AS(sum_of_all.grad(),
                       "minigrad: grad: no gradient is kept for this Var (total): call backward() on a loss that uses "
                       "it, and graph.retain_grads() before that for one in the middle of the graph",
                       GraphError);
  CHECK_THROWS_WITH_AS(total({}), "minigrad: total: nothing to put together", ValueError);
  Graph<double> other;
  CHECK_THROWS_WITH_AS(total({x, other.variable(1)}), "minigrad: total: the operands belong to different graphs",
                       GraphError);
  CHECK_THROWS_WITH_AS(total({x, Var<double>()}), "minigrad: Var: used before it was given a value", GraphError);
}
