// train/history.hpp - the record of a training run, one entry per epoch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../io/file.hpp"
#include "../tensor/load_state.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// One pass over the training data.
struct Epoch {
  std::size_t epoch = 0;    ///< from 1
  std::size_t updates = 0;  ///< steps of the optimizer since the start of fit()
  double train_loss = 0;    ///< the mean over the epoch's samples, each computed before the update by its batch
  /// At the end of the epoch; NaN without validation.
  double validation_loss = detail::not_a_number<double>;
  double lr = 0;                  ///< the learning rate of this epoch
  double grad_norm = 0;           ///< of the epoch's last update, before clipping
  double seconds = 0;             ///< since the start of fit()
  std::vector<double> metrics{};  ///< at the end of the epoch, in the order of History::metric_names
};

/// What fit() returns: the epochs of a training, and how it ended.
struct History {
  std::vector<Epoch> epochs;   ///< in their order
  std::size_t best_epoch = 0;  ///< the last epoch that counted as better, by validation loss or best_by; 0: none
  bool stopped_early = false;  ///< by FitOptions::patience
  bool interrupted = false;    ///< by FitOptions::stop, before the training was complete
  std::vector<std::string> metric_names;  ///< validation_accuracy for accuracy, of all metrics; then train_accuracy

  /// The entry of the best epoch. Throws IndexError if there is none.
  template <class = void>
  const Epoch& best() const {
    if (best_epoch == 0)
      detail::fail<IndexError>({"History: no best epoch: there was no validation, or its loss was never finite"});
    return epochs[best_epoch - 1];
  }

  /// A metric of all epochs, such as "validation_accuracy". Throws ValueError if there is none of this name.
  template <class = void>
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
  template <class = void>
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

  /// Writes to_csv() to a file, whole or not at all. Throws DataError if the file cannot be written.
  template <class = void>
  void write_csv(const std::string& path) const { detail::write_file("write_csv", path, to_csv()); }

  /// All of it but `interrupted`, in double. Each epoch must have as many metrics as there are names.
  template <class = void>
  StateDict state_dict() const {
    auto table = Tensor<double>::empty({epochs.size(), numbers + metric_names.size()});
    double* to = table.data();
    for (const Epoch& e : epochs) {
      for (const double value : {static_cast<double>(e.epoch), static_cast<double>(e.updates), e.train_loss,
                                 e.validation_loss, e.lr, e.grad_norm, e.seconds})
        *to++ = value;
      for (std::size_t k = 0; k < metric_names.size(); ++k) *to++ = e.metrics[k];
    }
    StateDict out;
    out.add("epochs", table);
    out.add("best_epoch", static_cast<std::int64_t>(best_epoch));
    out.add("stopped_early", stopped_early);
    std::string names;
    for (const std::string& name : metric_names) detail::append(names, {name, ","});
    out.metadata("metric_names", names);
    return out;
  }
  /// Throws ValueError, and changes nothing, if the state is not one of a History.
  template <class = void>
  void load_state_dict(const StateDict& state) {
    constexpr const char* op = "History: load_state_dict";
    History loaded;
    std::string names = state.metadata("metric_names");
    for (std::size_t end; (end = names.find(',')) != std::string::npos; names.erase(0, end + 1))
      loaded.metric_names.push_back(names.substr(0, end));
    const StateEntry* entry = state.find("epochs");
    const std::size_t rows = entry && entry->shape.rank() == 2 ? entry->shape[0] : 0;
    std::int64_t best = 0;
    auto table = Tensor<double>::empty({rows, numbers + loaded.metric_names.size()});
    const std::vector<detail::StateTarget> targets{detail::state_target("epochs", table),
                                                   detail::state_target("best_epoch", best),
                                                   detail::state_target("stopped_early", loaded.stopped_early)};
    detail::require_same(op, detail::differences(state, targets));
    detail::copy_to(targets, state);
    if (best < 0 || std::cmp_greater(best, rows))
      detail::fail<ValueError>({op, ": the best epoch is ", best, " of ", rows});
    loaded.best_epoch = static_cast<std::size_t>(best);
    const double* at = table.data();
    for (std::size_t row = 0; row < rows; ++row, at += numbers + loaded.metric_names.size()) {
      if (!(at[1] >= 0 && at[1] < 0x1p53)) detail::fail<ValueError>({op, ": epoch ", row + 1, " has ", at[1], " updates"});
      loaded.epochs.push_back({row + 1, static_cast<std::size_t>(at[1]), at[2], at[3], at[4], at[5], at[6],
                               std::vector<double>(at + numbers, at + numbers + loaded.metric_names.size())});
    }
    *this = std::move(loaded);
  }

 private:
  static constexpr std::size_t numbers = 7;  // of an Epoch, without metrics
};

/// Thrown by fit() when a loss or a weight is not finite. `history` holds the completed epochs.
struct TrainingError : Error {
  template <class = void>
  TrainingError(const std::string& message, History completed) : Error(message), history(std::move(completed)) {}

  History history;  ///< of the completed epochs
};

}  // namespace minigrad
