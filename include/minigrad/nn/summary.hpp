// nn/summary.hpp - a model as a table: its layers, the shapes of their parameters and buffers, and the number of
// trainable numbers.
#pragma once

#include <string>

#include "sequential.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A parameter or a buffer of a layer.
struct SummaryPart {
  enum Kind { trainable, frozen, buffer };
  std::string name;
  Shape shape;
  const void* value;
  Kind kind;
};

/// Appends a part, unless the list has it.
template <class V>
void add_summary_part(void* to, const V& value, SummaryPart::Kind kind, const PartPlace& place) {
  auto& list = *static_cast<PoolArray<SummaryPart>*>(to);
  for (const SummaryPart& known : list)
    if (known.value == &value) return;
  list.push_back({place.text(), shape_of(value), &value, kind});
}
template <class V>
PartVisitor<V> collect_summary(PoolArray<SummaryPart>& out) {
  return {&out,
          [](void* to, Parameter<V>& p, const PartPlace& place) {
            add_summary_part(to, p.value(), p.requires_grad() ? SummaryPart::trainable : SummaryPart::frozen, place);
          },
          [](void* to, V& b, const PartPlace& place) { add_summary_part(to, b, SummaryPart::buffer, place); },
          nullptr,
          [](void* to, Tensor<std::int64_t>& b, const PartPlace& place) {
            add_summary_part(to, b, SummaryPart::buffer, place);
          }};
}

/// A line of the table: a layer, one of its parts, or both.
struct SummaryRow {
  std::string layer, part, shape, count;
};

class SummaryTable {
 public:
  void add(std::string layer, const PoolArray<SummaryPart>& parts) {
    if (parts.empty()) rows_.push_back({std::move(layer), "", "", ""});
    for (const SummaryPart& part : parts) {
      constexpr const char* notes[] = {"", " frozen", " buffer"};
      const std::size_t size = part.shape.size();
      rows_.push_back({std::move(layer), part.name, to_string(part.shape), detail::concat({size, notes[part.kind]})});
      layer.clear();
      if (part.kind == SummaryPart::buffer) continue;
      bool known = false;  // whether it is also part of a layer above
      for (const void* counted : counted_) known = known || counted == part.value;
      if (known) continue;
      counted_.push_back(part.value);
      total_ += size;
      if (part.kind == SummaryPart::trainable) trainable_ += size;
    }
  }

  std::string text() const {
    std::size_t layer = 0, part = 0, shape = 0, count = 0;
    for (const SummaryRow& row : rows_) {
      layer = (std::max)(layer, row.layer.size());
      part = (std::max)(part, row.part.size());
      shape = (std::max)(shape, row.shape.size());
      count = (std::max)(count, digits(row.count));
    }
    std::string out;
    for (const SummaryRow& row : rows_) {
      std::string line = row.layer;
      pad(line, row.layer, layer + 2);
      pad(line += row.part, row.part, part + 2);
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

  PoolArray<SummaryRow> rows_;
  PoolArray<const void*> counted_;  // the parameters
  std::size_t total_ = 0, trainable_ = 0;
};

/// Adds the lines of a module to the table. V is the value type of the model's parameters.
template <class V, class M>
void summarize(M& module, const PartPlace& place, SummaryTable& table) {
  PoolArray<SummaryPart> parts;
  if constexpr (IsSequential<M>) {
    for (std::size_t i = 0; i < module.size(); ++i) {
      const PartPlace at{&place, nullptr, i};
      parts.clear();
      module.layer(i).visit_parts(at, collect_summary<V>(parts));
      table.add(at.text() + ": " + module.layer(i).describe(), parts);
    }
  } else if constexpr (is_parameter<M> || is_tensor<M> ||
                       (!DerivesFromSequential<M> && requires { module.describe(); })) {
    visit_parts(module, place, collect_summary<V>(parts));
    std::string kind = is_tensor<M> ? "Buffer" : "Parameter";
    if constexpr (requires { module.describe(); }) kind = module.describe();
    const std::string name = place.text();
    table.add(name.empty() ? kind : name + ": " + kind, parts);
  } else {
    for_each_part(module, place, [&](auto& part, const PartPlace& at) { summarize<V>(part, at, table); });
  }
}

}  // namespace detail

/// A model's layers with the names, shapes and sizes of their parameters and buffers, one line each, and the number of
/// all parameters and of those that are not frozen. A buffer is marked, "8 buffer", and not counted.
///
///   0: Linear(2, 8)  0.weight  [8, 2]  16
///                    0.bias    [8]      8
///   1: Tanh
///   2: Linear(8, 1)  2.weight  [1, 8]   8
///                    2.bias    [1]      1
///   33 parameters, 33 trainable
template <class M>
std::string summary(const M& model) {
  using V = detail::model_value<M>;
  detail::CheckedModel<M>();
  M& parts = detail::without_const(model);
  detail::visit_parts(parts, {}, detail::PartVisitor<V>{nullptr, nullptr, nullptr});  // refuses one that was moved from
  detail::SummaryTable table;
  detail::summarize<V>(parts, {}, table);
  return table.text();
}

}  // namespace minigrad
