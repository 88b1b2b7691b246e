// expression.hpp - a formula that somebody types, as a graph whose nodes can be looked at.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "text.hpp"

namespace expression {
using namespace minigrad;
using X = Var<double>;

/// What is worth a line of its own: a text of text.js by its name, and what it speaks of.
using Notes = std::vector<std::pair<std::string, std::string>>;

/// "x=2, y=3" as numbers by their names.
inline std::map<std::string, double> values_of(const std::string& text, Notes& notes) {
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
    if (equals == 0 || end == number || *end) throw Problem("bad_value", part);
    const std::string name = part.substr(0, equals);
    if (out.count(name)) notes.emplace_back("value_twice", name);
    out[name] = value;
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
    stop_here();
  }
  const std::map<std::string, X>& variables() const { return variables_; }

 private:
  [[noreturn]] void stop(const char* key, const std::string& about = "") const {
    std::size_t column = 1;  // in characters, of which UTF-8 has more bytes than one
    for (std::size_t i = 0; i < at_; ++i) column += (text_[i] & 0xC0) != 0x80;
    throw Problem(key, about, column);
  }
  /// Nothing can begin or go on with what stands here.
  [[noreturn]] void stop_here() const {
    std::string one = text_.substr(at_, 1);
    for (std::size_t i = at_ + 1; i < text_.size() && (text_[i] & 0xC0) == 0x80; ++i) one += text_[i];
    const bool product = one == "(" || one == "×" || one == "·" || std::isalnum(static_cast<unsigned char>(one[0]));
    stop(product ? "unexpected_product" : "unexpected", one);
  }
  void close() {
    if (take(')')) return;
    if (at_ < text_.size()) stop_here();
    stop("not_closed");
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
    if (++depth_ > 200) stop("too_deep");
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
      close();
      return inner;
    }
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) {
      char* end = nullptr;
      const double number = std::strtod(text_.c_str() + at_, &end);
      if (end == text_.c_str() + at_) stop("point_alone");
      at_ = static_cast<std::size_t>(end - text_.c_str());
      return graph_.input(number);
    }
    if (at_ < text_.size() && text_[at_] == '*') stop("unexpected_power", "*");
    std::string name;
    while (at_ < text_.size() && std::isalnum(static_cast<unsigned char>(text_[at_]))) name += text_[at_++];
    if (name.empty() && at_ < text_.size() && (text_[at_] & 0x80)) stop_here();
    if (name.empty()) stop(at_ < text_.size() ? "expected" : "ends_early");
    const bool function = (" " + std::string(functions) + " ").find(" " + name + " ") != std::string::npos;
    const std::size_t begin = at_ - name.size();
    if (take('(')) {
      if (!function) at_ = begin, stop("no_function", name);  // the message points to the name
      const X x = sum_of_terms();
      if (take(',')) --at_, stop("one_argument", name);
      close();
      return call(name, x);
    }
    if (function) stop("needs_brackets", name);
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
    return softplus(x);
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
  Explorer(const std::string& text, const std::string& values) {
    const auto numbers = values_of(values, notes_);
    Parser parser(graph_, text, numbers);
    results_.push_back({parser.parse(), "f"});
    variables_ = parser.variables();
    if (variables_.empty()) throw Problem("no_variable");
    for (const auto& [name, value] : numbers)
      if (!variables_.count(name)) notes_.emplace_back("value_unused", name);
    sweep();
  }

  /// The last result becomes its own derivative with respect to a variable, recorded in the same graph.
  void differentiate(const std::string& name) {
    const auto variable = variables_.find(name);
    if (variable == variables_.end()) throw Problem("absent_variable", name);
    if (results_.size() > 4) throw Problem("enough_derivatives");
    first_of_.push_back(graph_.size());
    derived_.push_back(name);
    const X slope = grad(results_.back().first, variable->second);
    results_.push_back({slope, derivative_name()});
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
             ",\"grad\":" + (grads_[i].first ? number_or_text(grads_[i].second) : "null") + ",\"derivative\":" +
             std::to_string(std::upper_bound(first_of_.begin(), first_of_.end(), i) - first_of_.begin()) + ",\"inputs\":" +
             list(ids.size(), [&](std::size_t k) {
               return ids[k] == no_node ? "{\"number\":" + json(view.number(k)) + "}" : std::to_string(ids[k]);
             }) + "}";
    });
    Notes notes = notes_;
    for (std::size_t i = 0; i < graph_.size(); ++i) {
      const auto view = graph_.node(static_cast<NodeId>(i));
      if (view.value() && !std::isfinite(*view.value()) && notes.size() == notes_.size())  // the first, where it begins
        notes.emplace_back("not_finite", "v" + std::to_string(i) + " (" + view.op() + ") = " + format_number(*view.value()));
    }
    return "{\"nodes\":" + nodes + ",\"notes\":" + list(notes.size(), [&](std::size_t k) {
             return "{\"key\":" + quoted(notes[k].first) + ",\"what\":" + quoted(notes[k].second) + "}";
           }) + ",\"order\":" +
           list(order_.size(), [&](std::size_t k) { return std::to_string(order_[k]); }) + ",\"parts\":" +
           list(parts_.size(), [&](std::size_t k) {
             return list(parts_[k].size(), [&](std::size_t j) {
               const Part& p = parts_[k][j];
               return "{\"to\":" + std::to_string(p.to) + ",\"local\":" + number_or_text(p.local) + ",\"part\":" +
                      number_or_text(p.part) + ",\"sum\":" + number_or_text(p.sum) + "}";
             });
           }) + ",\"result\":" +
           std::to_string(results_.back().first.id()) + ",\"results\":" + list(results_.size(), [&](std::size_t k) {
             return "{\"name\":" + quoted(results_[k].second) + ",\"value\":" + number_or_text(results_[k].first.value()) + "}";
           }) + ",\"variables\":" + variables_json() + "}";
  }

 private:
  /// What a node passes to one of its inputs: its own derivative with respect to it, that times the gradient of the node,
  /// and what the input has got so far.
  struct Part {
    std::size_t to;
    double local, part, sum;
  };

  /// d²f/dx², or d²f/dx dy: in the order in which it was derived.
  std::string derivative_name() const {
    static constexpr const char* raised[] = {"", "", "²", "³", "⁴"};
    const std::size_t n = derived_.size();
    std::string below;
    for (const std::string& name : derived_) below += (below.empty() ? "d" : " d") + name;
    if (std::count(derived_.begin(), derived_.end(), derived_[0]) == static_cast<std::ptrdiff_t>(n)) below = "d" + derived_[0] + raised[n];
    return std::string("d") + raised[n] + "f/" + below;
  }

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
        register_hook(graph_.at(static_cast<NodeId>(i)), [this, i](const auto& g) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(g)>, double>) return note(i, g);
          else return g;  // grad() records: there is nothing to note
        });
        hooked_.push_back(i);
      }
    for (const auto& [name, variable] : variables_) variable.zero_grad();
    if (graph_.node(y.id()).needs_grad()) backward(y, {.keep_graph = true});
    look_at_rules();
  }
  /// A hook: notes the gradient g of node i. While one rule alone is looked at, it lets nothing through to other rules.
  double note(std::size_t i, double g) {
    if (!rule_of_) {
      order_.push_back(i);
      grads_[i] = {true, g};
    } else if (i != *rule_of_) {
      parts_.back().push_back({i, g, 0, 0});
      return 0;
    }
    return g;
  }
  /// For each node in the order of backward(): what its rule alone passes on.
  void look_at_rules() {
    parts_.clear();
    std::vector<double> sums(graph_.size());
    for (const std::size_t i : order_) {
      rule_of_ = i;
      parts_.emplace_back();
      const auto inputs = graph_.node(static_cast<NodeId>(i)).inputs();
      if (!inputs.empty()) backward(graph_.at(static_cast<NodeId>(i)), {.keep_graph = true});
      std::erase_if(parts_.back(), [&](const Part& p) {
        return std::find(inputs.begin(), inputs.end(), static_cast<NodeId>(p.to)) == inputs.end();
      });
      for (Part& p : parts_.back()) p.part = grads_[i].second * p.local, p.sum = sums[p.to] += p.part;
    }
    rule_of_.reset();
  }
  bool hooked(std::size_t i) const {
    for (const std::size_t one : hooked_)
      if (one == i) return true;
    return false;
  }

  Graph<double> graph_;
  std::vector<std::pair<X, std::string>> results_;
  std::map<std::string, X> variables_;
  Notes notes_;
  std::vector<std::string> derived_;
  std::vector<std::size_t> order_, hooked_, first_of_;
  std::vector<std::vector<Part>> parts_;
  std::optional<std::size_t> rule_of_;  // the node whose rule alone is looked at
  std::vector<std::pair<bool, double>> grads_;
};

}  // namespace expression
