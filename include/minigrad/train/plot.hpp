// train/plot.hpp - the curves of a training as a picture. Not part of minigrad.hpp.
#pragma once

#include <string>
#include <vector>

#include "../io/svg.hpp"
#include "history.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of plot() and curves().
struct PlotOptions {
  std::vector<std::string> columns{};  ///< of the history; none: the losses, and a panel beside them for metrics
  /// Logarithmic axes: of the epochs, and of the losses.
  bool x_log = false, y_log = false;
  std::string title{};  ///< above the picture; none: ""
  /// In pixels. A width of 0 is 640 for each panel.
  int width = 0, height = 420;
};

namespace detail {
/// A column of a history, with the epochs. The best epoch is marked by a ring.
template <class = void>
void add_column(SvgAxes& axes, const History& history, const std::string& column) {
  Series series{.label = column};
  std::vector<double> metric;
  if (column != "train_loss" && column != "validation_loss" && column != "lr" && column != "grad_norm")
    metric = history.metric(column);
  for (std::size_t k = 0; k < history.epochs.size(); ++k) {
    const Epoch& e = history.epochs[k];
    series.x.push_back(static_cast<double>(e.epoch));
    series.y.push_back(column == "train_loss"        ? e.train_loss
                       : column == "validation_loss" ? e.validation_loss
                       : column == "lr"              ? e.lr
                       : column == "grad_norm"       ? e.grad_norm
                                                     : metric[k]);
  }
  if (series.x.size() == 1) series.marker = Marker::circle;
  series.color = series_colors[axes.series.size() % std::size(series_colors)];
  axes.series.push_back(series);
}
template <class = void>
void mark_best(SvgAxes& axes, const History& history) {
  if (history.best_epoch == 0) return;
  const std::size_t curves = axes.series.size(), at = history.best_epoch - 1;
  for (std::size_t k = 0; k < curves; ++k)
    axes.series.push_back({.x = {axes.series[k].x[at]}, .y = {axes.series[k].y[at]},
                           .label = k + 1 == curves ? "best epoch" : "", .color = axes.series[k].color, .width = 0,
                           .marker = Marker::ring, .size = 10});
}
}  // namespace detail

/// The curves of a training by epochs: its losses, and in a second panel its metrics. The best epoch has a ring. Throws
/// ValueError for a history without epochs, and for a column that it does not have.
template <class = void>
std::vector<SvgAxes> curves(const History& history, const PlotOptions& o = {}) {
  if (history.epochs.empty()) detail::fail<ValueError>({"plot: the history has no epochs"});
  std::vector<SvgAxes> out{{.title = o.title, .x_label = "epoch", .x_log = o.x_log, .y_log = o.y_log}};
  std::vector<std::string> columns = o.columns;
  if (columns.empty()) {
    columns = {"train_loss"};
    bool validated = false;
    for (const Epoch& e : history.epochs) validated = validated || !detail::is_nan(e.validation_loss);
    if (validated) columns.push_back("validation_loss");
    out[0].y_label = "loss";
  }
  for (const std::string& column : columns) detail::add_column(out[0], history, column);
  if (o.columns.empty() && !history.metric_names.empty()) {
    out.push_back({.title = o.title.empty() ? "" : " ", .x_label = "epoch", .y_label = "metric", .x_log = o.x_log, .legend_bottom = true});
    for (const std::string& column : history.metric_names) detail::add_column(out[1], history, column);
  }
  for (SvgAxes& axes : out) detail::mark_best(axes, history);
  return out;
}

/// Writes them to a file: plot(history, "curves.svg").
template <class = void>
void plot(const History& history, const std::string& path, const PlotOptions& o = {}) {
  const std::vector<SvgAxes> panels = curves(history, o);
  const int width = o.width > 0 ? o.width : 640 * static_cast<int>(panels.size());
  write_svg(path, panels, {.width = width, .height = o.height});
}

}  // namespace minigrad
