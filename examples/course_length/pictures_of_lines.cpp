// pictures_of_lines.cpp - the loss surface, the batches, the courses and their lines.
#include <cmath>
#include <functional>
#include <limits>

#include "pictures.hpp"

namespace course_length {
namespace {

/// Where f(x, y) = level on a grid: of each cell the one or two pieces of straight line that separate its corners below
/// from those above, with gaps between them (marching squares).
Series contour(const std::function<double(double, double)>& f, double level, const SvgAxes& axes, std::size_t cells) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  const double dx = (axes.x_max - axes.x_min) / static_cast<double>(cells), dy = (axes.y_max - axes.y_min) / static_cast<double>(cells);
  Series out{.width = 1.5};
  std::vector<double> below(cells + 1), above(cells + 1);
  const auto row = [&](std::size_t k, std::vector<double>& to) {
    for (std::size_t i = 0; i <= cells; ++i)
      to[i] = f(axes.x_min + dx * static_cast<double>(i), axes.y_min + dy * static_cast<double>(k)) - level;
  };
  row(0, above);
  for (std::size_t k = 0; k < cells; ++k) {
    below.swap(above);
    row(k + 1, above);
    for (std::size_t i = 0; i < cells; ++i) {
      const double x = axes.x_min + dx * static_cast<double>(i), y = axes.y_min + dy * static_cast<double>(k);
      const double a = below[i], b = below[i + 1], c = above[i + 1], d = above[i];  // around the cell
      std::size_t crossings = 0;
      const auto cross = [&](double from, double to, double at_x, double at_y, double step_x, double step_y) {
        if ((from < 0) == (to < 0)) return;
        const double share = from / (from - to);
        out.x.push_back(at_x + share * step_x), out.y.push_back(at_y + share * step_y);
        if (++crossings % 2 == 0) out.x.push_back(gap), out.y.push_back(gap);
      };
      cross(a, b, x, y, dx, 0);
      cross(b, c, x + dx, y, 0, dy);
      cross(c, d, x + dx, y + dy, -dx, 0);
      cross(d, a, x, y + dy, 0, -dy);
    }
  }
  return out;
}

}  // namespace

/// Step 1 to 3 in one picture: the loss of every line, and the way downhill.
std::string loss_surface(const Story& story) {
  SvgAxes axes{.x_label = "w (minutes per page)", .y_label = "b (minutes)", .x_min = 0, .x_max = 3, .y_min = -20, .y_max = 40};
  const auto loss = [&](double w, double b) { return mse_loss(w * story.moments.x + b, story.moments.y).item(); };
  const double levels[] = {245, 260, 300, 400, 700, 1300, 2500, 5000};
  const char* const blues[] = {"#08306b", "#08519c", "#2171b5", "#4292c6", "#6baed6", "#85bcdb", "#a6cde4", "#bdd7e7"};
  for (std::size_t k = 0; k < std::size(levels); ++k) {
    Series line = contour(loss, levels[k], axes, 120);
    line.color = blues[k];
    if (k == 3) line.label = "lines of equal loss: MSE (min²)";
    if (k >= 3)  // where the line meets the right half of the upper end
      for (std::size_t i = line.x.size(); i-- > 0;)
        if (line.y[i] > 33 && line.y[i] < 34 && line.x[i] > 0.8) {
          axes.notes.push_back({line.x[i], line.y[i], format_number(levels[k])});
          break;
        }
    axes.series.push_back(line);
  }
  Series jump{.label = "learning rate 0.001: out of sight", .color = red, .width = 1.5, .dash = "5 3", .marker = Marker::circle, .size = 4};
  for (std::size_t i = 0; i < story.jump.size() && i < 4; ++i)
    jump.x.push_back(story.jump[i].w), jump.y.push_back(story.jump[i].b);
  // The crawl in few points: they lie too close to tell apart.
  Series crawl{.label = "learning rate 0.0001", .color = green, .width = 3};
  const auto add = [](Series& to, const Place& place) { to.x.push_back(place.w), to.y.push_back(place.b); };
  for (std::size_t i = 0; i < story.crawl.size(); i = i < 20 ? i + 1 : i * 6 / 5) add(crawl, story.crawl[i]);
  add(crawl, story.crawl.back());
  Series marks{.label = "... after 10, 1000, 10000 updates", .color = black, .width = 0, .marker = Marker::ring};
  for (const std::size_t updates : {10u, 1000u, 10000u}) add(marks, story.crawl[updates]);
  for (Series* series : {&jump, &crawl, &marks}) axes.series.push_back(*series);
  axes.series.push_back({.x = {1}, .y = {15}, .label = "start", .color = black, .width = 0, .marker = Marker::circle});
  axes.series.push_back({.x = {story.closed_form.w}, .y = {story.closed_form.b}, .label = "lowest loss", .color = black,
                         .width = 0, .marker = Marker::cross, .size = 9});
  axes.legend_bottom = axes.legend_left = true;
  return to_svg(axes, {.width = picture_width, .height = 620, .font_size = 15});
}

/// The loss of each batch size, seen twice: by updates, and by epochs.
std::string batch_curves(const Story& story) {
  std::vector<SvgAxes> panels;
  for (const bool by_epoch : {false, true}) {
    SvgAxes axes{.x_label = by_epoch ? "epochs (times every row was seen)" : "updates",
              .y_label = "loss on all rows: MSE (min²)", .y_log = true, .x_min = 0, .x_max = by_epoch ? 10.0 : 50.0,
              .y_min = 200, .y_max = 6000};
    for (const BatchCurve& curve : story.batches) {
      Series series;
      for (std::size_t i = 0; i < curve.losses.size(); ++i) {
        const double x = static_cast<double>(i) / static_cast<double>(by_epoch ? curve.updates_per_epoch : 1);
        series.x.push_back(x), series.y.push_back(curve.losses[i]);
        if (x > 50) break;
      }
      const std::string size = std::to_string(curve.batch_size);
      if (!by_epoch) series.label = "batch size " + size + (axes.series.empty() ? " (all)" : "");
      axes.series.push_back(series);
    }
    panels.push_back(axes);
  }
  return to_svg(panels, {.width = picture_width, .height = 460, .font_size = 15});
}

/// The courses, and the line that each would like to have.
std::string data_and_lines(const Story& story) {
  const Lectures& l = story.lectures;
  SvgAxes axes{.x_label = "pages of the slide deck", .y_label = "length of the class (minutes)", .x_min = 0, .y_min = 0, .legend_left = true};
  const std::pair<std::string, const Table*> courses[] = {
      {blue, &l.ml2021}, {orange, &l.genai2024}, {green, &l.ml2026}};
  const Marker shapes[] = {Marker::circle, Marker::square, Marker::diamond};
  const Series test = points(dataset(l.test, features(1)), "the final test", black, Marker::cross);
  std::vector<double> x = test.x, y = test.y;
  for (std::size_t k = 0; k < 3; ++k) {
    const PageLine& line = story.lines[k];
    const Series course = points(dataset(*courses[k].second, features(1)), line.name, courses[k].first, shapes[k]);
    x.insert(x.end(), course.x.begin(), course.x.end());
    y.insert(y.end(), course.y.begin(), course.y.end());
    axes.series.push_back(course);
    axes.series.push_back(
        {.x = {0, 1000}, .y = {line.b, 1000 * line.w + line.b},
         .label = format_fixed(line.w, 2) + " pages " + (line.b < 0 ? "- " : "+ ") + format_fixed(std::fabs(line.b), 1),
         .color = courses[k].first});
  }
  axes.series.push_back(test);
  axes.x_max = from_zero(x), axes.y_max = from_zero(y);
  return to_svg(axes, {.width = picture_width, .height = 560, .font_size = 15});
}

}  // namespace course_length
