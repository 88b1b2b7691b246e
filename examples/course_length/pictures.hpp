// pictures.hpp - the pictures of the report: each is the story's numbers as lines and points in axes.
#pragma once

#include <string>
#include <vector>

#include <minigrad/io/svg.hpp>

#include "story.hpp"

namespace course_length {

/// A picture with what stands under it. `reconstructed`: whether its data are the made-up ones.
struct Picture {
  std::string name, title, caption, svg;
  bool reconstructed;
};

/// Draws them all.
std::vector<Picture> draw_pictures(const Story& story);

// Each returns SVG. In pictures_of_lines.cpp:
std::string loss_surface(const Story& story);
std::string batch_curves(const Story& story);
std::string data_and_lines(const Story& story);
// In pictures_of_networks.cpp:
std::string hinges_and_sum(const Story& story);
std::string early_stop(const Story& story);
std::string predictions(const Story& story);
std::string titles(const Story& story);

inline constexpr int picture_width = 900;

inline const std::string black = "#000000", blue = "#0072B2", orange = "#E69F00", green = "#009E73", red = "#D55E00",
                         pink = "#CC79A7", sky = "#56B4E9", grey = "#999999";

/// The pages and minutes of a dataset as points.
inline Series points(const Data& data, const std::string& label, const std::string& color,
                     Marker marker = Marker::circle) {
  Series out{.label = label, .color = color, .width = 0, .marker = marker};
  for (std::size_t i = 0; i < data.size(); ++i) {
    out.x.push_back(data.x(i, 0));
    out.y.push_back(data.y(i, 0));
  }
  return out;
}

/// The end of an axis from 0 with room for all numbers and for a legend: `room` times the largest, rounded up.
double from_zero(const std::vector<double>& numbers, double room = 1.1);

}  // namespace course_length
