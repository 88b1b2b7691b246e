// train/read_history.hpp - reads back what History::write_csv has written. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <string>

#include "../data/csv.hpp"
#include "history.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The epochs in a file of History::write_csv, with the 9 digits that it has of each number. The columns that Epoch does
/// not have are metrics. best_epoch is the first with the lowest validation loss. Whether training stopped early is not in the file. Throws DataError if the file
/// cannot be read, lacks a column, or has something else where a number belongs.
inline History read_history(const std::string& path) {
  const Table table = read_csv(path);
  const auto number = [&](std::size_t row, const char* column) {  // of a diverged training, some are not finite
    const std::string text = table.text(row, column);
    if (text == "inf") return detail::infinity<double>;
    if (text == "-inf") return -detail::infinity<double>;
    if (text == "nan") return detail::not_a_number<double>;
    return table.number(row, column);
  };
  const auto count = [&](std::size_t row, const char* column) {
    const double value = table.number(row, column);
    if (!(value >= 0 && value < 0x1p53) || value != static_cast<double>(static_cast<std::size_t>(value))) {
      const Place place = table.place(row, column);
      throw DataError(detail::concat({"minigrad: ", path, ":", place.line, ":", place.column, ": ", column,
                                      " must be a whole number"}),
                      path, place.line, place.column);
    }
    return static_cast<std::size_t>(value);
  };
  History out;
  const std::string own[] = {"epoch", "updates", "train_loss", "validation_loss", "lr", "grad_norm", "seconds"};
  for (const std::string& column : table.columns()) {
    bool known = false;
    for (const std::string& one : own) known = known || column == one;
    if (!known) out.metric_names.push_back(column);
  }
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Epoch epoch;
    epoch.epoch = count(row, "epoch");
    epoch.updates = count(row, "updates");
    epoch.train_loss = number(row, "train_loss");
    if (!table.is_missing(row, "validation_loss")) epoch.validation_loss = number(row, "validation_loss");
    epoch.lr = number(row, "lr");
    epoch.grad_norm = number(row, "grad_norm");
    epoch.seconds = number(row, "seconds");
    for (const std::string& name : out.metric_names) epoch.metrics.push_back(number(row, name.c_str()));
    out.epochs.push_back(epoch);
    const double loss = epoch.validation_loss;
    if (detail::is_finite(loss) && (out.best_epoch == 0 || loss < out.best().validation_loss))
      out.best_epoch = out.epochs.size();
  }
  return out;
}

}  // namespace minigrad
