// train/log.hpp - writes what happens in a training to a file while it happens, line by line: CSV or JSON lines. Not
// part of minigrad.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../data/field.hpp"
#include "../io/file.hpp"
#include "../io/json.hpp"
#include "history.hpp"
#include "step.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A number with its name: {"loss", 0.25}.
struct LogValue {
  std::string name;  ///< the column, or the key
  double value;      ///< what is written there
};

namespace detail {

/// The file behind a log. It is made at the first line. With the state of an interrupted training it is cut back to the
/// lines that were there when the checkpoint was written, so that a resumed training leaves each line once.
template <class = void>
class LogFile {
 public:
  explicit LogFile(std::string path) : path_(std::move(path)) {}
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile() {
    if (file_) std::fclose(file_);
  }

  const std::string& path() const { return path_; }
  /// Throws DataError where the file cannot be written. It stays as it is.
  void require_writable() const { AtomicFile("log", path_); }
  /// Whether it has a line.
  bool begun() {
    if (!file_) open();
    return bytes_ > 0;
  }

  /// Adds a line, and hands it to the system at once. Throws DataError if the file cannot be written.
  void add(const std::string& line) {
    if (!file_) open();
    const std::string text = line + "\n";
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0) {
      const std::string reason = std::strerror(errno);
      std::fclose(std::exchange(file_, nullptr));  // the next line cuts off what there is of this one
      fail_file("log", path_, {"cannot write: ", reason});
    }
    bytes_ += text.size();
  }

  StateDict state_dict(const std::string& columns) const {
    StateDict out;
    out.add("bytes", static_cast<std::int64_t>(bytes_));
    out.metadata("columns", columns);
    return out;
  }
  /// Returns the columns. Throws ValueError, and changes nothing, if the state is not one of a log.
  std::string load_state_dict(const StateDict& state) {
    std::size_t bytes = 0;
    load_fields("log: load_state_dict", state, std::array<StateField, 1>{{{"bytes", bytes}}});
    if (file_) std::fclose(std::exchange(file_, nullptr));
    bytes_ = bytes;
    return state.metadata("columns");
  }

 private:
  void open() {
    std::string kept;
    if (bytes_ > 0) {
      errno = 0;
      if (std::FILE* const old = std::fopen(path_.c_str(), "rb")) {
        char buffer[4096];
        for (std::size_t n = 1; n > 0 && kept.size() < bytes_; kept.append(buffer, n))
          n = std::fread(buffer, 1, (std::min)(sizeof buffer, bytes_ - kept.size()), old);
        if (!std::ferror(old)) errno = 0;
        std::fclose(old);
      }
      if (errno != 0 && errno != ENOENT) fail_file("log", path_, {"cannot read: ", std::strerror(errno)});
      bytes_ = kept.size();  // fewer where the file was lost
    }
    write_file("log", path_, kept);
    file_ = std::fopen(path_.c_str(), "ab");
    if (!file_) fail_file("log", path_, {"cannot write: ", std::strerror(errno)});
  }

  std::string path_;
  std::FILE* file_ = nullptr;
  std::size_t bytes_ = 0;  // of whole lines
};

/// What a log says of an epoch, and of a step.
template <class = void>
std::vector<LogValue> log_values(const Epoch& e, const std::vector<std::string>& metric_names) {
  std::vector<LogValue> out{{"epoch", static_cast<double>(e.epoch)},
                            {"step", static_cast<double>(e.updates)},
                            {"train_loss", e.train_loss},
                            {"validation_loss", e.validation_loss},
                            {"lr", e.lr},
                            {"grad_norm", e.grad_norm},
                            {"seconds", e.seconds}};
  for (std::size_t k = 0; k < e.metrics.size(); ++k)
    out.push_back({k < metric_names.size() ? metric_names[k] : concat({"metric", k}), e.metrics[k]});
  return out;
}
template <class = void>
std::vector<LogValue> log_values(const Step& s) {
  return {{"epoch", static_cast<double>(s.epoch)}, {"step", static_cast<double>(s.step)},
          {"loss", s.loss},                        {"lr", s.lr},
          {"grad_norm", s.grad_norm()},            {"seconds", s.seconds},
          {"rows_per_second", s.rows_per_second}};
}

}  // namespace detail

/// Which events a log writes as a hook of fit().
struct LogOptions {
  std::size_t every_steps = 0;  ///< a line for every so many steps; 0: for each epoch
};

namespace detail {

/// A log as a hook of fit(): what its begin, each epoch and each step of the optimizer call. Log has write(values).
template <class Log>
class LogHook {
 public:
  /// Throws DataError where the file cannot be written: not after an epoch, which may take hours.
  void on_begin(const History& history) {
    metric_names_ = history.metric_names;
    file_.require_writable();
  }
  template <class = void>
  void on_epoch(const Epoch& epoch) {
    if (o_.every_steps == 0) static_cast<Log&>(*this).write(log_values(epoch, metric_names_));
  }
  template <class = void>
  void on_step(const Step& step) {
    if (o_.every_steps > 0 && step.step % o_.every_steps == 0) static_cast<Log&>(*this).write(log_values(step));
  }

 protected:
  LogHook(std::string path, const LogOptions& options) : file_(std::move(path)), o_(options) {}
  LogFile<> file_;

 private:
  LogOptions o_;
  std::vector<std::string> metric_names_;
};

}  // namespace detail

/// A hook of fit(), and of a loop of your own: a CSV file with a line for each epoch, or for every so many steps. Its
/// columns are those of the first line; a number that is not there is an empty field.
///
///   CsvLog log("run.csv");
///   fit(model, MSELoss(), optimizer, data, {.epochs = 100}, log);
///
///   CsvLog own("own.csv");
///   own.write({{"step", 1}, {"loss", 0.25}});
///
/// write() throws ValueError for other columns than those of the first line, DataError if the file cannot be written.
class CsvLog : public detail::LogHook<CsvLog> {
 public:
  explicit CsvLog(std::string path, const LogOptions& options = {}) : LogHook(std::move(path), options) {}

  /// Adds a line of these numbers. Throws as the class says.
  template <class = void>
  void write(const std::vector<LogValue>& values) {
    std::string names, numbers;
    for (const LogValue& one : values) {
      for (const char c : one.name)
        if (c == ',' || c == '"' || c == '\n' || c == '\r')
          detail::fail<ValueError>({"CsvLog: ", detail::in_quotes(one.name), " cannot be the name of a column"});
      const char* const comma = names.empty() ? "" : ",";
      detail::append(names, {comma, one.name});
      detail::append(numbers, {comma, detail::is_nan(one.value) ? "" : format_number(one.value, 9)});
    }
    if (!file_.begun()) columns_ = names, file_.add(names);
    if (names != columns_)
      detail::fail<ValueError>(
          {"CsvLog: ", detail::in_quotes(file_.path()), " has the columns ", columns_, ", and the line ", names});
    file_.add(numbers);
  }
  /// For a checkpoint: the name; the length of the file and its columns, which a resumed training restores.
  std::string describe() const { return "CsvLog"; }
  StateDict state_dict() const { return file_.state_dict(columns_); }
  void load_state_dict(const StateDict& state) { columns_ = file_.load_state_dict(state); }

 private:
  std::string columns_;
};

/// The same as a file of JSON lines: {"epoch":1,"step":32,"train_loss":0.25}. A number that is not finite is null. Lines
/// may have different names.
class JsonLinesLog : public detail::LogHook<JsonLinesLog> {
 public:
  explicit JsonLinesLog(std::string path, const LogOptions& options = {}) : LogHook(std::move(path), options) {}

  /// Adds a line of these numbers. Throws DataError if the file cannot be written.
  template <class = void>
  void write(const std::vector<LogValue>& values) {
    std::string line;
    for (const LogValue& one : values) {
      line += line.empty() ? '{' : ',';
      detail::append_json(line, one.name);
      detail::append(line, {":", detail::is_finite(one.value) ? format_exact(one.value) : "null"});
    }
    file_.add(line.empty() ? "{}" : line + "}");
  }
  /// For a checkpoint: the name; the length of the file, which a resumed training restores.
  std::string describe() const { return "JsonLinesLog"; }
  StateDict state_dict() const { return file_.state_dict(""); }
  void load_state_dict(const StateDict& state) { file_.load_state_dict(state); }
};

}  // namespace minigrad
