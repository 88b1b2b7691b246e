#include <minigrad/train/progress.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdio>
#include <string>

#include "../support/terminal.hpp"

using minigrad::ProgressBar;
using minigrad::Stopwatch;

TEST_CASE("the line says how far, how fast, how long still, and a note") {
  CHECK(ProgressBar::line(45, 100, 500, 4.5, "loss 240") ==
        "\r 45/100 [==========>.............] 5000 samples/s, 6 s left, loss 240\033[K");
  CHECK(ProgressBar::line(100, 100, 500, 10, "") == "\r100/100 [========================] 5000 samples/s, 0 s left\033[K");
  CHECK(ProgressBar::line(1, 100, 3, 4, "") == "\r  1/100 [>.......................] 0.75 samples/s, 396 s left\033[K");
}

TEST_CASE("before anything is done or timed the line names no rate") {
  CHECK(ProgressBar::line(0, 10, 500, 1, "") == "\r 0/10 [>.......................]\033[K");
  CHECK(ProgressBar::line(1, 10, 500, 0, "note") == "\r 1/10 [==>.....................] note\033[K");
}

TEST_CASE("the line holds for a total of 0 and for more done than there was to do") {
  CHECK(ProgressBar::line(0, 0, 0, 0, "") == "\r0/0 [========================]\033[K");
  CHECK(ProgressBar::line(12, 9, 100, 9, "") == "\r9/9 [========================] 100 samples/s, 0 s left\033[K");
}

TEST_CASE("a stopwatch runs forward") {
  const Stopwatch watch;
  const double first = watch.seconds();
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += i;
  CHECK(sum > 0);
  CHECK(first >= 0);
  CHECK(watch.seconds() >= first);
  CHECK(watch.seconds() < 60);
}

#if defined(__unix__)
TEST_CASE("nothing is printed where standard error is not a terminal") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  bool visible = true;
  support::with_stderr(dup(fileno(file)), [&] {
    ProgressBar bar(3, true);
    visible = bar.visible();
    for (std::size_t i = 1; i <= 3; ++i) bar.show(i, 10, "note");
  });
  CHECK_FALSE(visible);
  std::fseek(file, 0, SEEK_END);
  CHECK(std::ftell(file) == 0);
  std::fclose(file);
}

TEST_CASE("on a terminal the bar is drawn, at most ten times a second, the last state always, and then the line ends") {
  const auto seen = support::seen_on_terminal([] {
    CHECK_FALSE(ProgressBar(3, false).visible());
    CHECK_FALSE(ProgressBar(0, true).visible());
    ProgressBar bar(1000, true);
    CHECK(bar.visible());
    for (std::size_t i = 1; i <= 1000; ++i) bar.show(i, 10, "at " + std::to_string(i));
  });
  if (!seen) return;  // a machine without terminals
  CHECK(seen->find("\r   1/1000 [>...") == 0);
  CHECK(seen->find(", at 1000\033[K") != std::string::npos);
  CHECK(seen->back() == '\n');
  std::size_t redraws = 0;
  for (std::size_t i = seen->find("\033[K"); i != std::string::npos; i = seen->find("\033[K", i + 1)) ++redraws;
  CHECK(redraws < 1000);
}
#endif
