#include <minigrad/nn/class_losses.hpp>

#include "../support/loss_case.hpp"

using namespace minigrad;
using support::Case, support::check_agrees, support::compare_losses, support::refusal;

namespace {

using T = Tensor<double>;
using Labels = Tensor<std::int64_t>;

/// Compares loss(x, labels, weight, ignore_index, label_smoothing, reduction) with the cases of losses.txt.
template <class Loss>
void compare(const std::string& prefix, std::size_t count, const Loss& loss) {
  static const support::Fixture fixture = support::read_fixture("losses.txt");
  CHECK(support::for_each_case(fixture, prefix, [&](const std::string& name, const Case& one) {
          CAPTURE(name);
          const std::string word = one.word("reduction");
          const Reduction r = word == "mean" ? Reduction::mean : word == "sum" ? Reduction::sum : Reduction::none;
          const T x = T::from(Shape{4, 3}, one.numbers("prediction"));
          Labels labels = Labels::empty({4}), others{0, 1, 2, 0};
          for (std::size_t i = 0; i < 4; ++i) labels[i] = static_cast<std::int64_t>(one.numbers("target")[i]);
          T weight;
          if (one.has("weight")) weight = T::from(Shape{3}, one.numbers("weight"));
          const auto ignored = static_cast<std::int64_t>(one.number("ignore_index", -100));
          const double smoothing = one.number("label_smoothing", 0);
          const auto of = [&](const auto& a, const auto& t) { return loss(a, t, weight, ignored, smoothing, r); };

          check_agrees(of(x, labels), one.numbers("value"));
          check_agrees(of(x.to<float>(), labels), one.numbers("value"));
          Graph<T> graph;
          const auto v = graph.variable(x);
          const auto y = of(v, labels);
          check_agrees(y.value(), one.numbers("value"));
          backward(support::total(y));
          check_agrees(v.grad(), one.numbers("grad_prediction"));

          Parameter<T> scale(ones<double>({}));
          auto step = capture([&](const auto& a, const auto& t) { return support::total(of(a * scale, t)); }, x, labels);
          const double first = step.value().item();
          CHECK(step(x, others).item() == support::total(of(x, others)).item());
          const auto run = [&] {
            step(x, labels);
            scale.zero_grad();
            step.backward();
          };
          run();
          CHECK(step.value().item() == first);
          run();
          const std::size_t taken = support::allocations();
          run();
          CHECK(support::allocations() == taken);
        }) == count);
}

}  // namespace

TEST_CASE("cross_entropy_loss with weights, label smoothing and a label to leave out agrees with PyTorch, and replays") {
  const auto loss = [](const auto& x, const auto& t, const T& weight, std::int64_t ignored, double smoothing,
                       Reduction reduction) {
    return cross_entropy_loss(
        x, t, {.weight = weight, .ignore_index = ignored, .label_smoothing = smoothing, .reduction = reduction});
  };
  for (const char* name : {"plain/", "label_smoothing/", "weight/", "ignore_index/", "ignore_smoothing/",
                           "weight_smoothing/"})
    compare(std::string("cross_entropy/") + name, 3, loss);
}

TEST_CASE("nll_loss with weights and a label to leave out agrees with PyTorch, and replays") {
  compare("nll/", 9, [](const auto& x, const auto& t, const T& weight, std::int64_t ignored, double, Reduction r) {
    return nll_loss(x, t, {.weight = weight, .ignore_index = ignored, .reduction = r});
  });
}

TEST_CASE("label smoothing and weights of probabilities are those of labels, where one class has all of it") {
  const T x{{1, -0.5, 2}, {0.1, 0.2, 0.3}};
  const CrossEntropyOptions o{.weight = {0.5, 2, 1.5}, .label_smoothing = 0.2, .reduction = Reduction::none};
  const T soft = cross_entropy_loss(x, T{{0, 0, 1}, {1, 0, 0}}, o), hard = cross_entropy_loss(x, Labels{2, 0}, o);
  for (std::size_t i = 0; i < 2; ++i) CHECK(soft[i] == doctest::Approx(hard[i]));
  CHECK(CrossEntropyLossWith({.label_smoothing = 0.2})(x, Labels{2, 0}) ==
        cross_entropy_loss(x, Labels{2, 0}, {.label_smoothing = 0.2}));
  CHECK(NLLLossWith({.ignore_index = 0})(log_softmax(x, 1), Labels{2, 0}).item() ==
        doctest::Approx(cross_entropy_loss(x, Labels{2, 0}, {.ignore_index = 0}).item()));
}

TEST_CASE("a class that is ruled out by a score of -infinity costs nothing where it is not the label") {
  const T x{{1, -std::numeric_limits<double>::infinity(), 2}};
  CHECK(std::isfinite(cross_entropy_loss(x, Labels{2}, {.weight = {1, 1, 1}}).item()));
}

TEST_CASE("kl_div agrees with PyTorch, for targets that are probabilities or their logarithms") {
  compare_losses<2>("kl_div/plain/", 3, [](const auto& x, const auto& t, Reduction reduction, const Case&) {
    return kl_div(x, t, reduction);
  });
  compare_losses<2>("kl_div/log_target/", 3, [](const auto& x, const auto& t, Reduction reduction, const Case&) {
    return kl_div(x, t, reduction, true);
  });
  CHECK(KLDivLoss{Reduction::sum}(T{{-1, -2}}, T{{1, 0}}).item() == 1);
}

TEST_CASE("options, shapes and labels that the losses of classes do not take are named") {
  const T x{{1, 2, 3}, {4, 5, 6}};
  const auto of = [&](const Labels& labels, const CrossEntropyOptions& o) {
    return refusal([&] { cross_entropy_loss(x, labels, o); });
  };
  CHECK(of({0, 3}, {.label_smoothing = 0.1}) ==
        "cross_entropy_loss: label 3 in row 1, but there are 3 classes, and the index to leave out is -100");
  CHECK(of({0, -100}, {.label_smoothing = 0.1}) == "none");
  CHECK(of({0, 1}, {.label_smoothing = 1.5}) == "cross_entropy_loss: label_smoothing is 1.5, and must lie in 0..1");
  CHECK(of({0, 1}, {.weight = {1, -1, 1}}) ==
        "cross_entropy_loss: the weight of class 1 is -1, and must be a finite number of at least 0");
  CHECK(of({0, 1}, {.weight = {1, 1, detail::infinity<double>}}) ==
        "cross_entropy_loss: the weight of class 2 is inf, and must be a finite number of at least 0");
  CHECK(of({0, 1}, {.weight = {1, 1}}) ==
        "cross_entropy_loss: weight [2] for scores [2, 3]: one number for each class is expected");
  CHECK(of({1, 1}, {.ignore_index = 1}) ==
        "cross_entropy_loss: the mean over 2 rows that are all left out, by their label 1 or a weight of 0: leave such a "
        "batch out, or take Reduction::sum");
  CHECK(of({1, 1}, {.ignore_index = 1, .reduction = Reduction::sum}) == "none");
  CHECK(of({0, 1, 2}, {}) ==
        "cross_entropy_loss: scores [2, 3] and labels [3]: [n, classes] and [n] are expected");
  CHECK(refusal([&] { nll_loss(x, Labels{0, 1}, {}); }).find("nll_loss: 1 in row 0 is above 0") == 0);
  CHECK(refusal([&] { kl_div(x, x); }) ==
        "kl_div: input 1 in row 0 is above 0: logarithms of probabilities are expected, as log_softmax gives them");
  CHECK(refusal([&] { kl_div(-x, x); }).find("kl_div: target 2 in row 0 is outside of 0..1") == 0);
}

TEST_CASE("CrossEntropyLossWith takes labels of any integer type, as CrossEntropyLoss does") {
  const T logits{{1, 2, 0.5}, {0, -1, 2}, {3, 1, 1}};
  const Labels labels{0, 2, 1};
  const CrossEntropyLossWith loss({.weight = {1, 2, 4}, .ignore_index = 1, .label_smoothing = 0.1});
  CHECK(loss(logits, labels.to<int>()).item() == loss(logits, labels).item());
  CHECK(loss(logits, labels.to<std::uint8_t>()).item() == loss(logits, labels).item());
  CHECK(loss.weight_of(labels.to<int>()) == loss.weight_of(labels));
  Graph<T> graph;
  CHECK(loss(graph.variable(logits), labels.to<int>()).item() == loss(logits, labels).item());
}
