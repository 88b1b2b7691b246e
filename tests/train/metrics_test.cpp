#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/train/metrics.hpp>
#include <string>
#include <vector>

#include "../support/fixture.hpp"

using namespace minigrad;

namespace {

using Labels = Tensor<std::int64_t>;
using T = Tensor<double>;
const support::Fixture fixture = support::read_fixture("metrics.txt");

Labels labels(const support::Case& one, const std::string& key) {
  const T numbers = T::from(Shape{one.words(key).size()}, one.numbers(key));
  return numbers.to<std::int64_t>();
}
T rows(const support::Case& one, const std::string& key) {
  const auto columns = static_cast<std::size_t>(one.number("columns"));
  return T::from(Shape{one.words(key).size() / columns, columns}, one.numbers(key));
}
void check(double ours, double expected) { CHECK(std::fabs(ours - expected) <= 1e-14 * std::fabs(expected)); }

}  // namespace

TEST_CASE("metrics of labels agree with scikit-learn") {
  const auto compared = support::for_each_case(fixture, "labels/", [](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    const Labels t = labels(one, "true"), p = labels(one, "predicted");
    check(accuracy_score(t, p), one.number("accuracy"));
    const Labels matrix = confusion_matrix(t, p);
    CHECK(matrix.reshape({matrix.size()}) == labels(one, "confusion"));
    const std::pair<const char*, Average> averages[] = {{"micro", Average::micro}, {"macro", Average::macro},
                                                        {"weighted", Average::weighted}, {"binary", Average::binary}};
    for (const auto& [word, average] : averages) {
      const std::string of(word);
      CAPTURE(of);
      if (!one.has("f1_" + of)) continue;
      check(precision_score(t, p, average), one.number("precision_" + of));
      check(recall_score(t, p, average), one.number("recall_" + of));
      check(f1_score(t, p, average), one.number("f1_" + of));
    }
  });
  CHECK(compared == 10);
}

TEST_CASE("roc_auc_score agrees with scikit-learn, where scores are equal too") {
  const auto compared = support::for_each_case(fixture, "scores/", [](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    const Labels t = labels(one, "true");
    check(roc_auc_score(t, T::from(t.shape(), one.numbers("score"))), one.number("auc"));
  });
  CHECK(compared == 5);
  CHECK(roc_auc_score(Labels{0, 1}, Tensor<float>{0.5f, 1}) == 1);
}

TEST_CASE("metrics of numbers agree with scikit-learn") {
  const auto compared = support::for_each_case(fixture, "numbers/", [](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    const T t = rows(one, "true"), p = rows(one, "predicted");
    check(mean_absolute_error(t, p), one.number("mae"));
    check(mean_squared_error(t, p), one.number("mse"));
    check(root_mean_squared_error(t, p), one.number("rmse"));
    CHECK(std::fabs(r2_score(t, p) - one.number("r2")) <= 1e-14);
    const auto tf = t.to<float>(), pf = p.to<float>();
    CHECK(mean_absolute_error(tf, pf) == doctest::Approx(one.number("mae")));
    CHECK(mean_squared_error(tf, pf) == doctest::Approx(one.number("mse")));
    CHECK(root_mean_squared_error(tf, pf) == doctest::Approx(one.number("rmse")));
    CHECK(r2_score(tf, pf) == doctest::Approx(one.number("r2")));
  });
  CHECK(compared == 5);
}

TEST_CASE("metrics of numbers are NaN where a target or a prediction is") {
  const double nan = std::nan(""), inf = HUGE_VAL;
  const auto all_nan = [](const T& t, const T& p) {
    for (const double value : {mean_absolute_error(t, p), mean_squared_error(t, p), root_mean_squared_error(t, p),
                               r2_score(t, p)})
      CHECK(std::isnan(value));
  };
  all_nan({1, nan, 3}, {1, 2, 3});
  all_nan({1, 2, 3}, {1, nan, 3});
  all_nan({2, 2}, {2, nan});  // targets without variance
  all_nan({nan, nan}, {nan, nan});
  all_nan({{1, 2}, {3, 4}}, {{1, 2}, {3, nan}});
  CHECK(std::isnan(r2_score(T{1, inf}, T{1, -inf})));  // the variance is inf - inf
}

TEST_CASE("a confusion matrix has as many classes as are asked for, or as occur") {
  CHECK(confusion_matrix({0, 1, 1}, {0, 0, 1}) == Labels{{1, 0}, {1, 1}});
  CHECK(confusion_matrix({0, 1, 1}, {0, 0, 1}, 3) == Labels{{1, 0, 0}, {1, 1, 0}, {0, 0, 0}});
  CHECK_THROWS_WITH_AS(confusion_matrix({0, 3}, {0, 1}, 3),
                       "minigrad: confusion_matrix: label 3 in row 1: classes are numbered from 0, and there are at most 3",
                       ValueError);
}

TEST_CASE("metrics say which labels and shapes they do not take") {
  CHECK_THROWS_WITH_AS(accuracy_score({0, 1}, {0, 1, 1}),
                       "minigrad: accuracy_score: targets [2] and predictions [3]: one shape is expected, [n] for labels",
                       ShapeError);
  CHECK_THROWS_WITH_AS(accuracy_score(Labels{{0}, {1}}, Labels{{0}, {1}}),
                       "minigrad: accuracy_score: labels [2, 1]: [n] is expected", ShapeError);
  CHECK_THROWS_WITH_AS(r2_score(T{{1}, {2}}, T{1, 2}),
                       "minigrad: r2_score: targets [2, 1] and predictions [2]: one shape is expected, [n] for labels",
                       ShapeError);
  CHECK_THROWS_WITH_AS(accuracy_score(Labels::empty({0}), Labels::empty({0})),
                       "minigrad: accuracy_score: there are no rows", ValueError);
  CHECK_THROWS_WITH_AS(f1_score({0, 1, 2}, {0, 1, 1}),
                       "minigrad: f1_score: label 2 in row 2: labels 0 and 1 are expected; for more classes say "
                       "Average::macro, micro or weighted",
                       ValueError);
  CHECK_THROWS_WITH_AS(recall_score({0, -1}, {0, 1}, Average::macro),
                       "minigrad: recall_score: label -1 in row 1: classes are numbered from 0, and there are at most 65536",
                       ValueError);
  CHECK_THROWS_WITH_AS(roc_auc_score({1, 1}, T{0, 1}),
                       "minigrad: roc_auc_score: no row has label 0: the area is defined where both classes occur",
                       ValueError);
  CHECK_THROWS_WITH_AS(roc_auc_score({0, 0}, T{0, 1}),
                       "minigrad: roc_auc_score: no row has label 1: the area is defined where both classes occur",
                       ValueError);
  CHECK_THROWS_WITH_AS(roc_auc_score({0, 2}, T{0, 1}),
                       "minigrad: roc_auc_score: label 2 in row 1: labels 0 and 1 are expected", ValueError);
  CHECK_THROWS_WITH_AS(roc_auc_score({0, 1}, T{0, std::nan("")}),
                       "minigrad: roc_auc_score: the score in row 1 is nan", ValueError);
  CHECK_THROWS_WITH_AS(r2_score(T{1}, T{1}), "minigrad: r2_score: one row has no variance: at least two are needed",
                       ValueError);
}
