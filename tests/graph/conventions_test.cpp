// What value and derivatives are at kinks, poles and edges: the table of docs/derivatives.md, row by row. All rows are
// compared with PyTorch, tests/fixtures/conventions.txt, and those that differ say why.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <minigrad/minigrad.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../support/fixture.hpp"
#include "../support/slopes.hpp"

using namespace minigrad;
using T = Tensor<double>;
using Numbers = std::vector<double>;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

Numbers list(const T& x) { return Numbers(x.begin(), x.end()); }

bool same(const Numbers& a, const Numbers& b) {
  bool all = a.size() == b.size();
  for (std::size_t i = 0; all && i < a.size(); ++i) all = support::same(a[i], b[i]);
  return all;
}

std::string text(const Numbers& x) {
  std::string out;
  for (const double value : x) out += (out.empty() ? "" : ", ") + format_number(value);
  return out.empty() ? "nothing" : out;
}

/// The same for the table, where 0 has no sign.
std::string shown(Numbers x) {
  for (double& value : x) value += 0.0;
  return text(x);
}

/// One line of the table: f at x, and its first and second derivative.
struct Row {
  std::string op;
  Numbers x, y, dy, d2y;

  /// How PyTorch's fixture calls it.
  std::string name() const {
    std::string out;
    for (const char c : op + "@" + text(x))
      if (c != ' ') out += c;
    return out;
  }
};

std::vector<Row> rows;

template <class F>
Row evaluate(const std::string& op, const F& f, const Numbers& at) {
  Row row{op, at, {}, {}, {}};
  Graph<T> graph;
  const auto x = graph.variable(T::from({at.size()}, at));
  const auto y = f(x);
  row.y = list(y.value());
  const auto total = sum(y), first = grad(total, x);
  row.dy = list(first.value());
  row.d2y = list(grad(sum(first), x).value());
  if (graph.node(total.id()).needs_grad()) {
    backward(total);
    CHECK(same(list(x.grad()), row.dy));
  }
  return row;
}

/// A function of elements, at each place alone; numbers must behave as tensors do.
template <class F>
void elementwise_rows(const std::string& op, const F& f, const Numbers& places) {
  for (const double at : places) {
    rows.push_back(evaluate(op, f, {at}));
    CAPTURE(rows.back().name());
    CHECK(support::same(f(at), rows.back().y[0]));
    CHECK(support::same(support::slope(f, at), rows.back().dy[0]));
    CHECK(support::same(support::curvature(f, at), rows.back().d2y[0]));
  }
}
/// A function of all elements at once.
template <class F>
void reduction_rows(const std::string& op, const F& f, const std::vector<Numbers>& places) {
  for (const Numbers& at : places) rows.push_back(evaluate(op, f, at));
}

const std::vector<Row>& all_rows() {
  if (!rows.empty()) return rows;
#define F(...) [](const auto& x) { return __VA_ARGS__; }
  elementwise_rows("relu(x)", F(relu(x)), {0, -0.0, NaN});
  elementwise_rows("leaky_relu(x)", F(leaky_relu(x)), {0});
  elementwise_rows("elu(x)", F(elu(x)), {0});
  elementwise_rows("elu(x, 0.5)", F(elu(x, 0.5)), {0, NaN});
  elementwise_rows("abs(x)", F(abs(x)), {0, -0.0, NaN, -inf});
  elementwise_rows("sign(x)", F(sign(x)), {0, 2, NaN});
  elementwise_rows("clamp(x, -1, 2)", F(clamp(x, -1, 2)), {-1, 2, 2.5, NaN});
  elementwise_rows("maximum(x, 3)", F(maximum(x, 3)), {3, NaN});
  elementwise_rows("minimum(x, 3)", F(minimum(x, 3)), {3, NaN});
  elementwise_rows("maximum(x, x)", F(maximum(x, x)), {3});
  reduction_rows("max(x)", F((max)(x)), {{3, 3, 1}, {2, NaN, NaN}});
  reduction_rows("min(x)", F((min)(x)), {{3, 1, 1}});
  elementwise_rows("sqrt(x)", F(sqrt(x)), {0, -1, inf});
  elementwise_rows("reciprocal(x)", F(reciprocal(x)), {0, inf});
  elementwise_rows("log(x)", F(log(x)), {0, -1, inf});
  elementwise_rows("log1p(x)", F(log1p(x)), {-1});
  elementwise_rows("x log(x)", F(x * log(x)), {0});
  elementwise_rows("exp(x)", F(exp(x)), {-inf, inf});
  elementwise_rows("tanh(x)", F(tanh(x)), {inf});
  elementwise_rows("sigmoid(x)", F(sigmoid(x)), {-inf, inf});
  elementwise_rows("pow(x, 0)", F(pow(x, 0)), {0, -2, NaN});
  elementwise_rows("pow(x, 1)", F(pow(x, 1)), {0});
  elementwise_rows("pow(x, 2)", F(pow(x, 2)), {0, -3});
  elementwise_rows("pow(x, 3)", F(pow(x, 3)), {-2, 0});
  elementwise_rows("pow(x, 1.5)", F(pow(x, 1.5)), {0});
  elementwise_rows("pow(x, 0.5)", F(pow(x, 0.5)), {0, -1});
  elementwise_rows("pow(x, -1)", F(pow(x, -1)), {0});
  elementwise_rows("pow(0, p)", F(pow(0.0, x)), {2, 0.5, 0, -1});
  elementwise_rows("pow(1, p)", F(pow(1.0, x)), {5});
  elementwise_rows("pow(-2, p)", F(pow(-2.0, x)), {2});
  elementwise_rows("x / x", F(x / x), {0});
  elementwise_rows("0 / x", F(0 / x), {0});
  elementwise_rows("x / 0", F(x / 0.0), {0, 1});
  elementwise_rows("1 / x", F(1 / x), {0});
  elementwise_rows("where(x > 0, x, nan)", F(where(greater(x, 0), x, NaN)), {1, 0});
  elementwise_rows("where(x > 0, sqrt(x), 0)", F(where(greater(x, 0), sqrt(x), 0)), {-1, 0});
  elementwise_rows("where(x > 0, sqrt(where(x > 0, x, 1)), 0)",
                   F(where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 0)), {-1, 0});
  reduction_rows("sum(x)", F(sum(x)), {{}});
  reduction_rows("mean(x)", F(mean(x)), {{}});
  reduction_rows("var(x)", F(var(x)), {{5}, {5, 5}});
  reduction_rows("std(x)", F(minigrad::std(x)), {{5, 5}});
  reduction_rows("logsumexp(x)", F(logsumexp(x)), {{-inf, 0}, {-inf, -inf}, {inf, 0}});
  reduction_rows("softmax(x)", F(slice(softmax(x, 0), 0, 1)), {{-inf, 0}, {-inf, -inf}, {inf, 0}});
  reduction_rows("log_softmax(x)", F(slice(log_softmax(x, 0), 1, 2)), {{-inf, 0}, {1000, -1000}});
  reduction_rows("l1_loss(x, 1)", F(l1_loss(x, T{1})), {{1}});
  reduction_rows("huber_loss(x, 0)", F(huber_loss(x, T{0})), {{1}, {-1}, {0}});
  reduction_rows("bce_with_logits_loss(x, 1)", F(bce_with_logits_loss(x, T{1})), {{-1000}, {1000}});
  reduction_rows("bce_with_logits_loss(x, 0.5)", F(bce_with_logits_loss(x, T{0.5})), {{0}});
#undef F
  return rows;
}

}  // namespace

TEST_CASE("at kinks, poles and edges value and derivatives are PyTorch's, or differ for a reason") {
  struct Difference {
    const char *row, *what, *why;
  };
  const Difference differences[] = {
      {"abs(x)@nan", "dy", "what is computed from NaN is NaN"},
      {"sign(x)@nan", "y", "NumPy's: what is computed from NaN is NaN"},
      {"elu(x,0.5)@nan", "dy", "the left side's, since NaN is not greater than 0"},
      {"max(x)@2,nan,nan", "dy", "no element equals NaN, so that none gets a part"},
      {"pow(0,p)@2", "d2y", "the limit of x^p log(x)^2 where x goes to 0"},
      {"pow(0,p)@0.5", "d2y", "the same"},
      {"pow(0,p)@0", "d2y", "0^p counts as flat for p >= 0, to every order"},
  };
  std::map<std::string, std::string> expected, found;
  for (const Difference& one : differences) expected[one.row] = one.what;

  const auto torch = support::read_fixture("conventions.txt");
  CHECK(torch.size() == all_rows().size());
  for (const Row& row : all_rows()) {
    CAPTURE(row.name());
    const support::Case& one = torch.at(row.name());
    REQUIRE(same(one.numbers("x"), row.x));
    const auto compare = [&](const char* key, const Numbers& ours) {
      if (!one.has(key)) return;
      const Numbers theirs = one.numbers(key);
      bool close = ours.size() == theirs.size();
      for (std::size_t i = 0; close && i < ours.size(); ++i)
        close = support::same(ours[i], theirs[i]) || std::fabs(ours[i] - theirs[i]) < 1e-15;
      if (!close) found[row.name()] += key;
    };
    compare("y", row.y);
    compare("dy", row.dy);
    compare("d2y", row.d2y);
  }
  for (const auto& one : expected) CHECK_MESSAGE(found.count(one.first), one.first << " no longer differs");
  for (const auto& one : found) CHECK_MESSAGE(expected[one.first] == one.second, one.first << " differs in " << one.second);
}

TEST_CASE("the table of docs/derivatives.md says what is computed") {
  const auto page = std::filesystem::path(MINIGRAD_HEADER_DIR).parent_path().parent_path() / "docs" / "derivatives.md";
  std::ifstream file(page);
  REQUIRE(file);
  std::stringstream text_of_page;
  text_of_page << file.rdbuf();
  const std::string whole = text_of_page.str();
  for (const Row& row : all_rows()) {
    const std::string line = "| `" + row.op + "` | " + text(row.x) + " | " + shown(row.y) + " | " + shown(row.dy) + " | " +
                             shown(row.d2y) + " |";
    CHECK_MESSAGE(whole.find(line) != whole.npos, line);
  }
}

TEST_CASE("an exponent that needs no gradient never evaluates a logarithm, to any order") {
  Graph<double> graph;
  const auto x = graph.variable(-2);
  auto y = pow(x, 5);
  for (int order = 0; order < 4; ++order) y = grad(y, x);
  CHECK(y.value() == 5 * 4 * 3 * 2 * -2);
  backward(pow(x, graph.input(3)) + pow(x, 0.0));
  CHECK(x.grad() == 12);
  Graph<T> tensors;
  const auto v = tensors.variable({-2, 0, 3}), p = tensors.input({3, 2, 1});
  const auto slope = grad(sum(pow(v, p)), v);
  CHECK(slope.value() == T{12, 0, 1});
  CHECK(grad(sum(slope), v).value() == T{-12, 2, 0});
  for (NodeId id = 0; id < graph.size(); ++id) CHECK(graph.node(id).op() != std::string("log"));
  for (NodeId id = 0; id < tensors.size(); ++id) CHECK(tensors.node(id).op() != std::string("log"));
}
