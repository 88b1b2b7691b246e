// Random programs over the op table beside PyTorch: programs.py writes them, with the values and derivatives that
// PyTorch computes, and says how they are written. Those of fixtures/programs.txt are run here, or, where the variable
// MINIGRAD_PROGRAMS names a file, those of that file. With -DMINIGRAD_PROGRAMS_FLOAT they are run in float.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/losses.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

#ifdef MINIGRAD_PROGRAMS_FLOAT
using T = float;
constexpr double bound = 1e-4;
#else
using T = double;
constexpr double bound = 1e-9;
#endif
using V = Var<Tensor<T>>;
using Numbers = std::vector<double>;

/// An op of a program, with its operands: values, or numbers in their place; and its attributes.
struct Call {
  std::vector<V> x;
  std::vector<T> number;  // of operand k where is_number[k]
  std::vector<bool> is_number;
  std::vector<int> attributes;
  std::vector<double> real;  // attributes that are fractions

  const V& operator[](std::size_t k) const { return x.at(k); }
  int integer(std::size_t k) const { return attributes.at(k); }
  Axis axis(std::size_t k) const { return attributes.at(k) == all ? Axis() : Axis(attributes.at(k)); }
  std::size_t size(std::size_t k) const { return static_cast<std::size_t>(attributes.at(k)); }
  Reduction reduction(std::size_t k) const {
    return integer(k) == 0 ? Reduction::mean : integer(k) == 1 ? Reduction::sum : Reduction::none;
  }
  Shape shape(std::size_t first) const {
    Shape out;
    for (std::size_t k = first; k < attributes.size(); ++k) out.push_back(attributes[k]);
    return out;
  }
  Tensor<std::int64_t> indices(std::size_t first) const {
    auto out = Tensor<std::int64_t>::empty({attributes.size() - first});
    for (std::size_t k = first; k < attributes.size(); ++k) out[k - first] = attributes[k];
    return out;
  }
  static constexpr int all = -1000;
};

using Function = V (*)(const Call&);

#define UNARY(name) \
  {                 \
#name, [](const Call& c) -> V { return name(c[0]); } \
  }
/// Numbers stay numbers, for which an op may have another rule, as pow has.
#define BINARY(name, expression)                                    \
  {                                                                 \
    name, [](const Call& c) -> V {                                  \
      const auto f = [](const auto& a, const auto& b) -> V { return expression; }; \
      if (c.is_number[0]) return f(c.number[0], c[1]);              \
      if (c.is_number[1]) return f(c[0], c.number[1]);              \
      return f(c[0], c[1]);                                         \
    }                                                               \
  }
#define REDUCE(name) \
  {                  \
#name, [](const Call& c) -> V { return (name)(c[0], c.axis(0), c.integer(1) != 0); } \
  }
#define COMPARE(name)                                                                                  \
  {"where_" #name, [](const Call& c) -> V { return where(name(c[0], c[1]), c[2], c[3]); }}, {          \
    "mask_" #name, [](const Call& c) -> V { return c[2] * name(c[0], c[1]); }                          \
  }

V reshape_to(const V& x, const std::vector<int>& n) {
  return n.size() == 1 ? reshape(x, {n[0]}) : n.size() == 2 ? reshape(x, {n[0], n[1]}) : reshape(x, {n[0], n[1], n[2]});
}

const std::map<std::string, Function> functions{
    UNARY(sign), UNARY(abs), UNARY(square), UNARY(sqrt), UNARY(reciprocal), UNARY(exp), UNARY(expm1), UNARY(log),
    UNARY(log1p), UNARY(log2), UNARY(log10), UNARY(sin), UNARY(cos), UNARY(tan), UNARY(asin), UNARY(acos), UNARY(atan),
    UNARY(sinh), UNARY(cosh), UNARY(asinh), UNARY(acosh), UNARY(atanh), UNARY(erf), UNARY(tanh), UNARY(sigmoid),
    UNARY(relu), UNARY(softplus), UNARY(silu), UNARY(gelu), UNARY(floor), UNARY(ceil), UNARY(stop_gradient),
    {"neg", [](const Call& c) -> V { return -c[0]; }},
    {"leaky_relu", [](const Call& c) -> V { return leaky_relu(c[0], c.real[0]); }},
    {"elu", [](const Call& c) -> V { return elu(c[0], c.real[0]); }},
    {"clamp", [](const Call& c) -> V { return clamp(c[0], c.real[0], c.real[1]); }},
    BINARY("add", a + b), BINARY("sub", a - b), BINARY("mul", a* b), BINARY("div", a / b),
    BINARY("maximum", maximum(a, b)), BINARY("minimum", minimum(a, b)), BINARY("pow", pow(a, b)),
    BINARY("atan2", atan2(a, b)), BINARY("hypot", hypot(a, b)),
    REDUCE(sum), REDUCE(mean), REDUCE(max), REDUCE(min), REDUCE(logsumexp),
    {"var", [](const Call& c) -> V { return var(c[0], c.axis(0), c.integer(1) != 0, c.integer(2)); }},
    {"std", [](const Call& c) -> V { return minigrad::std(c[0], c.axis(0), c.integer(1) != 0, c.integer(2)); }},
    {"softmax", [](const Call& c) -> V { return softmax(c[0], c.axis(0)); }},
    {"log_softmax", [](const Call& c) -> V { return log_softmax(c[0], c.axis(0)); }},
    {"max_with_indices",
     [](const Call& c) -> V { return max_with_indices(c[0], c.axis(0), c.integer(1) != 0).first; }},
    {"reshape", [](const Call& c) -> V { return reshape_to(c[0], c.attributes); }},
    {"flatten", [](const Call& c) -> V { return flatten(c[0], c.axis(0), c.axis(1)); }},
    {"transpose", [](const Call& c) -> V { return transpose(c[0], c.axis(0), c.axis(1)); }},
    {"slice", [](const Call& c) -> V { return slice(c[0], c.size(0), c.size(1), c.axis(2)); }},
    {"unslice", [](const Call& c) -> V { return unslice(c[0], c.shape(2), c.size(0), c.axis(1)); }},
    {"broadcast_to", [](const Call& c) -> V { return broadcast_to(c[0], c.shape(0)); }},
    {"sum_to", [](const Call& c) -> V { return sum_to(c[0], c.shape(0)); }},
    {"index_select", [](const Call& c) -> V { return index_select(c[0], c.indices(0)); }},
    {"index_add", [](const Call& c) -> V { return index_add(c[0], c.indices(1), c.size(0)); }},
    {"concatenate", [](const Call& c) -> V { return concatenate(c.x, c.axis(0)); }},
    {"stack", [](const Call& c) -> V { return stack(c.x, c.axis(0)); }},
    {"matmul", [](const Call& c) -> V { return matmul(c[0], c[1]); }},
    {"matmul_nt", [](const Call& c) -> V { return matmul_nt(c[0], c[1]); }},
    {"matmul_tn", [](const Call& c) -> V { return matmul_tn(c[0], c[1]); }},
    {"linear", [](const Call& c) -> V { return linear(c[0], c[1], c[2]); }},
    {"mse_loss", [](const Call& c) -> V { return mse_loss(c[0], c[1], c.reduction(0)); }},
    {"l1_loss", [](const Call& c) -> V { return l1_loss(c[0], c[1], c.reduction(0)); }},
    {"huber_loss", [](const Call& c) -> V { return huber_loss(c[0], c[1], c.real[0], c.reduction(1)); }},
    {"bce_with_logits_loss", [](const Call& c) -> V { return bce_with_logits_loss(c[0], c[1], c.reduction(0)); }},
    {"nll_loss",  // which takes logarithms alone
     [](const Call& c) -> V { return nll_loss(log_softmax(c[0], 1), c.indices(1), c.reduction(0)); }},
    {"cross_entropy_loss", [](const Call& c) -> V { return cross_entropy_loss(c[0], c.indices(1), c.reduction(0)); }},
    {"cross_entropy_loss_of", [](const Call& c) -> V { return cross_entropy_loss(c[0], c[1], c.reduction(0)); }},
    COMPARE(less), COMPARE(less_equal), COMPARE(greater), COMPARE(greater_equal), COMPARE(equal), COMPARE(not_equal)};

/// A program, and what PyTorch computes.
struct Program {
  std::string name, text;
  std::vector<std::vector<std::string>> lines;
  std::string shape;
  Numbers value, g, h;
  double size = 0, h_size = 0;
  bool has_h = false;
};

double number_of(const std::string& word) { return std::strtod(word.c_str(), nullptr); }
Shape shape_of_text(const std::string& text) {
  Shape out;
  for (std::size_t at = 0; text != "-" && at < text.size(); at = text.find('x', at), at = at == text.npos ? at : at + 1)
    out.push_back(std::atoi(text.c_str() + at));
  return out;
}

/// sum_k (k % period + 1) / divisor x_k, where k counts from `begin`.
V weighted(const V& x, std::size_t begin, std::size_t period, double divisor) {
  auto weights = Tensor<T>::empty(x.value().shape());
  for (std::size_t k = 0; k < weights.size(); ++k)
    weights[k] = static_cast<T>(static_cast<double>((begin + k) % period + 1) / divisor);
  return sum(x * weights);
}

class Comparison {
 public:
  std::size_t programs = 0, numbers = 0, differences = 0;
  std::size_t nan_of_pytorch = 0;  // alone: 0 * inf, where minigrad passes nothing on or multiplies in another order
  std::size_t nan_alone = 0;       // here, for an infinite second derivative: 0 * inf or inf - inf on the way

  void run(const Program& program) {
    ++programs;
    program_ = &program;
    wrong_.clear();
    try {
      compute(program);
    } catch (const std::exception& error) {
      wrong_ = std::string("throws ") + error.what();
    }
    if (wrong_.empty()) return;
    ++differences;
    if (differences <= 400) FAIL_CHECK("program " << program.name << ": " << wrong_ << '\n' << program.text);
  }

 private:
  void compute(const Program& program) {
    graph_.clear();
    std::vector<V> values, variables;
    for (const auto& words : program.lines) {
      if (words[0] == "v" || words[0] == "c") {
        auto x = Tensor<T>::empty(shape_of_text(words[1]));
        for (std::size_t k = 0; k < x.size(); ++k) x[k] = static_cast<T>(number_of(words.at(k + 2)));
        values.push_back(words[0] == "v" ? graph_.variable(x) : graph_.input(x));
        if (words[0] == "v") variables.push_back(values.back());
      } else {
        values.push_back(call(words, values));
      }
    }
    const V y = values.back();
    if (y.value().shape() != shape_of_text(program.shape)) {
      wrong_ = "shape " + to_string(y.value().shape());
      return;
    }
    const V loss = weighted(y, 0, 7, 4);
    compare("L", loss.item(), program.value[0], program.size);
    const auto g = grad(loss, variables);
    std::size_t at = 0;
    V m = graph_.input(Tensor<T>::scalar(0));
    for (const V& one : g) {
      m = m + weighted(one, at, 5, 3);
      for (std::size_t k = 0; k < one.value().size(); ++k, ++at)
        compare("grad g", one.value()[k], program.g.at(at), program.size, at);
    }
    if (program.has_h) {
      at = 0;
      for (const V& one : grad(m, variables))
        for (std::size_t k = 0; k < one.value().size(); ++k, ++at)
          compare("h", one.value()[k], program.h.at(at), program.h_size, at);
    }
    at = 0;
    detail::sweep(loss);
    for (const V& one : variables) {
      const auto* found = graph_.find_gradient(one.id());
      for (std::size_t k = 0; k < one.value().size(); ++k, ++at)
        compare("backward g", found ? (*found)[k] : 0, program.g.at(at), program.size, at);
    }
  }

  V call(const std::vector<std::string>& words, const std::vector<V>& values) {
    Call c;
    const bool keeps_numbers = words[0].find('_') == std::string::npos;
    for (std::size_t k = 1; k < words.size(); ++k) {
      const std::string& word = words[k];
      if (word[0] == ':') {
        if (word.find('.') != word.npos) c.real.push_back(number_of(word.substr(1)));
        else c.attributes.push_back(word == ":all" ? Call::all : std::atoi(word.c_str() + 1));
        continue;
      }
      const bool is_number = word[0] == '#';
      const T number = is_number ? static_cast<T>(number_of(word.substr(1))) : T(0);
      c.is_number.push_back(is_number && keeps_numbers);
      c.number.push_back(number);
      c.x.push_back(is_number ? graph_.input(Tensor<T>::scalar(number)) : values.at(std::stoul(word)));
    }
    if (words[0] == "huber_loss") c.attributes.insert(c.attributes.begin(), 0);
    return functions.at(words[0])(c);
  }

  void compare(const char* what, double ours, double theirs, double size, std::size_t at = 0) {
    ++numbers;
    if (std::isnan(theirs)) {
      if (!std::isnan(ours)) ++nan_of_pytorch;
      return;
    }
    if (std::isnan(ours) && std::isinf(theirs) && what[0] == 'h') {
      ++nan_alone;
      return;
    }
    if (ours == theirs || std::fabs(ours - theirs) <= bound * (std::fabs(theirs) + size)) return;
    if (!wrong_.empty()) return;
    std::ostringstream out;
    out.precision(12);
    out << what << "[" << at << "] is " << ours << ", PyTorch: " << theirs;
    wrong_ = out.str();
  }

  Graph<Tensor<T>> graph_;
  const Program* program_ = nullptr;
  std::string wrong_;
};

template <class Visit>
void for_each_program(const std::string& path, const Visit& visit) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file, "cannot read " << path);
  Program program;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::vector<std::string> words;
    for (std::string word; fields >> word;) words.push_back(word);
    if (words[0] == "@") {
      if (!program.lines.empty()) visit(program);
      program = {};
      program.name = words[1];
      continue;
    }
    program.text += line + '\n';
    if (words[0] == "=") {
      program.shape = words[1];
      program.value = {number_of(words[2])};
      program.size = number_of(words[3]);
    } else if (words[0] == "g") {
      for (std::size_t k = 1; k < words.size(); ++k) program.g.push_back(number_of(words[k]));
    } else if (words[0] == "h") {
      program.has_h = true;
      program.h_size = number_of(words[1]);
      for (std::size_t k = 2; k < words.size(); ++k) program.h.push_back(number_of(words[k]));
    } else {
      program.lines.push_back(words);
    }
  }
  if (!program.lines.empty()) visit(program);
}

}  // namespace

TEST_CASE("random programs have PyTorch's values, gradients and second derivatives") {
  const char* const given = std::getenv("MINIGRAD_PROGRAMS");
  const auto fixture = std::filesystem::path(__FILE__).parent_path().parent_path() / "fixtures" / "programs.txt";
  Comparison comparison;
  for_each_program(given ? given : fixture.string(), [&](const Program& program) { comparison.run(program); });
  MESSAGE(comparison.programs << " programs, " << comparison.numbers << " numbers compared, " << comparison.differences
                              << " programs differ; " << comparison.nan_of_pytorch << " numbers are NaN in PyTorch alone, "
                              << comparison.nan_alone << " here alone");
  CHECK(comparison.differences == 0);
  CHECK(comparison.nan_of_pytorch * 200 < comparison.numbers);
  CHECK(comparison.nan_alone * 20000 <= (given ? comparison.numbers : 0));  // those of the fixture have none
  CHECK(comparison.programs > 1000);
}
