// train/history.hpp - the record of a training run, one entry per epoch.
#pragma once

#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// One pass over the training data.
struct Epoch {
  std::size_t epoch = 0;     // from 1
  std::size_t updates = 0;   // steps of the optimizer since the start of fit()
  double train_loss = 0;     // the mean over the epoch's samples, each computed before the update by its batch
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  // at the end of the epoch; NaN without validation
  double lr = 0;             // the learning rate of this epoch
  double grad_norm = 0;      // of the epoch's last update, before clipping
  double seconds = 0;        // since the start of fit()
  std::vector<double> metrics{};  // at the end of the epoch, in the order of History::metric_names
};

struct History {
  std::vector<Epoch> epochs;
  std::size_t best_epoch = 0;  // the last epoch whose validation loss counted as better; 0 without validation
  bool stopped_early = false;
  std::vector<std::string> metric_names;  // validation_<name> of all metrics, then train_<name>, where they were computed

  /// The entry of the best epoch. Throws IndexError if there is none.
  const Epoch& best() const {
    if (best_epoch == 0)
      detail::fail<IndexError>({"History: no best epoch: there was no validation, or its loss was never finite"});
    return epochs[best_epoch - 1];
  }

  /// A metric of all epochs, such as "validation_accuracy". Throws ValueError if there is none of this name.
  std::vector<double> metric(const std::string& name) const {
    std::size_t k = 0;
    while (k < metric_names.size() && metric_names[k] != name) ++k;
    if (k == metric_names.size()) detail::fail<ValueError>({"History: no metric \"", name, "\" was computed"});
    std::vector<double> out;
    for (const Epoch& e : epochs) out.push_back(e.metrics[k]);
    return out;
  }

  /// The epochs as CSV with a header line; metrics come last. The field of the validation loss is empty if there was no
  /// validation.
  std::string to_csv() const {
    std::string out = "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds";
    for (const std::string& name : metric_names) detail::append(out, {",", name});
    out += "\n";
    for (const Epoch& e : epochs) {
      const bool validated = !detail::is_nan(e.validation_loss);
      out += detail::concat({e.epoch, ",", e.updates, ",", format_number(e.train_loss, 9), ",",
                           validated ? format_number(e.validation_loss, 9) : "", ",", format_number(e.lr, 9), ",",
                           format_number(e.grad_norm, 9), ",", format_number(e.seconds, 6)});
      for (const double value : e.metrics) detail::append(out, {",", format_number(value, 9)});
      out += "\n";
    }
    return out;
  }

  /// Writes to_csv() to a file. Throws DataError if the file cannot be written.
  void write_csv(const std::string& path) const {
    const std::string content = to_csv();
    std::FILE* file = std::fopen(path.c_str(), "wb");
    const bool written = file && std::fwrite(content.data(), 1, content.size(), file) == content.size();
    const bool closed = file && std::fclose(file) == 0;
    if (!written || !closed) throw DataError("minigrad: write_csv: cannot write \"" + path + "\"", path);
  }
};

/// Thrown by fit() when the loss is not finite. `history` holds the completed epochs.
struct TrainingError : Error {
  TrainingError(const std::string& message, History completed) : Error(message), history(std::move(completed)) {}

  History history;
};

}  // namespace minigrad
