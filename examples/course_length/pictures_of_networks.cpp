// pictures_of_networks.cpp - hinges, the early stop, predictions against truth.
#include <algorithm>
#include <limits>

#include "pictures.hpp"

namespace course_length {
namespace {

/// The first characters of a title, without the course's name in brackets.
std::string short_title(std::string title) {
  const std::string bracket = "】";
  if (const std::size_t end = title.find(bracket); end != std::string::npos) title = title.substr(end + bracket.size());
  while (!title.empty() && title[0] == ' ') title.erase(0, 1);
  std::size_t at = 0;
  for (int characters = 0; at < title.size(); ++at)
    if ((title[at] & 0xC0) != 0x80 && ++characters > 17) return title.substr(0, at) + "…";
  return title;
}

/// The true minutes of lectures as x, what the middle network says as y, and the lowest and highest as bars.
Series truth_and_predictions(const Trainings& all, const Data& data, const std::string& label, const std::string& color,
                             Marker marker) {
  Series out{.label = label, .color = color, .width = 0, .marker = marker};
  const std::vector<Spread> predicted = all.predict(data.x);
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    out.x.push_back(data.y[i]);
    out.y.push_back(predicted[i].median);
    out.y_low.push_back(predicted[i].lowest);
    out.y_high.push_back(predicted[i].highest);
  }
  return out;
}

}  // namespace

/// Left: what hinges can do. Right: what descent makes of a hundred of them.
std::string hinges_and_sum(const Story& story) {
  SvgAxes by_hand{.title = "three hinges by hand", .x_label = "x", .y_label = "y", .x_min = 0, .x_max = 80, .y_min = -60, .y_max = 130, .legend_left = true};
  by_hand.series = {{.label = "-1.5 relu(20 - x)", .color = sky, .width = 1.5}, {.label = "-relu(x - 40)", .color = pink, .width = 1.5},
                    {.label = "4 relu(x - 60)", .color = orange, .width = 1.5}, {.label = "40 + their sum", .color = black, .width = 3}};
  for (double x = 0; x <= 80; x += 20) {  // straight between the corners
    const double y[] = {-1.5 * relu(20 - x), -relu(x - 40), 4 * relu(x - 60)};
    const double all[] = {y[0], y[1], y[2], 40 + y[0] + y[1] + y[2]};
    for (std::size_t k = 0; k < 4; ++k) by_hand.series[k].x.push_back(x), by_hand.series[k].y.push_back(all[k]);
  }
  SvgAxes learned{.title = "a hundred, learned", .x_label = "pages of the slide deck", .y_label = "length of the class (minutes)",
               .x_min = 0, .y_min = 0, .legend_left = true};
  const Series trained = points(training_rows(story.lectures, features(1)), "training", blue);
  learned.series = {trained,
                    points(validation_rows(story.lectures, features(1)), "validation", orange, Marker::square),
                    {.x = story.raw_hinges.pages, .y = story.raw_hinges.minutes, .label = "plain descent", .color = red},
                    {.x = story.good_hinges.pages, .y = story.good_hinges.minutes, .label = "standardised, Adam", .color = green}};
  learned.x_max = from_zero(story.good_hinges.pages, 1);
  learned.y_max = from_zero(trained.y, 1.5);
  return to_svg({by_hand, learned}, {.width = picture_width, .height = 520, .font_size = 15});
}

/// What overfitting looks like, and where to stop.
std::string early_stop(const Story& story) {
  const Training& run = story.last.runs[0];
  SvgAxes axes{.x_label = "epochs", .y_label = "loss: MSE (min²)", .x_log = true, .y_log = true, .x_min = 1,
            .x_max = static_cast<double>(run.history.epochs.size()), .legend_left = true, .legend_bottom = true};
  Series train{.label = "training", .color = blue}, validation{.label = "validation", .color = orange};
  for (const Epoch& epoch : run.history.epochs) {
    for (Series* series : {&train, &validation}) series->x.push_back(static_cast<double>(epoch.epoch));
    train.y.push_back(epoch.train_loss * run.loss_unit);
    validation.y.push_back(epoch.validation_loss * run.loss_unit);
  }
  const Epoch& best = story.stopped.runs[0].history.best();
  const double stop = static_cast<double>(best.epoch), most = (std::max)(train.y[0], validation.y[0]);
  axes.series = {{.x = {stop, stop}, .y = {train.y.back(), most}, .color = black, .width = 1, .dash = "6 4"}, train, validation,
                 {.x = {stop}, .y = {best.validation_loss * run.loss_unit}, .color = black, .marker = Marker::circle}};
  axes.notes = {{stop, most, "early stop: epoch " + std::to_string(best.epoch)}};
  return to_svg(axes, {.width = picture_width, .height = 500, .font_size = 15});
}

/// What was learned by heart, what was learned, and what neither helps with.
std::string predictions(const Story& story) {
  std::vector<SvgAxes> panels;
  for (const Trainings* all : {&story.last, &story.stopped}) {
    SvgAxes axes{.title = panels.empty() ? "after all epochs" : "stopped early", .x_label = "true length (minutes)",
              .y_label = "predicted length (minutes)", .x_log = true, .y_log = true, .legend_left = true};
    const auto features = all->features;
    axes.series = {
        {.label = "prediction = truth", .color = grey, .width = 1},
        truth_and_predictions(*all, training_rows(story.lectures, features), "training", sky, Marker::circle),
        truth_and_predictions(*all, validation_rows(story.lectures, features), "validation", red, Marker::square),
        truth_and_predictions(*all, dataset(story.lectures.test, features), "final test", black, Marker::diamond)};
    panels.push_back(axes);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  double x_min = infinity, x_max = 0, y_min = infinity, y_max = 0;  // the same axes for both; predictions may be negative
  for (const SvgAxes& axes : panels)
    for (const Series& s : axes.series)
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        x_min = (std::min)(x_min, s.x[i]), x_max = (std::max)(x_max, s.x[i]);
        y_min = s.y_low[i] > 0 ? (std::min)(y_min, s.y_low[i]) : y_min, y_max = (std::max)(y_max, s.y_high[i]);
      }
  for (SvgAxes& axes : panels) {
    axes.x_min = x_min / 1.3, axes.x_max = x_max * 1.3, axes.y_min = y_min / 1.3, axes.y_max = y_max * 1.3;
    axes.series[0].x = axes.series[0].y = {axes.x_min, axes.x_max};
  }
  return to_svg(panels, {.width = picture_width, .height = 520, .font_size = 15});
}

/// The same for the lectures that no network was trained on, by their titles.
std::string titles(const Story& story) {
  const Lectures& l = story.lectures;
  const Data data = join(validation_rows(l, story.last.features), dataset(l.test, story.last.features));
  std::vector<std::string> names = l.second_half.texts("title");
  names.push_back(l.test.text(0, "title"));
  const double rows = static_cast<double>(names.size());
  SvgAxes axes{.x_label = "length of the class (minutes)", .x_log = true, .y_min = 0.4, .y_max = rows + 2.4};
  Series truth{.label = "true", .color = black, .width = 0, .marker = Marker::cross};
  for (std::size_t i = 0; i < names.size(); ++i) {  // from the top down
    axes.y_ticks.push_back({rows - static_cast<double>(i), short_title(names[i]) + (i + 1 == names.size() ? " (final test)" : "")});
    truth.x.push_back(data.y[i]), truth.y.push_back(axes.y_ticks[i].at);
  }
  axes.series.push_back(truth);
  for (const bool early : {true, false}) {
    Series s = truth_and_predictions(early ? story.stopped : story.last, data, early ? "stopped early" : "after all epochs",
                                     early ? blue : red, early ? Marker::circle : Marker::square);
    s.x = s.y, s.x_low = s.y_low, s.x_high = s.y_high;  // predictions go to the right, and lectures down
    s.y_low.clear(), s.y_high.clear();
    for (std::size_t i = 0; i < names.size(); ++i) s.y[i] = axes.y_ticks[i].at + (early ? 0.15 : -0.15);
    axes.series.push_back(s);
  }
  return to_svg(axes, {.width = picture_width, .height = 460, .font_size = 15});
}

}  // namespace course_length
