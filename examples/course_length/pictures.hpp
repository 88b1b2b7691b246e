// pictures.hpp - the pictures of the report: each is the story's numbers as a gnuplot script.
#pragma once

#include <string>
#include <vector>

#include "plot.hpp"
#include "story.hpp"

namespace course_length {

/// A picture with what stands under it. `reconstructed`: whether its data are the made-up ones.
struct Picture {
  std::string name, title, caption, svg;
  bool reconstructed;
};

/// Draws them all by gnuplot; without gnuplot their svg is empty, and one printed line says what to install.
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

/// The pages and minutes of a dataset, for gnuplot.
inline Rows points(const Data& data) {
  Rows rows;
  for (std::size_t i = 0; i < data.size(); ++i) rows.push_back({data.x(i, 0), data.y(i, 0)});
  return rows;
}

inline std::string line_style(const char* colour, double line_width = 2) {
  return " with lines lw " + format_number(line_width) + " lc rgb " + colour + " title ";
}
inline std::string point_style(const char* colour, int shape = 7) {
  return " with points pt " + std::to_string(shape) + " ps 0.8 lc rgb " + std::string(colour) + " title ";
}

/// A range of an axis that has room for all numbers of a column and for a legend: from 0 to `room` times the largest.
std::string from_zero(const Rows& rows, std::size_t column, double room = 1.1);
/// A range of a logarithmic axis with room for all numbers of a column.
std::string around(const Rows& rows, std::size_t column);

}  // namespace course_length
