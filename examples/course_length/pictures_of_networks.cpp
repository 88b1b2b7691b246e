// pictures_of_networks.cpp - hinges, the early stop, predictions against truth.
#include "pictures.hpp"

namespace course_length {
namespace {

const std::string log_tics = "(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)";

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

/// The true minutes of lectures, what the middle network says, and the lowest and highest: one row each.
Rows truth_and_predictions(const Trainings& all, const Data& data) {
  const std::vector<Spread> predicted = all.predict(data.x);
  Rows rows;
  for (std::size_t i = 0; i < predicted.size(); ++i)
    rows.push_back({data.y[i], predicted[i].median, predicted[i].lowest, predicted[i].highest});
  return rows;
}

}  // namespace

/// Left: what hinges can do. Right: what descent makes of a hundred of them.
std::string hinges_and_sum(const Story& story) {
  Plot plot("hinges", picture_width, 520);
  plot << "set multiplot layout 1,2; set key left top Left reverse";
  plot << "set title 'three hinges by hand'; set xlabel 'x'; set ylabel 'y'; set xrange [0:80]; set yrange [-60:130]";
  plot << "hinge(x) = x > 0 ? x : 0; set samples 321";
  plot << "plot -1.5*hinge(20-x)" + line_style(sky, 1.5) + "'-1.5 relu(20 - x)', -hinge(x-40)" + line_style(pink, 1.5) +
              "'-relu(x - 40)', 4*hinge(x-60)" + line_style(orange, 1.5) + "'4 relu(x - 60)', " +
              "40-1.5*hinge(20-x)-hinge(x-40)+4*hinge(x-60)" + line_style(black, 3) + "'40 + their sum'";
  plot << "set title 'a hundred, learned'; set xlabel 'pages of the slide deck'; set ylabel 'length of the class "
          "(minutes)'";
  const auto rows = [](const Curve& curve) {
    Rows out;
    for (std::size_t i = 0; i < curve.pages.size(); ++i) out.push_back({curve.pages[i], curve.minutes[i]});
    return out;
  };
  const Rows trained = points(training_rows(story.lectures, features(1)));
  plot << "set xrange " + from_zero(rows(story.good_hinges), 0, 1) + "; set yrange " + from_zero(trained, 1, 1.5);
  const std::string training = plot.data(trained);
  const std::string validation = plot.data(points(validation_rows(story.lectures, features(1))));
  const std::string raw = plot.data(rows(story.raw_hinges)), good = plot.data(rows(story.good_hinges));
  plot << "plot " + training + point_style(blue) + "'training', " + validation + point_style(orange, 5) +
              "'validation', " + raw + line_style(red) + "'plain descent', " + good + line_style(green) +
              "'standardised, Adam'";
  plot << "unset multiplot";
  return plot.svg();
}

/// What overfitting looks like, and where to stop.
std::string early_stop(const Story& story) {
  Plot plot("early_stop", picture_width, 500);
  const Training& run = story.last.runs[0];
  Rows train, validation;
  for (const Epoch& epoch : run.history.epochs) {
    const double x = static_cast<double>(epoch.epoch);
    train.push_back({x, epoch.train_loss * run.loss_unit});
    validation.push_back({x, epoch.validation_loss * run.loss_unit});
  }
  const Epoch& best = story.stopped.runs[0].history.best();
  const std::string stop = std::to_string(best.epoch);
  plot << "set logscale xy; set xlabel 'epochs'; set ylabel 'loss: MSE (min²)'; set key left bottom Left reverse";
  plot << "set xrange [1:" + std::to_string(run.history.epochs.size()) + "]";
  plot << "set arrow from " + stop + ", graph 0 to " + stop + ", graph 1 nohead dt 2 lc rgb " + std::string(black);
  plot << "set label " + quote("early stop: epoch " + stop) + " at " + stop + ", graph 0.97 offset 0.7,0";
  const std::string training = plot.data(train), validating = plot.data(validation);
  const std::string point = plot.data({{static_cast<double>(best.epoch), best.validation_loss * run.loss_unit}});
  plot << "plot " + training + line_style(blue) + "'training', " + validating + line_style(orange) + "'validation', " +
              point + point_style(black) + "''";
  return plot.svg();
}

/// What was learned by heart, what was learned, and what neither helps with.
std::string predictions(const Story& story) {
  Plot plot("predictions", picture_width, 520);
  const auto bars = [](const std::string& colour, int shape) {
    return " with yerrorbars lw 1.5 ps 0.8 pt " + std::to_string(shape) + " lc rgb " + colour + " title ";
  };
  std::vector<std::string> panels;
  Rows drawn, ends;
  for (const Trainings* all : {&story.last, &story.stopped}) {
    const auto draw = [&](const Data& data) {
      const Rows rows = truth_and_predictions(*all, data);
      drawn.insert(drawn.end(), rows.begin(), rows.end());
      return plot.data(rows);
    };
    const std::string training = draw(training_rows(story.lectures, all->features));
    const std::string validation = draw(validation_rows(story.lectures, all->features));
    const std::string test = draw(dataset(story.lectures.test, all->features));
    panels.push_back("plot x" + line_style(grey, 1) + "'prediction = truth', " + training + bars(sky, 7) +
                     "'training', " + validation + bars(red, 5) + "'validation', " + test + bars(black, 9) +
                     "'final test'");
  }
  for (const std::vector<double>& row : drawn)
    for (const double end : {row[2], row[3]}) ends.push_back({end});  // of the bars
  plot << "set multiplot layout 1,2; set logscale xy; set key left top Left reverse";
  plot << "set xrange " + around(drawn, 0) + "; set yrange " + around(ends, 0) + "; set xtics " + log_tics +
              "; set ytics " + log_tics;
  plot << "set xlabel 'true length (minutes)'; set ylabel 'predicted length (minutes)'";
  plot << "set title 'after all epochs'";
  plot << panels[0];
  plot << "set title 'stopped early'";
  plot << panels[1];
  plot << "unset multiplot";
  return plot.svg();
}

/// The same for the lectures that no network was trained on, by their titles.
std::string titles(const Story& story) {
  Plot plot("titles", picture_width, 420);
  const Lectures& l = story.lectures;
  const Data data = join(validation_rows(l, story.last.features), dataset(l.test, story.last.features));
  std::vector<std::string> names = l.second_half.texts("title");
  names.push_back(l.test.text(0, "title"));
  std::string tics;
  Rows last = truth_and_predictions(story.last, data), stopped = truth_and_predictions(story.stopped, data), truth,
       ends;
  for (std::size_t i = 0; i < names.size(); ++i) {  // from the top down
    const double y = static_cast<double>(names.size() - i);
    tics += (i ? ", " : "") + tic(y, short_title(names[i]) + (i + 1 == names.size() ? " (final test)" : ""));
    truth.push_back({last[i][0], y});
    for (const Rows* rows : {&last, &stopped})
      for (const double end : (*rows)[i]) ends.push_back({end});
    last[i] = {last[i][1], y - 0.15, last[i][2], last[i][3]};
    stopped[i] = {stopped[i][1], y + 0.15, stopped[i][2], stopped[i][3]};
  }
  plot << "set ytics (" + tics + "); set yrange [0.4:" + format_number(static_cast<double>(names.size()) + 0.6) + "]";
  plot << "set logscale x; set xrange " + around(ends, 0) + "; set xtics " + log_tics;
  plot << "set xlabel 'length of the class (minutes)'";
  plot << "set tmargin 3; set key at screen 0.98, screen 0.98 right top horizontal Left reverse width 2";
  const std::string bars = " with xerrorbars lw 1.5 ps 0.8 pt ";
  plot << "plot " + plot.data(truth) + point_style(black, 2) + "'true', " + plot.data(stopped) + bars + "7 lc rgb " +
              blue + " title 'stopped early', " + plot.data(last) + bars + "5 lc rgb " + red +
              " title 'after all epochs'";
  return plot.svg();
}

}  // namespace course_length
