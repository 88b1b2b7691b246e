// train/progress.hpp - a progress bar on the terminal, with the speed and the remaining time.
#pragma once

#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string>

#if defined(_WIN32)
#include <io.h>

#include <chrono>
#else
#include <unistd.h>
#endif

#include "../core/error.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Measures the seconds since its construction.
class Stopwatch {
 public:
  double seconds() const { return now() - start_; }  ///< so far

 private:
  static double now() {
#if defined(_WIN32)  // has no clock_gettime; elsewhere <chrono> is avoided, since it is slow to compile
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#else
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
#endif
  }
  double start_ = now();
};

/// A progress bar on standard error, redrawn at most ten times a second. If standard error is not a terminal, such as a
/// file or a pipe, nothing is printed.
class ProgressBar {
 public:
  ProgressBar(std::size_t total, bool wanted) : total_(total), visible_(wanted && total > 0 && on_terminal()) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() {
    if (drawn_) std::fputc('\n', stderr);
  }

  /// Whether it draws: if it is wanted, there is something to do, and standard error is a terminal.
  bool visible() const { return visible_; }

  /// Shows that `done` of the total are done, each of `units` samples. `note` is the end of the line.
  template <class = void>
  void show(std::size_t done, std::size_t units, const std::string& note) {
    if (!visible_) return;
    const double now = watch_.seconds();
    if (done < total_ && now - last_ < 0.1) return;
    last_ = now;
    std::fputs(line(done, total_, units, now, note).c_str(), stderr);
    std::fflush(stderr);
    drawn_ = true;
  }

  /// The text of one redraw: `\r 45/100 [==========>.............] 12000 samples/s, 3 s left, note`.
  template <class = void>
  static std::string line(std::size_t done, std::size_t total, std::size_t units, double seconds,
                          const std::string& note) {
    constexpr std::size_t width = 24;
    done = (std::min)(done, total);
    const std::size_t filled = total > 0 ? width * done / total : width;
    std::string bar(filled, '=');
    if (filled < width) bar += '>';
    bar.resize(width, '.');
    const std::string of = detail::concat({total}), count = detail::concat({done});
    const std::string space(of.size() - count.size(), ' ');
    std::string out = detail::concat({"\r", space, count, "/", of, " [", bar, "]"});
    if (seconds > 0 && done > 0) {
      const double per_item = seconds / static_cast<double>(done), rate = static_cast<double>(units) / per_item;
      out += detail::concat({" ", rate < 100 ? format_number(rate, 3) : format_fixed(rate, 0), " samples/s, ",
                           format_fixed(per_item * static_cast<double>(total - done), 0), " s left"});
    }
    if (!note.empty()) out += detail::concat({out.back() == ']' ? " " : ", ", note});
    return out + "\033[K";  // the escape clears the rest of the line
  }

 private:
  static bool on_terminal() {
#if defined(_WIN32)
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(fileno(stderr)) != 0;
#endif
  }

  Stopwatch watch_;
  double last_ = -1;
  std::size_t total_;
  bool visible_, drawn_ = false;
};

}  // namespace minigrad
