#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <minigrad/core/random.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/clip.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "../support/optimizer_case.hpp"

using namespace minigrad;
using support::add_gradient;
using support::agrees;

namespace {

const support::Fixture fixture = support::read_fixture("optim.txt");
constexpr double inf = std::numeric_limits<double>::infinity();

struct TwoGradients {
  Parameter<Tensor<double>> weight, bias;
  explicit TwoGradients(const support::Case& one)
      : weight(Tensor<double>::from({2, 3}, one.numbers("weight"))),
        bias(Tensor<double>::from({2}, one.numbers("bias"))) {
    add_gradient(weight, Tensor<double>(weight.value()));
    add_gradient(bias, Tensor<double>(bias.value()));
  }
  auto parts() { return std::tie(weight, bias); }

  void compare(const support::Case& one) const {
    const auto w = one.numbers("clipped_weight"), b = one.numbers("clipped_bias");
    for (std::size_t i = 0; i < 6; ++i) CHECK(agrees(weight.grad()[i], w[i]));
    for (std::size_t i = 0; i < 2; ++i) CHECK(agrees(bias.grad()[i], b[i]));
  }
};

/// A list of one parameter with this gradient.
template <class V>
std::vector<Parameter<V>> with_gradient(const V& g) {
  std::vector<Parameter<V>> out{Parameter<V>(g)};
  add_gradient(out[0], g);
  return out;
}

}  // namespace

TEST_CASE("clip_grad_norm agrees with PyTorch") {
  const auto compare = [](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    TwoGradients model(one);
    CHECK(agrees(grad_norm(model, one.number("norm_type")), one.number("total_norm")));
    CHECK(agrees(clip_grad_norm(model, one.number("max_norm"), one.number("norm_type")), one.number("total_norm")));
    model.compare(one);
    TwoGradients same(one);
    clip_grad_norm(parameters(same), one.number("max_norm"), one.number("norm_type"));
    same.compare(one);
  };
  const std::size_t compared = support::for_each_case(fixture, "clip_norm/", compare);
  CHECK(compared == 9);
}

TEST_CASE("clip_grad_value agrees with PyTorch") {
  const auto compare = [](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    TwoGradients model(one);
    clip_grad_value(model, one.number("clip_value"));
    model.compare(one);
  };
  const std::size_t compared = support::for_each_case(fixture, "clip_value/", compare);
  CHECK(compared == 3);
}

TEST_CASE("the norm is Euclid's by default, and any other by its exponent") {
  auto list = with_gradient(Tensor<float>{3, 0, -4});
  CHECK(grad_norm(list) == 5);
  CHECK(grad_norm(list, 1) == 7);
  CHECK(grad_norm(list, inf) == 4);
  CHECK(grad_norm(list, 3) == doctest::Approx(std::cbrt(27.0 + 64)).epsilon(1e-12));
  CHECK(clip_grad_norm(list, 2.5) == 5);
  CHECK(grad_norm(list) == doctest::Approx(2.5).epsilon(1e-6));
  CHECK(clip_grad_norm(list, 0) == doctest::Approx(2.5).epsilon(1e-6));
  CHECK(grad_norm(list) == 0);
}

TEST_CASE("a norm of floats is summed in double, in chunks that do not depend on anything but the size") {
  Rng rng(1);
  for (std::size_t n : {0u, 1u, 15u, 16u, 17u, 1000u}) {
    auto g = Tensor<float>::empty({n});
    double squares = 0;
    for (float& value : g) {
      value = static_cast<float>(rng.normal(0, 1e25));  // its square is no float
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    auto list = with_gradient(g);
    CHECK(grad_norm(list) == doctest::Approx(std::sqrt(squares)).epsilon(1e-14));
  }
}

TEST_CASE("gradients of numbers have a norm, too") {
  std::vector<Parameter<double>> model{Parameter(3.0), Parameter(4.0), Parameter(5.0)};
  add_gradient(model[0], 6.0);
  add_gradient(model[1], -8.0);
  CHECK(grad_norm(model) == 10);
  CHECK(clip_grad_norm(model, 5) == 10);
  CHECK(model[0].grad() == doctest::Approx(3).epsilon(1e-6));
  clip_grad_value(model, 1);
  CHECK(model[0].grad() == 1);
  CHECK(model[1].grad() == -1);
  CHECK(!model[2].has_grad());
}

TEST_CASE("without gradients the norm is 0, and clipping does nothing") {
  Rng rng(1);
  Linear model(2, 3, rng);
  CHECK(grad_norm(model) == 0);
  CHECK(clip_grad_norm(model, 1) == 0);
  clip_grad_value(model, 1);
  CHECK(!model.weight.has_grad());
}

TEST_CASE("a frozen parameter counts for nothing, as in a step") {
  std::vector<Parameter<Tensor<float>>> model{Parameter(Tensor<float>{1}), Parameter(Tensor<float>{1})};
  add_gradient(model[0], Tensor<float>{3});
  add_gradient(model[1], Tensor<float>{100});
  model[1].requires_grad(false);
  CHECK(clip_grad_norm(model, 1) == 3);
  CHECK(model[1].grad()[0] == 100);
}

TEST_CASE("a norm that is not finite is told") {
  for (const double norm_type : {1.0, 2.0, inf}) {
    CAPTURE(norm_type);
    auto infinite = with_gradient(Tensor<double>{1, -inf, 2});
    CHECK(grad_norm(infinite, norm_type) == inf);
    auto unknown = with_gradient(Tensor<double>{1, std::nan(""), 2});
    CHECK(std::isnan(clip_grad_norm(unknown, 1, norm_type)));
    CHECK(unknown[0].grad()[0] == 1);
  }
}

TEST_CASE("clipping says what it cannot take") {
  auto model = with_gradient(Tensor<double>{1});
  CHECK_THROWS_WITH_AS(grad_norm(model, 0), "minigrad: grad_norm: norm_type is 0, and must be positive", ValueError);
  CHECK_THROWS_WITH_AS(clip_grad_norm(model, -1), "minigrad: clip_grad_norm: max_norm is -1, and must be at least 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(clip_grad_value(model, -1), "minigrad: clip_grad_value: the limit is -1, and must be at least 0",
                       ValueError);
}

TEST_CASE("a part that is listed twice is clipped once") {
  struct Net {
    Parameter<Tensor<double>> w{Tensor<double>{1, 2}};
    auto parts() { return std::tie(w, w); }
  };
  Net net;
  Graph<Tensor<double>> graph;
  backward(sum(graph.parameter(net.w) * Tensor<double>{3, 4}));
  CHECK(grad_norm(net) == 5);
  clip_grad_norm(net, 1);
  CHECK(grad_norm(net) == doctest::Approx(1).epsilon(1e-5));
}
