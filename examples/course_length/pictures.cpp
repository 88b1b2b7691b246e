// pictures.cpp - which pictures there are, and what is said under them.
#include "pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace course_length {

std::string from_zero(const Rows& rows, std::size_t column, double room) {
  double largest = 0;
  for (const std::vector<double>& row : rows) largest = (std::max)(largest, row[column]);
  return std::string("[0:") + format_number(std::ceil(room * largest / 10) * 10) + "]";
}

std::string around(const Rows& rows, std::size_t column) {
  double smallest = INFINITY, largest = 0;
  for (const std::vector<double>& row : rows) {
    if (row[column] > 0) smallest = (std::min)(smallest, row[column]);  // predictions may be negative
    largest = (std::max)(largest, row[column]);
  }
  return std::string("[") + format_number(smallest / 1.3) + ":" + format_number(largest * 1.3) + "]";
}

std::vector<Picture> draw_pictures(const Story& story) {
  const bool draw = have_gnuplot();
  if (!draw)
    std::printf("\nNo pictures: gnuplot was not found. To install it on Debian: apt-get install gnuplot-nox\n");
  const auto picture = [&](const std::string& name, const std::string& title, const std::string& caption, auto function,
                           bool reconstructed = false) {
    Picture out{name, title, caption, "", reconstructed};
    try {
      if (draw) out.svg = function(story);
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    return out;
  };
  const std::string runs = "Points are the middle one of " + std::to_string(trainings) +
                           " trainings with three features, bars reach from the lowest to the highest. ";
  return {
      picture("loss_surface", "The loss surface and the way down",
              "Each point is a line y = w x + b, the contours join lines that are equally bad. Steps of 0.001 times "
              "the gradient leap "
              "from slope to slope, ever higher; steps of 0.0001 are in the valley after ten updates and then creep "
              "along it.",
              loss_surface, true),
      picture("batches", "The loss for each batch size",
              "By updates the three are nearly equal, and only the large batches run smoothly; by epochs the small "
              "ones are far "
              "ahead, for they make more updates of the same rows.",
              batch_curves, true),
      picture("data_and_lines", "The lectures and their lines",
              "Every course has a line of its own, so that a line fitted to one of them is wrong for the others.",
              data_and_lines),
      picture("hinges", "Hinges and their sum",
              "Left: three hinges and a constant make a curve of four straight pieces (made up to show it, no data). "
              "Right: "
              "a hundred hinges on the training rows, learned twice from the same start.",
              hinges_and_sum),
      picture("early_stop", "Training against validation loss",
              "Three features, the first seed. The training loss goes on falling to the end; the validation loss "
              "turns, and "
              "the early stop takes the weights of its lowest point.",
              early_stop),
      picture("predictions", "Predictions against truth",
              runs + "After all epochs the training rows are known by heart, and the others are missed the more.",
              predictions),
      picture("titles", "Lectures that no network was trained on", runs + "The last one is the final test.", titles),
  };
}

}  // namespace course_length
