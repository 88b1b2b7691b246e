// io/svg.hpp - lines and points in axes, as SVG: a text that browsers show and reports may contain. Not part of
// minigrad.hpp.
//
//   SvgAxes axes{.title = "Loss", .x_label = "epoch", .y_log = true};
//   axes.series.push_back({.x = epochs, .y = losses, .label = "training"});
//   write_svg("loss.svg", axes);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "file.hpp"
#include "svg_scale.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Colours that differ for colour-blind eyes as well (Okabe and Ito), the default ones of series in this order.
inline constexpr const char* series_colors[] = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                "#CC79A7", "#56B4E9", "#000000"};

/// What stands at each point of a Series.
enum class Marker { none, circle, ring, square, diamond, cross };

/// What belongs together in a picture: a line through points, or points, with error bars if wanted. A number that is not
/// finite, or not positive on a logarithmic axis, leaves a gap.
struct Series {
  std::vector<double> x{}, y{};           ///< the points, as many of each
  std::string label{};                    ///< in the legend; none: not there
  std::string color{};                    ///< "#0072B2"; none: the next of series_colors
  double width = 2;                       ///< of the line; 0: none
  std::string dash{};                     ///< "6 4": six pixels of line, four of gap
  Marker marker = Marker::none;           ///< at each point
  double size = 7;                        ///< of the marker
  std::vector<double> y_low{}, y_high{};  ///< the ends of vertical error bars
  std::vector<double> x_low{}, x_high{};  ///< the ends of horizontal ones
};

/// A text at a point, such as the name of an event.
struct Note {
  double x, y;       ///< the point, in units of the axes
  std::string text;  ///< begins there
};

/// A coordinate system and what is drawn in it. Ranges that are not given are those of the data.
struct SvgAxes {
  std::string title{}, x_label{}, y_label{};                                  ///< none: no text
  bool x_log = false, y_log = false;                                          ///< logarithmic axes
  double x_min = by_data, x_max = by_data, y_min = by_data, y_max = by_data;  ///< the ranges of the axes
  std::vector<Tick> x_ticks{}, y_ticks{};                                     ///< none: round numbers
  bool legend_left = false, legend_bottom = false;  ///< where the legend is: else at the right, and at the top
  std::vector<Series> series{};                     ///< drawn in this order
  std::vector<Note> notes{};                        ///< texts in the picture
};

/// Options of to_svg() and write_svg(): the size of the picture and of its letters, in pixels.
struct SvgOptions {
  int width = 640, height = 420;  ///< of the picture, in pixels
  int font_size = 14;             ///< the size of letters, in pixels
};

namespace detail {

/// Draws one panel into a text.
template <class = void>
class SvgPanel {
 public:
  SvgPanel(std::string& out, const SvgAxes& axes, const SvgOptions& o, double left, double width)
      : out_(out), a_(axes), font_(o.font_size), x_("x", axes.x_min, axes.x_max, axes.x_log),
        y_("y", axes.y_min, axes.y_max, axes.y_log) {
    for (const Series& s : a_.series) {
      require_series(s);
      for (const auto* values : {&s.x, &s.x_low, &s.x_high}) x_.include(*values);
      for (const auto* values : {&s.y, &s.y_low, &s.y_high}) y_.include(*values);
    }
    x_.finish();
    y_.finish();
    const std::vector<Tick> y_ticks = a_.y_ticks.empty() ? y_.ticks() : a_.y_ticks;
    double widest = 0;
    for (const Tick& tick : y_ticks) widest = (std::max)(widest, text_width(tick.text, font_));
    const double text = 1.6 * font_;
    x_.place(left + widest + 14 + (a_.y_label.empty() ? 0 : text), left + width - 18);
    y_.place(o.height - 10 - text - (a_.x_label.empty() ? 0 : text), a_.title.empty() ? 14 : 14 + text);
    draw_axes(y_ticks, left, o.height);
    // A picture within the picture cuts off what is outside of the axes.
    append(out_, {"<svg x=\"", at(x_.from()), "\" y=\"", at(y_.to()), "\" width=\"", at(x_.to() - x_.from()),
                  "\" height=\"", at(y_.from() - y_.to()), "\" viewBox=\"", at(x_.from()), " ", at(y_.to()), " ",
                  at(x_.to() - x_.from()), " ", at(y_.from() - y_.to()), "\">\n"});
    for (std::size_t k = 0; k < a_.series.size(); ++k) draw(a_.series[k], color(k));
    for (const Note& note : a_.notes) label(x_(note.x) + 6, y_(note.y) + font_ / 3, note.text, "start");
    out_ += "</svg>\n";
    draw_legend();
  }

 private:
  static std::string at(double pixels) { return format_number(std::round(100 * std::clamp(pixels, -1e7, 1e7)) / 100, 8); }
  std::string color(std::size_t k) const {
    const std::string& own = a_.series[k].color;
    return escape_svg(own.empty() ? series_colors[k % std::size(series_colors)] : own);
  }
  static void require_series(const Series& s) {
    const auto require = [&](const char* what, std::size_t count) {
      if (count != s.x.size())
        fail<ValueError>({"Series \"", s.label, "\": ", s.x.size(), " numbers x, and ", count, " ", what});
    };
    require("y", s.y.size());
    if (!s.y_low.empty() || !s.y_high.empty()) require("y_low", s.y_low.size()), require("y_high", s.y_high.size());
    if (!s.x_low.empty() || !s.x_high.empty()) require("x_low", s.x_low.size()), require("x_high", s.x_high.size());
  }

  void line(double x1, double y1, double x2, double y2, const std::string& style) {
    append(out_, {"<line x1=\"", at(x1), "\" y1=\"", at(y1), "\" x2=\"", at(x2), "\" y2=\"", at(y2), "\" ", style, "/>\n"});
  }
  void label(double x, double y, const std::string& text, const char* anchor, const char* more = "") {
    append(out_, {"<text x=\"", at(x), "\" y=\"", at(y), "\" text-anchor=\"", anchor, "\"", more, ">", escape_svg(text),
                  "</text>\n"});
  }

  void draw_axes(const std::vector<Tick>& y_ticks, double left, double height) {
    const std::string grid = "stroke=\"#e4e4e4\"", border = "stroke=\"#555555\"";
    double end = -1e9;  // of the last text, which the next must not touch
    for (const Tick& tick : a_.x_ticks.empty() ? x_.ticks() : a_.x_ticks) {
      if (!x_.holds(tick.at)) continue;
      line(x_(tick.at), y_.from(), x_(tick.at), y_.to(), grid);
      const double half = text_width(tick.text, font_) / 2;
      if (x_(tick.at) - half < end + 5) continue;
      end = x_(tick.at) + half;
      label(x_(tick.at), y_.from() + 1.3 * font_, tick.text, "middle");
    }
    for (const Tick& tick : y_ticks) {
      if (!y_.holds(tick.at)) continue;
      line(x_.from(), y_(tick.at), x_.to(), y_(tick.at), grid);
      label(x_.from() - 7, y_(tick.at) + 0.35 * font_, tick.text, "end");
    }
    line(x_.from(), y_.from(), x_.to(), y_.from(), border);
    line(x_.from(), y_.from(), x_.from(), y_.to(), border);
    const double middle = (x_.from() + x_.to()) / 2, center = (y_.from() + y_.to()) / 2;
    if (!a_.title.empty()) label(middle, 14 + 0.6 * font_, a_.title, "middle", " font-weight=\"bold\"");
    if (!a_.x_label.empty()) label(middle, height - 0.7 * font_, a_.x_label, "middle");
    if (a_.y_label.empty()) return;
    const double x = left + 1.2 * font_;
    label(x, center, a_.y_label, "middle", concat({" transform=\"rotate(-90 ", at(x), " ", at(center), ")\""}).c_str());
  }

  void draw(const Series& s, const std::string& color) {
    const std::string stroke = concat({"stroke=\"", color, "\" stroke-width=\""});
    const auto error_bar = [&](double x1, double y1, double x2, double y2, double cap_x, double cap_y) {
      line(x1, y1, x2, y2, stroke + "1.5\"");
      for (const bool end : {false, true})
        line((end ? x2 : x1) - cap_x, (end ? y2 : y1) - cap_y, (end ? x2 : x1) + cap_x, (end ? y2 : y1) + cap_y, stroke + "1.5\"");
    };
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!s.y_low.empty()) error_bar(x_(s.x[i]), y_(s.y_low[i]), x_(s.x[i]), y_(s.y_high[i]), 4, 0);
      if (!s.x_low.empty()) error_bar(x_(s.x_low[i]), y_(s.y[i]), x_(s.x_high[i]), y_(s.y[i]), 0, 4);
    }
    if (s.width > 0) draw_line(s, stroke);
    for (std::size_t i = 0; i < s.x.size(); ++i)
      if (x_.takes(s.x[i]) && y_.takes(s.y[i])) draw_marker(s, x_(s.x[i]), y_(s.y[i]), color);
  }
  void draw_line(const Series& s, const std::string& stroke) {
    bool open = false;
    std::size_t points = 0;
    std::string path;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      const bool here = x_.takes(s.x[i]) && y_.takes(s.y[i]);
      if (here) append(path, {open ? "L" : "M", at(x_(s.x[i])), " ", at(y_(s.y[i]))}), ++points;
      open = here;
    }
    if (points > 1)
      append(out_, {"<path d=\"", path, "\" fill=\"none\" ", stroke, format_number(s.width), "\" stroke-linejoin=\"round\"",
                    s.dash.empty() ? "" : " stroke-dasharray=\"" + escape_svg(s.dash) + "\"", "/>\n"});
  }
  void draw_marker(const Series& s, double x, double y, const std::string& color) {
    const double r = s.size / 2;
    const std::string fill = concat({" fill=\"", color, "\"/>\n"});
    switch (s.marker) {
      case Marker::none: return;
      case Marker::circle: return append(out_, {"<circle cx=\"", at(x), "\" cy=\"", at(y), "\" r=\"", at(r), "\"", fill});
      case Marker::ring:
        return append(out_, {"<circle cx=\"", at(x), "\" cy=\"", at(y), "\" r=\"", at(r), "\" fill=\"none\" stroke=\"",
                             color, "\" stroke-width=\"1.5\"/>\n"});
      case Marker::square:
        return append(out_, {"<rect x=\"", at(x - r), "\" y=\"", at(y - r), "\" width=\"", at(2 * r), "\" height=\"", at(2 * r), "\"", fill});
      case Marker::diamond:
        return append(out_, {"<path d=\"M", at(x), " ", at(y - 1.3 * r), "l", at(1.3 * r), " ", at(1.3 * r), "l", at(-1.3 * r), " ",
                             at(1.3 * r), "l", at(-1.3 * r), " ", at(-1.3 * r), "z\"", fill});
      case Marker::cross:
        for (const double way : {-r, r}) line(x - r, y - way, x + r, y + way, concat({"stroke=\"", color, "\" stroke-width=\"2\""}));
    }
  }

  void draw_legend() {
    double widest = 0, rows = 0;
    for (const Series& s : a_.series)
      if (!s.label.empty()) widest = (std::max)(widest, text_width(s.label, font_)), ++rows;
    if (rows == 0) return;
    const double row = 1.35 * font_, width = widest + 50, height = rows * row + 8;
    const double left = a_.legend_left ? x_.from() + 8 : x_.to() - width - 4;
    double y = a_.legend_bottom ? y_.from() - height - 8 : y_.to() + 4;
    append(out_, {"<rect x=\"", at(left), "\" y=\"", at(y), "\" width=\"", at(width), "\" height=\"", at(height),
                  "\" fill=\"#ffffff\" fill-opacity=\"0.8\"/>\n"});
    y += row / 2 + 4;
    for (std::size_t k = 0; k < a_.series.size(); ++k) {
      const Series& s = a_.series[k];
      if (s.label.empty()) continue;
      if (s.width > 0 && s.x.size() != 1)
        line(left + 8, y, left + 36, y, concat({"stroke=\"", color(k), "\" stroke-width=\"", format_number(s.width), "\"",
             s.dash.empty() ? "" : " stroke-dasharray=\"" + escape_svg(s.dash) + "\""}));
      draw_marker(s, left + 22, y, color(k));
      label(left + 43, y + 0.35 * font_, s.label, "start");
      y += row;
    }
  }

  std::string& out_;
  const SvgAxes& a_;
  double font_;
  SvgScale<> x_, y_;
};

}  // namespace detail

/// SvgAxes side by side, as the text of an SVG picture. Throws ValueError for series whose x and y differ in number, and
/// for a range of an axis that is empty, or has no positive number where the axis is logarithmic.
template <class = void>
std::string to_svg(const std::vector<SvgAxes>& panels, const SvgOptions& o = {}) {
  std::string out = detail::concat({"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", o.width, " ", o.height,
                                    "\" font-family=\"sans-serif\" font-size=\"", o.font_size,
                                    "\" fill=\"#222222\">\n<rect width=\"", o.width, "\" height=\"", o.height,
                                    "\" fill=\"#ffffff\"/>\n"});
  const double each = panels.empty() ? 0 : static_cast<double>(o.width) / static_cast<double>(panels.size());
  for (std::size_t k = 0; k < panels.size(); ++k)
    detail::SvgPanel<>(out, panels[k], o, each * static_cast<double>(k), each);
  return out + "</svg>\n";
}
template <class = void>
std::string to_svg(const SvgAxes& axes, const SvgOptions& o = {}) {
  return to_svg(std::vector<SvgAxes>{axes}, o);
}

/// Writes the picture to a file, whole or not at all. Throws also DataError if the file cannot be written.
template <class Picture>
void write_svg(const std::string& path, const Picture& axes, const SvgOptions& o = {}) {
  detail::write_file("write_svg", path, to_svg(axes, o));
}

}  // namespace minigrad
