// pictures.cpp - which pictures there are, and what is said under them.
#include "pictures.hpp"

#include <algorithm>
#include <cmath>

namespace course_length {

double from_zero(const std::vector<double>& numbers, double room) {
  double largest = 0;
  for (const double number : numbers) largest = (std::max)(largest, number);
  return std::ceil(room * largest / 10) * 10;
}

std::vector<Picture> draw_pictures(const Story& story) {
  const auto picture = [&](const std::string& name, const std::string& title, const std::string& caption, auto function,
                           bool reconstructed = false) {
    return Picture{name, title, caption, function(story), reconstructed};
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
