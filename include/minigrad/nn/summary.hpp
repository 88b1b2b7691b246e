// nn/summary.hpp - a model as a table: its layers, the shapes of their parameters, and how many numbers it learns.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "sequential.hpp"

namespace minigrad {
namespace detail {

/// A line of the table: a layer, one of its parameters, or both.
struct SummaryRow {
  std::string layer, parameter, shape, count;
};

class SummaryTable {
 public:
  template <class V>
  void add(std::string layer, const std::vector<NamedParameter<V>>& parameters) {
    if (parameters.empty()) rows_.push_back({std::move(layer), "", "", ""});
    for (const auto& [name, parameter] : parameters) {
      const Shape shape = shape_of(parameter.value());
      bool known = false;  // it is part of another layer as well
      for (const void* counted : counted_) known = known || counted == &parameter.value();
      const bool frozen = !parameter.requires_grad();
      rows_.push_back(
          {std::move(layer), name, to_string(shape), detail::concat({shape.size(), frozen ? " frozen" : ""})});
      layer.clear();
      if (known) continue;
      counted_.push_back(&parameter.value());
      total_ += shape.size();
      if (!frozen) trainable_ += shape.size();
    }
  }

  std::string text() const {
    std::size_t layer = 0, parameter = 0, shape = 0, count = 0;
    for (const SummaryRow& row : rows_) {
      layer = (std::max)(layer, row.layer.size());
      parameter = (std::max)(parameter, row.parameter.size());
      shape = (std::max)(shape, row.shape.size());
      count = (std::max)(count, digits(row.count));
    }
    std::string out;
    for (const SummaryRow& row : rows_) {
      std::string line = row.layer;
      pad(line, row.layer, layer + 2);
      pad(line += row.parameter, row.parameter, parameter + 2);
      pad(line += row.shape, row.shape, shape + 2);
      line.append(count - digits(row.count), ' ') += row.count;
      line.erase(line.find_last_not_of(' ') + 1);
      append(out, {line, "\n"});
    }
    append(out, {total_, total_ == 1 ? " parameter, " : " parameters, ", trainable_, " trainable\n"});
    return out;
  }

 private:
  static std::size_t digits(const std::string& count) { return (std::min)(count.size(), count.find(' ')); }
  static void pad(std::string& line, const std::string& last, std::size_t width) {
    line.append(width - last.size(), ' ');
  }

  std::vector<SummaryRow> rows_;
  std::vector<const void*> counted_;  // the parameters
  std::size_t total_ = 0, trainable_ = 0;
};

/// V is what the model's parameters hold; a layer itself may have none.
template <class V, class M>
void summarize(M& module, const PartPlace& place, SummaryTable& table) {
  std::vector<NamedParameter<V>> parameters;
  if constexpr (requires { module.layer(0); }) {  // Sequential
    for (std::size_t i = 0; i < module.size(); ++i) {
      const PartPlace at{&place, nullptr, i};
      parameters.clear();
      module.layer(i).visit_parameters(at, collect_names(parameters));
      table.add(at.text() + ": " + module.layer(i).describe(), parameters);
    }
  } else if constexpr (is_parameter<M> || requires { module.describe(); }) {
    visit_parameters(module, place, collect_names(parameters));
    std::string kind = "Parameter";
    if constexpr (!is_parameter<M>) kind = module.describe();
    const std::string name = place.text();
    table.add(name.empty() ? kind : name + ": " + kind, parameters);
  } else {
    for_each_part(module, place, [&](auto& part, const PartPlace& at) { summarize<V>(part, at, table); });
  }
}

}  // namespace detail

/// A model's layers with the names, shapes and sizes of their parameters, one line each, and the number of all
/// parameters and of those that are not frozen.
///
///   0: Linear(2, 8)  0.weight  [8, 2]  16
///                    0.bias    [8]      8
///   1: Tanh
///   2: Linear(8, 1)  2.weight  [1, 8]   8
///                    2.bias    [1]      1
///   33 parameters, 33 trainable
template <class M>
std::string summary(M& model) {
  using V = typename detail::CheckedModel<M>::Value;
  detail::SummaryTable table;
  detail::summarize<V>(model, {}, table);
  return table.text();
}

}  // namespace minigrad
