// expression.hpp - a formula that somebody types, as a graph whose nodes can be looked at.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "text.hpp"

namespace expression {
using namespace minigrad;
using X = Var<double>;

/// "x=2, y=3" as numbers by their names.
inline std::map<std::string, double> values_of(const std::string& text) {
  std::map<std::string, double> out;
  std::string part;
  for (const char c : text + ",") {
    if (c != ',' && c != ';') {
      if (!std::isspace(static_cast<unsigned char>(c))) part += c;
      continue;
    }
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const char* const number = equals == std::string::npos ? "" : part.c_str() + equals + 1;
    char* end = nullptr;
    const double value = std::strtod(number, &end);
    if (equals == 0 || end == number || *end) throw ValueError("values: '" + part + "' is not like x=2");
    out[part.substr(0, equals)] = value;
    part.clear();
  }
  return out;
}

/// expression := term {(+|-) term}     term := factor {(*|/) factor}     factor := [-] power     power := atom [^ factor]
/// atom := number | name | function ( expression ) | ( expression )
class Parser {
 public:
  Parser(Graph<double>& graph, std::string text, std::map<std::string, double> values)
      : graph_(graph), text_(std::move(text)), values_(std::move(values)) {}

  X parse() {
    const X result = sum_of_terms();
    skip();
    if (at_ == text_.size()) return result;
    const bool product = text_[at_] == '(' || std::isalnum(static_cast<unsigned char>(text_[at_]));
    stop("unexpected '" + text_.substr(at_, 1) + "'" + (product ? ": products are written with *" : ""));
  }
  const std::map<std::string, X>& variables() const { return variables_; }

 private:
  [[noreturn]] void stop(const std::string& what) const {
    throw ValueError("column " + std::to_string(at_ + 1) + ": " + what);
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  X sum_of_terms() {
    X left = term();
    while (true) {
      if (take('+')) left = left + term();
      else if (take('-')) left = left - term();
      else return left;
    }
  }
  X term() {
    X left = factor();
    while (true) {
      if (take('*')) left = left * factor();
      else if (take('/')) left = left / factor();
      else return left;
    }
  }
  X factor() {
    if (++depth_ > 200) stop("too many brackets and signs within each other");
    X result = take('-') ? -factor() : power();
    --depth_;
    return result;
  }
  X power() {
    X base = atom();
    return take('^') ? pow(base, factor()) : base;
  }
  X atom() {
    skip();
    if (take('(')) {
      X inner = sum_of_terms();
      if (!take(')')) stop("a bracket is not closed");
      return inner;
    }
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) {
      char* end = nullptr;
      const double number = std::strtod(text_.c_str() + at_, &end);
      if (end == text_.c_str() + at_) stop("a point without digits");
      at_ = static_cast<std::size_t>(end - text_.c_str());
      return graph_.input(number);
    }
    if (at_ < text_.size() && text_[at_] == '*') stop("unexpected '*': powers are written with ^");
    std::string name;
    while (at_ < text_.size() && std::isalnum(static_cast<unsigned char>(text_[at_]))) name += text_[at_++];
    if (name.empty()) stop(at_ < text_.size() ? "a number, a name or a bracket is expected" : "the formula ends too early");
    const std::size_t begin = at_ - name.size();
    if (take('(')) {
      X x = sum_of_terms();
      if (!take(')')) stop("a bracket is not closed");
      const std::size_t end = std::exchange(at_, begin);  // where a message points
      x = call(name, x);
      at_ = end;
      return x;
    }
    if ((" " + std::string(functions) + " ").find(" " + name + " ") != std::string::npos)
      stop("the argument of " + name + " stands in brackets: " + name + "(x)");
    const auto known = variables_.find(name);
    if (known != variables_.end()) return known->second;
    const auto value = values_.find(name);
    return variables_.emplace(name, graph_.variable(value == values_.end() ? 1.0 : value->second)).first->second;
  }
  X call(const std::string& name, const X& x) const {
    if (name == "sin") return sin(x);
    if (name == "cos") return cos(x);
    if (name == "tan") return tan(x);
    if (name == "exp") return exp(x);
    if (name == "log") return log(x);
    if (name == "sqrt") return sqrt(x);
    if (name == "tanh") return tanh(x);
    if (name == "abs") return abs(x);
    if (name == "relu") return relu(x);
    if (name == "sigmoid") return sigmoid(x);
    if (name == "softplus") return softplus(x);
    stop("there is no function " + name + ": " + functions);
  }

  static constexpr const char* functions = "sin cos tan exp log sqrt tanh abs relu sigmoid softplus";
  Graph<double>& graph_;
  std::string text_;
  std::map<std::string, double> values_;
  std::map<std::string, X> variables_;
  std::size_t at_ = 0, depth_ = 0;
};

/// A number, or a text where JSON has none: "inf", "nan".
inline std::string number_or_text(double x) { return std::isfinite(x) ? json(x) : quoted(format_number(x)); }

/// The graph of a formula, and what backward() did in it, step by step.
class Explorer {
 public:
  Explorer(const std::string& text, const std::map<std::string, double>& values) {
    Parser parser(graph_, text, values);
    results_.push_back({parser.parse(), "f"});
    variables_ = parser.variables();
    if (variables_.empty()) throw ValueError("the formula has no variable, such as x");
    sweep();
  }

  /// The last result becomes its own derivative with respect to a variable, recorded in the same graph.
  void differentiate(const std::string& name) {
    const auto variable = variables_.find(name);
    if (variable == variables_.end()) throw ValueError("there is no variable " + name);
    if (results_.size() > 4) throw ValueError("four derivatives are enough for one picture");
    const X slope = grad(results_.back().first, variable->second);
    results_.push_back({slope, "d" + results_.back().second + "/d" + name});
    sweep();
  }

  std::string to_json() const {
    std::string nodes = list(graph_.size(), [&](std::size_t i) {
      const auto id = static_cast<NodeId>(i);
      const auto view = graph_.node(id);
      const auto ids = view.inputs();
      std::string name;
      for (const auto& [text, variable] : variables_)
        if (variable.id() == id) name = text;
      for (const auto& [result, text] : results_)
        if (result.id() == id) name = text;
      const double value = view.value() ? *view.value() : 0;
      return "{\"op\":" + quoted(view.op()) + ",\"name\":" + quoted(name) + ",\"value\":" + number_or_text(value) +
             ",\"grad\":" + (grads_[i].first ? number_or_text(grads_[i].second) : "null") + ",\"inputs\":" +
             list(ids.size(), [&](std::size_t k) {
               return ids[k] == no_node ? "{\"number\":" + json(view.number(k)) + "}" : std::to_string(ids[k]);
             }) + "}";
    });
    return "{\"nodes\":" + nodes + ",\"order\":" +
           list(order_.size(), [&](std::size_t k) { return std::to_string(order_[k]); }) + ",\"result\":" +
           std::to_string(results_.back().first.id()) + ",\"results\":" + list(results_.size(), [&](std::size_t k) {
             return "{\"name\":" + quoted(results_[k].second) + ",\"value\":" + number_or_text(results_[k].first.value()) + "}";
           }) + ",\"variables\":" + variables_json() + "}";
  }

 private:
  std::string variables_json() const {
    std::string out = "[";
    for (const auto& [name, variable] : variables_)
      out += (out.size() > 1 ? "," : "") + ("{\"name\":" + quoted(name) + ",\"value\":" + number_or_text(variable.value()) + "}");
    return out + "]";
  }

  /// Runs backward() from the last result. A hook on each node notes its gradient when it is complete, and so the order.
  void sweep() {
    order_.clear();
    grads_.assign(graph_.size(), {false, 0.0});
    const X y = results_.back().first;
    const std::size_t size = graph_.size();
    for (std::size_t i = 0; i < size; ++i)
      if (graph_.node(static_cast<NodeId>(i)).needs_grad() && !hooked(i)) {
        register_hook(graph_.at(static_cast<NodeId>(i)), [this, i](double g) {
          order_.push_back(i);
          grads_[i] = {true, g};
        });
        hooked_.push_back(i);
      }
    for (const auto& [name, variable] : variables_) variable.zero_grad();
    if (graph_.node(y.id()).needs_grad()) backward(y, {.keep_graph = true});
  }
  bool hooked(std::size_t i) const {
    for (const std::size_t one : hooked_)
      if (one == i) return true;
    return false;
  }

  Graph<double> graph_;
  std::vector<std::pair<X, std::string>> results_;
  std::map<std::string, X> variables_;
  std::vector<std::size_t> order_, hooked_;
  std::vector<std::pair<bool, double>> grads_;
};

}  // namespace expression
