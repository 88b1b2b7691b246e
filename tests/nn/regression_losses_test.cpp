#include <minigrad/nn/regression_losses.hpp>

#include "../support/loss_case.hpp"

using namespace minigrad;
using support::Case, support::compare_losses, support::refusal;

namespace {
using T = Tensor<double>;
}

TEST_CASE("smooth_l1_loss agrees with PyTorch for every beta, is huber_loss / beta, and l1_loss for beta = 0") {
  compare_losses<2>("smooth_l1/", 12, [](const auto& x, const auto& t, Reduction reduction, const Case& one) {
    return smooth_l1_loss(x, t, one.number("beta"), reduction);
  });
  const T x{{0.5, -1.25}, {3, 2}}, t{{0.25, -2}, {0.5, 2.5}};
  CHECK(smooth_l1_loss(x, t, 0.5).item() == doctest::Approx(huber_loss(x, t, 0.5).item() / 0.5));
  CHECK(smooth_l1_loss(x, t, 0).item() == l1_loss(x, t).item());
  CHECK(SmoothL1Loss{.beta = 0.5}(x, t) == smooth_l1_loss(x, t, 0.5));
}

TEST_CASE("poisson_nll_loss agrees with PyTorch, of rates and of their logarithms") {
  compare_losses<2>("poisson_nll/", 12, [](const auto& x, const auto& t, Reduction reduction, const Case& one) {
    return poisson_nll_loss(x, t, {.log_input = one.number("log_input") != 0, .full = one.number("full") != 0,
                                   .eps = one.number("eps", 1e-8), .reduction = reduction});
  });
  CHECK(PoissonNLLLoss({.full = true})(T{1}, T{3}) == poisson_nll_loss(T{1}, T{3}, {.full = true}));
}

TEST_CASE("gaussian_nll_loss agrees with PyTorch, also for a variance below eps and for one of each row") {
  compare_losses<3>("gaussian_nll/", 12,
                    [](const auto& x, const auto& t, const auto& variance, Reduction reduction, const Case& one) {
                      return gaussian_nll_loss(x, t, variance, {.full = one.number("full") != 0,
                                                                .eps = one.number("eps"), .reduction = reduction});
                    });
  CHECK(GaussianNLLLoss()(T{1}, T{3}, T{2}) == gaussian_nll_loss(T{1}, T{3}, T{2}));
}

TEST_CASE("these losses are also those of numbers") {
  Graph<double> graph;
  const auto x = graph.variable(1.0);
  const auto loss = smooth_l1_loss(x, 3.0) + poisson_nll_loss(x, 2.0) + gaussian_nll_loss(x, 3.0, 2.0);
  CHECK(loss.value() == doctest::Approx(1.5 + std::exp(1.0) - 2 + std::log(2.0) / 2 + 1));
  backward(loss);
  CHECK(x.grad() == doctest::Approx(-1 + std::exp(1.0) - 2 - 1));
}

TEST_CASE("options, shapes and targets that these losses do not take are named") {
  const T x = zeros<double>({3, 2}), row = zeros<double>({2});
  CHECK(refusal([&] { smooth_l1_loss(x, x, -1); }) == "smooth_l1_loss: beta is -1, and must be at least 0");
  CHECK(refusal([&] { smooth_l1_loss(x, row); }) == "smooth_l1_loss: prediction [3, 2] and target [2]: shapes differ");
  CHECK(refusal([&] { poisson_nll_loss(x, T{{0, 1}, {2, 3}, {4, -1}}); }) ==
        "poisson_nll_loss: target -1 in row 2: counts are at least 0");
  CHECK(refusal([&] { poisson_nll_loss(T{0.5, -2}, T{1, 1}, {.log_input = false}); }) ==
        "poisson_nll_loss: prediction -2 in row 1: rates are at least 0; of their logarithms say log_input = true");
  CHECK(refusal([&] { poisson_nll_loss(x, x, {.eps = -1}); }) == "poisson_nll_loss: eps is -1, and must be at least 0");
  CHECK(refusal([&] { gaussian_nll_loss(x, x, T{{1, 1}, {1, -0.5}, {1, 1}}); }) ==
        "gaussian_nll_loss: variance -0.5 in row 1: variances are at least 0; exp() or softplus() of a layer's output is");
  CHECK(refusal([&] { gaussian_nll_loss(x, x, row); }) ==
        "gaussian_nll_loss: prediction [3, 2] and variance [2]: the variance has the shape of the prediction, or [3, 1]");
  CHECK(refusal([&] { gaussian_nll_loss(x, x, x, {.eps = 0}); }) == "gaussian_nll_loss: eps is 0, and must be positive");
  CHECK(std::isnan(poisson_nll_loss(T{0.5}, T{std::nan("")}).item()));  // fit() reports it
}

TEST_CASE("a captured step refuses targets of a later run") {
  auto step = capture([](const auto& x, const auto& t) { return poisson_nll_loss(x, t); }, T{0.5}, T{1});
  CHECK(refusal([&] { step(T{0.5}, T{-1}); }) == "poisson_nll_loss: target -1 in row 0: counts are at least 0");
}
