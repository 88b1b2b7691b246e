// pictures_of_lines.cpp - the loss surface, the batches, the courses and their lines.
#include <cmath>

#include "pictures.hpp"

namespace course_length {

/// Step 1 to 3 in one picture: the loss of every line, and the way downhill.
std::string loss_surface(const Story& story) {
  Plot plot("loss_surface", picture_width, 620);
  Rows surface;
  for (int i = 0; i <= 120; ++i, surface.push_back({}))
    for (int k = 0; k <= 120; ++k) {
      const double w = 0.025 * i, b = -20 + 0.5 * k;
      surface.push_back({w, b, mse_loss(w * story.moments.x + b, story.moments.y).item()});
    }
  const std::string grid = plot.data(surface);
  plot << "set contour base; unset surface";
  plot << "set cntrparam levels discrete 245, 260, 300, 400, 700, 1300, 2500, 5000";
  plot << "set table $contours; splot " + grid + " with lines; unset table; unset contour";
  // The crawl in few points: they lie too close to tell apart.
  Rows crawl;
  for (std::size_t i = 0; i < story.crawl.size(); i = i < 20 ? i + 1 : i * 6 / 5)
    crawl.push_back({story.crawl[i].w, story.crawl[i].b});
  crawl.push_back({story.crawl.back().w, story.crawl.back().b});
  Rows jump;
  for (std::size_t i = 0; i < story.jump.size() && i < 4; ++i) jump.push_back({story.jump[i].w, story.jump[i].b});
  const std::string crawling = plot.data(crawl), jumping = plot.data(jump);
  Rows marks;
  for (const std::size_t updates : {10u, 1000u, 10000u})
    marks.push_back({story.crawl[updates].w, story.crawl[updates].b});
  const std::string marked = plot.data(marks);
  const std::string start = plot.data({{1, 15}}), end = plot.data({{story.closed_form.w, story.closed_form.b}});
  plot << "set xlabel 'w (minutes per page)'; set ylabel 'b (minutes)'";
  plot << "set xrange [0:3]; set yrange [-20:40]; set key above horizontal Left reverse width 2";
  plot << "set logscale cb; set cbrange [240:6000]; set cblabel 'loss: MSE (min²)'; set cbtics (250, 500, 1000, 2000, "
          "4000)";
  plot << "set palette defined (0 '#08306b', 1 '#2171b5', 2 '#6baed6', 3 '#bdd7e7')";
  plot << "plot $contours using 1:2:3 with lines lw 1.5 lc palette title 'lines of equal loss', \\";
  plot << jumping + " with linespoints lw 1.5 dt 2 pt 7 ps 0.5 lc rgb " + red +
              " title 'learning rate 0.001: out of sight', \\";
  plot << crawling + line_style(green, 3) + "'learning rate 0.0001', \\";
  plot << marked + " with points pt 6 ps 0.7 lc rgb " + black + " title '... after 10, 1000, 10000 updates', \\";
  plot << start + point_style(black, 7) + "'start', " + end + point_style(black, 2) + "'lowest loss'";
  return plot.svg();
}

/// The loss of each batch size, seen twice: by updates, and by epochs.
std::string batch_curves(const Story& story) {
  Plot plot("batches", picture_width, 460);
  const char* const colours[] = {blue, orange, green};
  plot << "set multiplot layout 1,2; set logscale y; set yrange [200:6000]";
  plot
      << "set ylabel 'loss on all rows: MSE (min²)'; set ytics (200, 300, 500, 1000, 2000, 4000); set key Left reverse";
  for (const bool by_epoch : {false, true}) {
    std::string command = "plot [0:" + std::string(by_epoch ? "10" : "50") + "] ";
    plot << std::string("set xlabel '") + (by_epoch ? "epochs (times every row was seen)'" : "updates'");
    for (std::size_t k = 0; k < story.batches.size(); ++k) {
      const BatchCurve& curve = story.batches[k];
      Rows rows;
      for (std::size_t i = 0; i < curve.losses.size(); ++i) {
        const double x = static_cast<double>(i) / static_cast<double>(by_epoch ? curve.updates_per_epoch : 1);
        rows.push_back({x, curve.losses[i]});
        if (x > 50) break;
      }
      const std::string size = std::to_string(curve.batch_size);
      command += (k ? ", " : "") + plot.data(rows) + line_style(colours[k % 3]) +
                 quote("batch size " + size + (k == 0 ? " (all)" : ""));
    }
    plot << command;
    plot << "unset key";
  }
  plot << "unset multiplot";
  return plot.svg();
}

/// The courses, and the line that each would like to have.
std::string data_and_lines(const Story& story) {
  Plot plot("data_and_lines", picture_width, 560);
  const Lectures& l = story.lectures;
  plot << "set xlabel 'pages of the slide deck'; set ylabel 'length of the class (minutes)'";
  const std::pair<const char*, const Table*> courses[] = {
      {blue, &l.ml2021}, {orange, &l.genai2024}, {green, &l.ml2026}};
  const int shapes[] = {7, 5, 9};
  std::string command = "plot ";
  Rows all = points(dataset(l.test, features(1)));
  const std::string test = plot.data(all);
  for (std::size_t k = 0; k < 3; ++k) {
    const PageLine& line = story.lines[k];
    const Rows course = points(dataset(*courses[k].second, features(1)));
    all.insert(all.end(), course.begin(), course.end());
    command += plot.data(course) + point_style(courses[k].first, shapes[k]) + quote(line.name) + ", ";
    command +=
        format_number(line.w, 8) + "*x" + (line.b < 0 ? "" : "+") + format_number(line.b, 8) +
        line_style(courses[k].first) +
        quote(format_fixed(line.w, 2) + " pages " + (line.b < 0 ? "- " : "+ ") + format_fixed(std::fabs(line.b), 1)) +
        ", ";
  }
  command += test + " with points pt 3 ps 1.4 lw 2 lc rgb " + black + " title 'the final test'";
  plot << "set xrange " + from_zero(all, 0) + "; set yrange " + from_zero(all, 1) + "; set key left top Left reverse";
  plot << command;
  return plot.svg();
}

}  // namespace course_length
