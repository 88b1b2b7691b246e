// 07 validation
// The step after the three: is the function any good on classes it has not seen? The loss on the rows it was chosen by
// cannot tell, because it was chosen to make just that small. Other rows can: that is validation.
//
//   g++ -std=c++20 -O2 -Iinclude examples/07_validation.cpp -o 07_validation && ./07_validation
//
// The data are real: lectures of Hung-yi Lee's courses, their slides counted (see data/README.md).

#include <cstdio>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;

const std::vector<std::string> courses = {"ML2021", "GenAI2024", "ML2026"};

// Steps 1 to 3 in two lines: squared errors, straight lines, and the closed form (03).
struct Line {
  double w, b;
  X operator()(const X& pages) const { return w * pages + b; }
};
Line best_line(const Dataset<double>& data) {
  const X w_and_b = lstsq(concatenate({data.x, ones_like(data.x)}, 1), data.y);
  return {w_and_b[0], w_and_b[1]};
}

double loss(const Line& line, const Dataset<double>& data) { return mse_loss(line(data.x), data.y).item(); }

Dataset<double> rows_of(const Table& lectures) { return make_dataset<double>(lectures, {"pages"}, "minutes"); }

void print_row(const std::string& name, const Line& line, const Table& lectures) {
  std::printf("  %-19s  y = %.2f x %+6.2f ", name.c_str(), line.w, line.b);
  for (const std::string& course : courses) {
    const std::string seen = name.find(course) < name.size() ? "*" : "";
    std::printf("%12s", (seen + format_fixed(loss(line, rows_of(lectures.where("course", course))), 1)).c_str());
  }
  std::printf("\n");
}

// Change the training data, and the same method picks another function.
void train_on_each(const Table& lectures) {
  std::printf("minutes = w * pages + b, the best line for the rows it was trained on\n\n");
  std::printf("                                                MSE (min^2) on\n");
  std::printf("  trained on           line                    ML2021   GenAI2024      ML2026\n");
  for (const std::string& course : courses)
    print_row(course, best_line(rows_of(lectures.where("course", course))), lectures);
  print_row("ML2021 + GenAI2024", best_line(rows_of(lectures.where("course", {"ML2021", "GenAI2024"}))), lectures);
  print_row("the lecture's, 2021", {1.67, 4.85}, lectures);
  print_row("the lecture's, 2024", {0.78, 12.85}, lectures);
  std::printf("\n  * seen in training; everything else is validation\n\n");
  std::printf("Every course is met well by its own line and badly by those of the others: in GenAI2024 a page\n");
  std::printf("takes half a minute, in ML2021 two. So no training loss tells what happens on another course. For\n");
  std::printf("ML2026, the ten rows of GenAI2024 were better to train on than the eighteen of ML2021, and better\n");
  std::printf("than both together; nothing was changed but the data. The lecture's own table says the same: its\n");
  std::printf("line of 2021 has loss 240 in training and 1143 on classes of 2025, its line of 2024 has 71 and 122.\n\n");
}

// Validation need not cost training rows for ever. Deal the rows to k folds, and judge each fold by a line that was
// trained on the others: then every row is validated on once. This is the mean over all rows.
double validation_loss(const Dataset<double>& data, const std::vector<SplitRows>& folds) {
  double sum = 0;
  for (const SplitRows& rows : folds) {
    const Dataset<double> validation = data.subset(rows.validation);
    sum += loss(best_line(data.subset(rows.train)), validation) * static_cast<double>(validation.size());
  }
  return sum / static_cast<double>(data.size());
}

// Which rows are new? A row may be new and yet an old acquaintance, if others of its course were trained on.
void hold_out(const Table& lectures) {
  const Dataset<double> data = rows_of(lectures);
  Rng rng(1);
  std::printf("All %zu rows, judged in three ways:\n\n", data.size());
  std::printf("  in training                                            %6.1f\n", loss(best_line(data), data));
  std::printf("  each row by the line of all others                     %6.1f\n",
              validation_loss(data, k_fold(data.size(), data.size(), rng)));
  std::printf("  each course by the line of the other two               %6.1f\n\n",
              validation_loss(data, group_k_fold(lectures.texts("course"), courses.size())));
  std::printf("The second says what to expect of one more class of these courses, the third of a class of a new\n");
  std::printf("course. Hold out what the function will have to do without.\n");
}

void story(int argc, char** argv) {
  const Table all = read_csv(find_data(argc, argv, "lectures.csv"));
  const Table lectures = all.where("course", {"ML2021", "GenAI2024", "ML2026"});  // not the lecture that is the test
  train_on_each(lectures);
  hold_out(lectures);
}

int main(int argc, char** argv) { return run(argc, argv, story); }
