#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/class_losses.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <vector>

#include "../support/fixture.hpp"
#include "../support/loss_case.hpp"

using namespace minigrad;
using support::check_agrees;

namespace {

using T = Tensor<double>;
using Labels = Tensor<std::int64_t>;
const support::Fixture fixture = support::read_fixture("losses.txt");

Shape shape_of_case(const support::Case& one) {
  Shape shape;
  for (const double extent : one.numbers("shape")) shape.push_back(static_cast<std::size_t>(extent));
  return shape;
}
T tensor(const support::Case& one, const std::string& key) { return T::from(shape_of_case(one), one.numbers(key)); }
Labels labels(const support::Case& one) {
  Labels out = Labels::empty(shape_of_case(one)[0]);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::int64_t>(one.numbers("target")[i]);
  return out;
}
Reduction reduction_of(const support::Case& one) {
  const std::string name = one.word("reduction");
  return name == "mean" ? Reduction::mean : name == "sum" ? Reduction::sum : Reduction::none;
}

/// dL/dx for L = sum over k of (k + 1) / 4 * loss_k, as in the fixture; a single loss is L itself.
template <class N>
void backward_of(const Var<Tensor<N>>& loss) {
  if (loss.value().rank() == 0) return backward(loss);
  Tensor<N> upstream = loss.value();
  for (std::size_t k = 0; k < upstream.size(); ++k) upstream[k] = static_cast<N>(k + 1) / 4;
  backward(sum(loss * upstream));
}

/// Compares value and gradients of loss(prediction, target, reduction, case) with all cases of that name.
template <class Target, class Loss>
void compare(const std::string& prefix, std::size_t count, const Target& target_of, const Loss& loss) {
  const std::size_t compared =
      support::for_each_case(fixture, prefix, [&](const std::string& name, const support::Case& one) {
        CAPTURE(name);
        const Reduction reduction = reduction_of(one);
        const T prediction = tensor(one, "prediction");
        const auto target = target_of(one);
        Graph<T> graph;
        const auto x = graph.variable(prediction);
        if constexpr (std::is_same_v<decltype(target), const T>) {
          const auto t = graph.variable(target);
          const auto y = loss(x, t, reduction, one);
          check_agrees(y.value(), one.numbers("value"));
          backward_of(y);
          check_agrees(x.grad(), one.numbers("grad_prediction"));
          check_agrees(t.grad(), one.numbers("grad_target"));
        } else {
          const auto y = loss(x, target, reduction, one);
          check_agrees(y.value(), one.numbers("value"));
          backward_of(y);
          check_agrees(x.grad(), one.numbers("grad_prediction"));
        }
        Graph<Tensor<float>> floats;
        const auto x_as_float = floats.variable(prediction.to<float>());
        const auto in_float = [&] {
          if constexpr (std::is_same_v<decltype(target), const T>)
            return loss(x_as_float, target.template to<float>(), reduction, one);
          else return loss(x_as_float, target, reduction, one);
        }();
        check_agrees(in_float.value(), one.numbers("value"));
        backward_of(in_float);
        check_agrees(x_as_float.grad(), one.numbers("grad_prediction"));
        const T without_graph = loss(prediction, target, reduction, one);  // a Tensor in, a Tensor out
        check_agrees(without_graph, one.numbers("value"));
      });
  CHECK(compared == count);
}

constexpr auto same_shape = [](const support::Case& one) { return tensor(one, "target"); };

}  // namespace

TEST_CASE("mse_loss and l1_loss agree with PyTorch") {
  compare("mse/", 6, same_shape, [](const auto& x, const auto& t, Reduction reduction, const support::Case&) {
    return mse_loss(x, t, reduction);
  });
  compare("l1/", 9, same_shape, [](const auto& x, const auto& t, Reduction reduction, const support::Case&) {
    return l1_loss(x, t, reduction);
  });
}

TEST_CASE("huber_loss agrees with PyTorch for every delta") {
  compare("huber/", 12, same_shape, [](const auto& x, const auto& t, Reduction reduction, const support::Case& one) {
    return huber_loss(x, t, one.number("delta", 1), reduction);
  });
}

TEST_CASE("bce_with_logits_loss agrees with PyTorch, also for logits of 1000 and targets between 0 and 1") {
  for (const char* name : {"plain/", "soft/", "extreme/"})
    compare(std::string("bce_with_logits/") + name, 3, same_shape,
            [](const auto& x, const auto& t, Reduction reduction, const support::Case&) {
              return bce_with_logits_loss(x, t, reduction);
            });
}

TEST_CASE("cross_entropy_loss agrees with PyTorch, for classes and for probabilities") {
  const auto loss = [](const auto& x, const auto& t, Reduction reduction, const support::Case&) {
    return cross_entropy_loss(x, t, reduction);
  };
  compare("cross_entropy/plain/", 3, labels, loss);
  compare("cross_entropy/extreme/", 3, labels, loss);
  compare("cross_entropy/probabilities/", 3, same_shape, loss);
}

TEST_CASE("nll_loss agrees with PyTorch") {
  compare("nll/plain/", 3, labels, [](const auto& x, const auto& t, Reduction reduction, const support::Case&) {
    return nll_loss(x, t, reduction);
  });
}

TEST_CASE("a target may be a tensor, a Var or a parameter, and the mean is what a loss is by default") {
  const T p{{1, 2}, {3, 4}}, t{{1, 1}, {1, 1}};
  Graph<T> graph;
  const Parameter target(t);
  const auto x = graph.input(p);
  CHECK(mse_loss(p, t).item() == 3.5);
  CHECK(mse_loss(x, t).item() == 3.5);
  CHECK(mse_loss(p, graph.input(t)).item() == 3.5);
  CHECK(mse_loss(x, target).item() == 3.5);
  CHECK(mse_loss(x, t, Reduction::sum).item() == 14);
  CHECK(mse_loss(x, t, Reduction::none).value() == T{{0, 1}, {4, 9}});
}

TEST_CASE("losses of numbers need no tensors") {
  Graph<double> graph;
  const auto x = graph.variable(3.0);
  const auto loss = mse_loss(x, 1.0) + l1_loss(x, 5.0) + huber_loss(x, 0.0) + bce_with_logits_loss(x, 1.0);
  CHECK(loss.value() == doctest::Approx(4 + 2 + 2.5 + std::log1p(std::exp(-3.0))));
  backward(loss);
  CHECK(x.grad() == doctest::Approx(4 - 1 + 1 + (1 / (1 + std::exp(-3.0)) - 1)));
}

TEST_CASE("the losses as objects do the same as the functions") {
  const T p{{1, -2}, {0.5, 3}}, t{{0, 1}, {0.75, 0.25}}, logs = log_softmax(p, 1);
  const Labels classes{1, 0};
  const Reduction all = Reduction::sum;
  CHECK(MSELoss()(p, t) == mse_loss(p, t));
  CHECK(MSELoss{all}(p, t) == mse_loss(p, t, all));
  CHECK(L1Loss()(p, t) == l1_loss(p, t));
  CHECK(HuberLoss()(p, t) == huber_loss(p, t));
  CHECK(HuberLoss{0.5, all}(p, t) == huber_loss(p, t, 0.5, all));
  CHECK(BCEWithLogitsLoss()(p, t) == bce_with_logits_loss(p, t));
  CHECK(CrossEntropyLoss()(p, classes) == cross_entropy_loss(p, classes));
  CHECK(CrossEntropyLoss()(p, t) == cross_entropy_loss(p, t));
  CHECK(NLLLoss()(logs, classes) == nll_loss(logs, classes));
}

TEST_CASE("shapes that differ are refused, with the reshape that mends them") {
  const T column = T::empty({4, 1}), flat = T::empty({4}), more = T::empty({5, 1});
  CHECK_THROWS_WITH_AS(
      mse_loss(column, flat),
      "minigrad: mse_loss: prediction [4, 1] and target [4]: shapes differ; reshape the target to [4, 1]", ShapeError);
  CHECK_THROWS_WITH_AS(mse_loss(flat, column),
                       "minigrad: mse_loss: prediction [4] and target [4, 1]: shapes differ; reshape the target to [4]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(l1_loss(column, more), "minigrad: l1_loss: prediction [4, 1] and target [5, 1]: shapes differ",
                       ShapeError);
  CHECK_THROWS_WITH_AS(huber_loss(column, more),
                       "minigrad: huber_loss: prediction [4, 1] and target [5, 1]: shapes differ", ShapeError);
  CHECK_THROWS_WITH_AS(bce_with_logits_loss(column, more),
                       "minigrad: bce_with_logits_loss: prediction [4, 1] and target [5, 1]: shapes differ",
                       ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy_loss(column, more),
                       "minigrad: cross_entropy_loss: prediction [4, 1] and target [5, 1]: shapes differ", ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy_loss(flat, flat),
                       "minigrad: cross_entropy_loss: logits [4]: [n, classes] is expected, with at least two classes; "
                       "for one column of yes and no there is bce_with_logits_loss",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      cross_entropy_loss(column, column),
      "minigrad: cross_entropy_loss: logits [4, 1]: [n, classes] is expected, with at least two classes; "
      "for one column of yes and no there is bce_with_logits_loss",
      ShapeError);
  const Tensor<std::int64_t> labels{0, 1, 0, 0};
  for (const bool handles : {false, true}) {  // one column of scores would be right for each label 0, and learn nothing
    Graph<T> graph;
    const auto refuse = [&](const auto& loss, const char* why) {
      if (handles) CHECK_THROWS_WITH_AS(loss(graph.input(column), graph.input(labels)), why, ShapeError);
      else CHECK_THROWS_WITH_AS(loss(column, labels), why, ShapeError);
      CHECK_THROWS_WITH_AS(capture<T>([&](auto x, auto t) { return loss(x, t); }, column, labels), why, ShapeError);
    };
    const char* const why =
        "minigrad: cross_entropy_loss: logits [4, 1]: [n, classes] is expected, with at least two classes; for one "
        "column of yes and no there is bce_with_logits_loss";
    refuse(CrossEntropyLoss(), why);
    refuse(CrossEntropyLossWith({.label_smoothing = 0.1}), why);
    const char* const of_nll =
        "minigrad: nll_loss: log probabilities [4, 1]: [n, classes] is expected, with at least two classes; for one "
        "column of yes and no there is bce_with_logits_loss";
    refuse(NLLLoss(), of_nll);
    refuse(NLLLossWith({.ignore_index = 1}), of_nll);
    CHECK_THROWS_WITH_AS(CrossEntropyLossWith({.label_smoothing = 0.1})(column, column), why, ShapeError);
  }
  Graph<T> graph;
  CHECK_THROWS_WITH_AS(
      mse_loss(graph.input(column), flat),
      "minigrad: mse_loss: prediction [4, 1] and target [4]: shapes differ; reshape the target to [4, 1]", ShapeError);
  CHECK(graph.size() == 1);  // nothing was recorded
}

TEST_CASE("class labels that are not whole numbers are recognised by their shape") {
  CHECK_THROWS_WITH_AS(cross_entropy_loss(T{{1, 2}, {3, 4}}, T{0, 1}),
                       "minigrad: cross_entropy_loss: logits [2, 2] and target [2]: class labels must be a "
                       "Tensor<std::int64_t> of shape [n], as by y.to<std::int64_t>()",
                       ShapeError);
}

TEST_CASE("class labels may be whole numbers of any type") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2}, {3, 5}});
  const float expected = cross_entropy_loss(x.value(), Tensor<std::int64_t>{0, 1}).item();
  CHECK(cross_entropy_loss(x, Tensor<int>{0, 1}).item() == expected);
  CHECK(cross_entropy_loss(x.value(), Tensor<unsigned char>{0, 1}).item() == expected);
}

TEST_CASE("bce_with_logits_loss loses no digits where the logit agrees with the target") {
  const T loss = bce_with_logits_loss(T{40, -40, 1, -1}, T{1, 0, 1, 0}, Reduction::none);
  CHECK(loss[0] == doctest::Approx(std::exp(-40.0)).epsilon(1e-12));
  CHECK(loss[1] == loss[0]);
  CHECK(loss[2] == doctest::Approx(std::log1p(std::exp(-1.0))).epsilon(1e-12));
  CHECK(loss[3] == loss[2]);
}

TEST_CASE("labels must be one for each row, and name a class") {
  const T scores{{1, 2, 3}, {4, 5, 6}};
  CHECK_THROWS_WITH_AS(cross_entropy_loss(scores, Labels{0, 1, 2}),
                       "minigrad: cross_entropy_loss: scores [2, 3] and labels [3]: [n, classes] and [n] are expected",
                       ShapeError);
  CHECK_THROWS_WITH_AS(nll_loss(T{1, 2, 3}, Labels{0}),
                       "minigrad: nll_loss: scores [3] and labels [1]: [n, classes] and [n] are expected", ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy_loss(scores, Labels{0, 3}),
                       "minigrad: cross_entropy_loss: label 3 in row 1, but there are 3 classes", IndexError);
  CHECK_THROWS_WITH_AS(nll_loss(scores, Labels{-1, 0}),
                       "minigrad: nll_loss: label -1 in row 0, but there are 3 classes", IndexError);
}

TEST_CASE("huber_loss needs a positive delta") {
  CHECK_THROWS_WITH_AS(huber_loss(T{1}, T{2}, 0), "minigrad: huber_loss: delta is 0, and must be positive", ValueError);
  CHECK_THROWS_WITH_AS(huber_loss(T{1}, T{2}, -1), "minigrad: huber_loss: delta is -1, and must be positive",
                       ValueError);
}

TEST_CASE("bce_with_logits_loss refuses targets that are no probabilities, and names the first of them") {
  using TF = Tensor<float>;
  CHECK_THROWS_WITH_AS(bce_with_logits_loss(TF{{0.5f}}, TF{{350000}}),
                       "minigrad: bce_with_logits_loss: target 350000 in row 0 is outside of 0..1: targets are "
                       "probabilities, or labels 0 and 1",
                       ValueError);
  const T x = zeros<double>({3, 2});
  const auto message = [&](const T& target) {
    try {
      bce_with_logits_loss(x, target);
    } catch (const ValueError& error) {
      return std::string(error.what()).substr(32, 26);
    }
    return std::string("none");
  };
  CHECK(message({{0, 1}, {0.5, 0}, {1, 2}}) == "target 2 in row 2 is outsi");
  CHECK(message({{0, 1}, {0.5, -1}, {1, 1}}) == "target -1 in row 1 is outs");
  CHECK(message({{0, 1}, {0.5, 1}, {std::nan(""), 2}}) == "target 2 in row 2 is outsi");
  CHECK(message({{0, 1}, {0.5, 1}, {std::nan(""), 1}}) == "none");  // the loss is NaN too
  CHECK(message({{-1e-7, 1 + 1e-7}, {0.5, 1}, {0, 0}}) == "none");  // rounding
  CHECK_THROWS_AS(bce_with_logits_loss(0.5, 2.0), ValueError);
  Graph<double> graph;
  CHECK_THROWS_AS(bce_with_logits_loss(graph.variable(0.5), 2), ValueError);
  CHECK_THROWS_AS(bce_with_logits_loss(graph.variable(0.5), graph.input(2)), ValueError);
  CHECK(bce_with_logits_loss(T{0, 0}, Tensor<bool>{true, false}).item() == doctest::Approx(std::log(2.0)));
}

TEST_CASE("cross_entropy_loss refuses rows of targets that are no probabilities") {
  using TF = Tensor<float>;
  CHECK_THROWS_WITH_AS(cross_entropy_loss(TF{{1, 2}}, TF{{0, 255}}),
                       "minigrad: cross_entropy_loss: target 255 in row 0 is outside of 0..1: targets are probabilities "
                       "that sum to 1 in each row, or labels as a Tensor<std::int64_t> of shape [n]",
                       ValueError);
  CHECK_THROWS_WITH_AS(cross_entropy_loss(TF{{1, 2}, {1, 2}}, TF{{1, 0}, {0, 0}}),
                       "minigrad: cross_entropy_loss: the targets in row 1 sum to 0: targets are probabilities that sum "
                       "to 1 in each row, or labels as a Tensor<std::int64_t> of shape [n]",
                       ValueError);
  CHECK_THROWS_AS(cross_entropy_loss(TF{{1, 2}}, TF{{-1, 1}}), ValueError);
  CHECK_THROWS_AS(cross_entropy_loss(TF{{1, 2}}, TF{{1, 1}}), ValueError);
  CHECK_NOTHROW(cross_entropy_loss(TF{{1, 2, 3}}, TF{{0.333f, 0.333f, 0.333f}}));  // of three digits
  CHECK_NOTHROW(cross_entropy_loss(zeros({1, 1000}), full({1, 1000}, 1e-3)));
}

TEST_CASE("nll_loss refuses probabilities and scores in place of logarithms") {
  CHECK_THROWS_WITH_AS(nll_loss(Tensor<float>{{0.9f, 0.1f}}, {0}),
                       "minigrad: nll_loss: 0.9 in row 0 is above 0: log probabilities are expected, as log_softmax "
                       "gives them; scores go to cross_entropy_loss",
                       ValueError);
  CHECK_THROWS_AS(nll_loss(T{{-1, -2}, {-7, 3}}, {0, 0}), ValueError);  // also where the label is another
  CHECK(nll_loss(T{{1e-7, -20}}, {0}).item() == -1e-7);                 // rounding
  CHECK(std::isnan(nll_loss(T{{std::nan(""), -1}}, {0}).item()));        // a model that has diverged
  Graph<T> graph;
  const auto x = graph.variable({{-1, 0.5}});
  CHECK_THROWS_AS(nll_loss(x, Labels{0}), ValueError);
  const auto logs = graph.variable({{-1, -0.5}});
  const auto slope = grad(nll_loss(logs, Labels{0}), logs);  // its rules take gradients, of either sign
  CHECK(grad(sum(slope * slope * logs), logs).value() == T{{1, 0}});
}

TEST_CASE("labels of shape [n, 1] are refused with the reshape that mends them") {
  const T scores{{1, 2, 3}, {4, 5, 6}};
  CHECK_THROWS_WITH_AS(cross_entropy_loss(scores, Labels{{0}, {1}}),
                       "minigrad: cross_entropy_loss: scores [2, 3] and labels [2, 1]: [n, classes] and [n] are "
                       "expected; reshape the labels to [2]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy_loss(scores, T{{0}, {1}}),
                       "minigrad: cross_entropy_loss: logits [2, 3] and target [2, 1]: class labels must be a "
                       "Tensor<std::int64_t> of shape [n], as by y.reshape({2}).to<std::int64_t>()",
                       ShapeError);
}

TEST_CASE("a captured step refuses targets of a later run, and can run again") {
  const auto refuses = [](auto& step, const auto& x, const auto& good, const auto& bad) {
    const auto before = step(x, good).item();
    CHECK_THROWS_AS(step(x, bad), Error);
    CHECK_THROWS_AS(step.backward(), GraphError);
    CHECK(step(x, good).item() == before);
    CHECK_NOTHROW(step.backward());
    CHECK_NOTHROW((step.check)(x, good));
  };
  Parameter<T> w(T{{1, 2}, {3, 4}});
  const T x{{-1, 0.5}, {0.25, -2}}, p{{1, 0}, {0.5, 0.5}};
  auto bce = capture([&](auto a, auto t) { return bce_with_logits_loss(matmul(a, w), t); }, x, p);
  refuses(bce, x, p, T{{1, 0}, {0, 3}});
  auto soft = capture([&](auto a, auto t) { return cross_entropy_loss(matmul(a, w), t); }, x, p);
  refuses(soft, x, p, T{{1, 0}, {1, 1}});
  auto hard = capture([&](auto a, auto t) { return cross_entropy_loss(matmul(a, w), t); }, x, Labels{0, 1});
  refuses(hard, x, Labels{0, 1}, Labels{0, 2});
  auto logs = capture([&](auto a, auto t) { return nll_loss(a * sum(operand(w, a)), t); }, -p, Labels{0, 1});
  refuses(logs, -p, Labels{0, 1}, Labels{0, -1});
  CHECK_THROWS_AS(logs(p, Labels{0, 1}), ValueError);
}

TEST_CASE("labels of another graph are refused, and the message names the loss") {
  Graph<Tensor<float>> graph, other;
  const auto x = graph.variable({{-1, -2}, {-3, -4}});
  const auto labels = other.input(Tensor<std::int64_t>{0, 1});
  CHECK_THROWS_WITH_AS(nll_loss(x, labels), "minigrad: nll_loss: the operands belong to different graphs", GraphError);
  CHECK_THROWS_WITH_AS(cross_entropy_loss(x, labels),
                       "minigrad: cross_entropy_loss: the operands belong to different graphs", GraphError);
}
