// Pictures are compared with those in tests/io/svg/, which were looked at. To make them anew after a change that was
// meant: run this test with MINIGRAD_WRITE_GOLDEN=1, and look at them.
#include <minigrad/io/svg.hpp>
#include <minigrad/train/plot.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

const double nan_number = std::numeric_limits<double>::quiet_NaN();

void check_golden(const std::string& name, const std::string& svg) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "svg" / (name + ".svg");
  if (std::getenv("MINIGRAD_WRITE_GOLDEN")) std::ofstream(path, std::ios::binary) << svg;
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), {}};
  CHECK_MESSAGE(svg == golden, name);
}

History make_history() {
  History h;
  h.metric_names = {"validation_accuracy", "train_accuracy"};
  for (std::size_t k = 1; k <= 40; ++k) {
    const auto x = static_cast<double>(k);
    h.epochs.push_back({.epoch = k, .train_loss = 2 / x, .validation_loss = 1 / x + 0.1 + 0.004 * x, .lr = 0.1 / x,
                        .metrics = {1 - 1 / (x + 1), 1 - 0.5 / x}});
  }
  h.best_epoch = 16;
  return h;
}

template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.what()).substr(10);
  }
  return "none";
}

std::vector<double> ticks(double least, double most, bool logarithmic = false) {
  detail::SvgScale<> scale("x", least, most, logarithmic);
  scale.finish();
  std::vector<double> out;
  for (const Tick& tick : scale.ticks()) out.push_back(tick.at);
  return out;
}

}  // namespace

TEST_CASE("lines, markers, error bars, notes and legends are drawn as they were when they were looked at") {
  SvgAxes left{.title = "All of <it> & \"more\"", .x_label = "pages", .y_label = "minutes", .legend_left = true};
  left.series.push_back({.x = {1, 2, 3, 4, 5}, .y = {1, 4, nan_number, 2, 8}, .label = "a line with a gap", .dash = "6 4"});
  left.series.push_back({.x = {1, 2, 3}, .y = {3, 5, 7}, .label = "課 vertical bars", .width = 0,
                         .marker = Marker::square, .y_low = {2, 4.5, 6}, .y_high = {4, 5.5, 9}});
  left.series.push_back({.x = {1.5, 2.5, 3.5}, .y = {3, 5, 7}, .label = "horizontal bars", .width = 0,
                         .marker = Marker::diamond, .x_low = {1, 2.1, 3.1}, .x_high = {2, 3, 4}});
  left.series.push_back({.x = {2.2, 3.2}, .y = {1, 2}, .width = 0, .marker = Marker::cross});
  left.series.push_back({.x = {4.2}, .y = {3}, .label = "one point", .marker = Marker::circle});
  left.notes.push_back({4.2, 3.6, "a note"});
  SvgAxes right{.x_label = "decades", .x_log = true, .y_log = true, .y_min = 100, .legend_left = true};
  right.x_ticks = {{0.001, "small"}, {1, "one"}, {1e6, "large"}};
  right.series.push_back({.x = {1e-3, 0, 1, 1e3, 1e7}, .y = {200, 5, 300, 900, 5000}, .label = "0 has no place"});
  check_golden("panels", to_svg(std::vector<SvgAxes>{left, right}, {.width = 1000}));
}

TEST_CASE("the curves of a history are drawn, its losses and its metrics, with a ring at the best epoch") {
  const History history = make_history();
  check_golden("curves", to_svg(curves(history), {.width = 1280}));
  check_golden("logarithmic", to_svg(curves(history, {.columns = {"train_loss", "lr"}, .x_log = true, .y_log = true})));
  const std::string path = (std::filesystem::temp_directory_path() / "minigrad_svg_test.svg").string();
  plot(history, path);
  std::ifstream in(path, std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == to_svg(curves(history), {.width = 1280}));
  std::filesystem::remove(path);
  History one = history;
  one.epochs.resize(1), one.best_epoch = 0;
  CHECK(to_svg(curves(one)).find("<circle") != std::string::npos);
  for (Epoch& e : one.epochs) e.train_loss = nan_number;
  CHECK_NOTHROW(to_svg(curves(one)));
}

TEST_CASE("ticks are round numbers") {
  using Ticks = std::vector<double>;
  CHECK(ticks(0, 10) == Ticks{0, 2, 4, 6, 8, 10});
  CHECK(ticks(-1, 1) == Ticks{-1, -0.5, 0, 0.5, 1});
  CHECK(ticks(3, 61) == Ticks{10, 20, 30, 40, 50, 60});
  CHECK(ticks(1, 100, true) == Ticks{1, 2, 5, 10, 20, 50, 100});
  CHECK(ticks(1e-3, 1e3, true) == Ticks{1e-3, 1e-2, 1e-1, 1, 10, 100, 1000});
  for (const double size : {1e-300, 1e-5, 1.0, 7e9, 1e300})
    for (const bool logarithmic : {false, true}) {
      const std::size_t count = ticks(size, 3 * size, logarithmic).size();
      CHECK(count >= 3);
      CHECK(count <= 11);
    }
}

TEST_CASE("data that are next to each other, or near the ends of what a double holds, have axes too") {
  const double eps = std::numeric_limits<double>::epsilon(), most = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<std::vector<double>> all = {
      {1, 1 + eps}, {1e17, 1e17 + 16}, {-1, -1 + eps}, {1, 1e300}, {1e300, most}, {-most, most}, {0, tiny}, {tiny, 1}, {tiny, tiny}};
  for (const std::vector<double>& values : all)
    for (const bool logarithmic : {false, true}) {
      if (logarithmic && values[0] <= 0) continue;
      CAPTURE(values[0]);
      CAPTURE(values[1]);
      CAPTURE(logarithmic);
      const std::string svg = to_svg(SvgAxes{.y_log = logarithmic, .series = {{.x = {1, 2}, .y = values}}});
      CHECK(svg.find("nan") == std::string::npos);
      CHECK(svg.find("inf") == std::string::npos);
      CHECK(svg.size() < 8000);
    }
  CHECK(ticks(-most, most).size() >= 3);
  const std::string far = to_svg(SvgAxes{.y_min = 0, .y_max = 1, .series = {{.x = {1, 2}, .y = {0, most}}}});
  CHECK(far.find("inf") == std::string::npos);
}

TEST_CASE("one end of an axis may be given, and the data decide the others") {
  const Series series{.x = {1, 100}, .y = {1, 100}};
  const auto labels = [&](const SvgAxes& axes) {
    const std::string svg = to_svg(axes);
    return svg.find(">100</text>") != svg.rfind(">100</text>");  // beside both axes
  };
  CHECK(labels({.x_log = true, .y_log = true, .x_min = 1, .series = {series}}));
  CHECK(labels({.y_max = 101, .series = {series}}));
}

TEST_CASE("what cannot be drawn is refused") {
  CHECK(refusal([] { to_svg(SvgAxes{.series = {{.x = {1, 2}, .y = {1}, .label = "a"}}}); }) ==
        "Series \"a\": 2 numbers x, and 1 y");
  CHECK(refusal([] { to_svg(SvgAxes{.series = {{.x = {1}, .y = {1}, .label = "a", .y_low = {0}}}}); }) ==
        "Series \"a\": 1 numbers x, and 0 y_high");
  CHECK(refusal([] { to_svg(SvgAxes{.y_log = true, .series = {{.x = {1}, .y = {-1}}}}); }) ==
        "SvgAxes: the y axis reaches from nan to nan: a logarithmic axis needs positive numbers");
  CHECK(refusal([] { to_svg(SvgAxes{.x_min = 2, .x_max = 1}); }) == "SvgAxes: the x axis reaches from 2 to 1: there is nothing to draw");
  CHECK(refusal([] { plot(History(), "never.svg"); }) == "plot: the history has no epochs");
  CHECK(refusal([] { plot(make_history(), "never.svg", {.columns = {"recall"}}); }) ==
        "History: no metric \"recall\" was computed");
  CHECK(refusal([] { write_svg("/no/such/folder/a.svg", SvgAxes()); }).find("write_svg: ") == 0);
}

TEST_CASE("texts are no markup") {
  SvgAxes axes{.title = "<script>&\"\n", .x_label = "</svg>"};
  axes.series.push_back({.x = {1}, .y = {1}, .label = "<b>", .color = "\"/><x", .dash = "\"<"});
  const std::string svg = to_svg(axes);
  for (const char* bad : {"<script", "<b>", "<x", "</svg></text>"}) CHECK(svg.find(bad) == std::string::npos);
  CHECK(svg.find("&lt;script&gt;&amp;&quot; <") != std::string::npos);
}
