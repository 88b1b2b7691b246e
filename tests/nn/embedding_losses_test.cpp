#include <minigrad/nn/embedding_losses.hpp>

#include "../support/loss_case.hpp"

using namespace minigrad;
using support::Case, support::compare_losses, support::refusal;

namespace {
using T = Tensor<double>;
}

TEST_CASE("hinge_embedding_loss agrees with PyTorch for every margin") {
  compare_losses<2>("hinge_embedding/", 6, [](const auto& x, const auto& t, Reduction reduction, const Case& one) {
    return hinge_embedding_loss(x, t, one.number("margin", 1), reduction);
  });
  CHECK(HingeEmbeddingLoss{2}(T{0.5}, T{-1}).item() == 1.5);
}

TEST_CASE("cosine_embedding_loss agrees with PyTorch for every margin") {
  compare_losses<3>("cosine_embedding/", 6,
                    [](const auto& a, const auto& b, const auto& t, Reduction reduction, const Case& one) {
                      return cosine_embedding_loss(a, b, t, one.number("margin", 0), reduction);
                    });
  CHECK(CosineEmbeddingLoss()(T{{3, 4}}, T{{6, 8}}, T{1}).item() == doctest::Approx(0));
}

TEST_CASE("triplet_margin_loss agrees with PyTorch for every norm, and with swap") {
  compare_losses<3>("triplet_margin/", 12,
                    [](const auto& a, const auto& b, const auto& c, Reduction reduction, const Case& one) {
                      return triplet_margin_loss(a, b, c, {.margin = one.number("margin", 1), .p = one.number("p", 2),
                                                           .swap = one.number("swap", 0) != 0, .reduction = reduction});
                    });
  CHECK(TripletMarginLoss({.margin = 3})(T{{0, 0}}, T{{1, 0}}, T{{0, 2}}).item() == doctest::Approx(2).epsilon(1e-5));
}

TEST_CASE("options, shapes and targets that these losses do not take are named") {
  const T x = zeros<double>({3, 2}), y = ones<double>({3});
  CHECK(refusal([&] { hinge_embedding_loss(x, T{{1, -1}, {1, 0}, {1, 1}}); }) ==
        "hinge_embedding_loss: target 0 in row 1: targets are 1 (alike) or -1 (different)");
  CHECK(refusal([&] { cosine_embedding_loss(x, x, T{1, -1, 2}); }) ==
        "cosine_embedding_loss: target 2 in row 2: targets are 1 (alike) or -1 (different)");
  CHECK(refusal([&] { cosine_embedding_loss(x, x, x); }) ==
        "cosine_embedding_loss: vectors [3, 2] and [3, 2], targets [3, 2]: [n, d], [n, d] and [n] are expected");
  CHECK(refusal([&] { cosine_embedding_loss(x, x, y, 2); }) ==
        "cosine_embedding_loss: margin is 2, and must lie in -1..1, as cosines do");
  CHECK(refusal([&] { triplet_margin_loss(x, x, y); }) ==
        "triplet_margin_loss: anchor [3, 2], positive [3, 2] and negative [3]: three times the same [n, d] is expected");
  CHECK(refusal([&] { triplet_margin_loss(x, x, x, {.margin = -1}); }) ==
        "triplet_margin_loss: margin is -1, and must be at least 0");
  CHECK(refusal([&] { triplet_margin_loss(x, x, x, {.p = 0.5}); }) ==
        "triplet_margin_loss: p is 0.5, and must be at least 1");
}
