// 03 the closed form
// Step 3: pick the best. For a straight line and the mean squared error the best (w, b) can be written down: nothing is
// tried, nothing is improved step by step.
//
//   g++ -std=c++20 -O2 -Iinclude examples/03_closed_form.cpp -o 03_closed_form && ./03_closed_form
//
// lecture_moments.csv is reconstructed to give the lecture's figures, lectures.csv is real (see data/README.md). Other
// files of the same columns can be given as first and second argument.

#include <cmath>
#include <cstdio>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

// Written for all rows at once, y = w x + b is a product of a matrix and a vector:
//
//   [x_1 1]         [y_1]
//   [x_2 1] [w]  =  [y_2]     as nearly as can be: more rows than unknowns can rarely all be right.
//   [ ... ] [b]     [...]
//
// lstsq returns the (w, b) for which the squared errors have the smallest sum.
struct Line {
  double w, b, loss;
};

Line best_line(const Tensor<double>& x, const Tensor<double>& y) {
  const Tensor<double> w_and_b = lstsq(concatenate({x, ones_like(x)}, 1), y);
  const double w = w_and_b[0], b = w_and_b[1];
  return {w, b, mse_loss(w * x + b, y).item()};
}

// What brute force finds on the coarse grid of 02: 1701 candidates.
Line best_of_grid(const Tensor<double>& x, const Tensor<double>& y) {
  Line best{0, 0, mse_loss(0 * x, y).item()};
  for (const double w : linspace<double>(0, 4, 81))
    for (const double b : linspace<double>(-40, 60, 21))
      if (const double loss = mse_loss(w * x + b, y).item(); loss < best.loss) best = {w, b, loss};
  return best;
}

// How steep the loss surface is at (w, b). The best line lies at the bottom, where it is level in every direction: that
// is the condition from which the closed form is derived. Here backpropagation confirms it.
double slope_of_surface(const Tensor<double>& x, const Tensor<double>& y, const Line& line) {
  Graph<Tensor<double>> graph;
  const auto w = graph.variable(Tensor<double>::scalar(line.w)), b = graph.variable(Tensor<double>::scalar(line.b));
  backward(mse_loss(w * x + b, y));
  return std::hypot(w.grad().item(), b.grad().item());
}

void print_row(const char* name, const Table& rows, const char* lecture) {
  const Tensor<double> x = to_tensor<double>(rows, {"pages"}), y = to_tensor<double>(rows, {"minutes"});
  const Line exact = best_line(x, y), grid = best_of_grid(x, y);
  std::printf("  %-20s %3zu  %6.3f  %7.2f  %7.1f  %5.2f  %4.0f  %7.1f   %s\n", name, rows.rows(), exact.w, exact.b,
              exact.loss, grid.w, grid.b, grid.loss, lecture);
}

void story(int argc, char** argv) {
  const Table points = read_csv(find_data(argc, argv, "lecture_moments.csv"));
  const Table lectures = read_csv(find_data(argc, argv, "lectures.csv", 2));

  std::printf("minutes = w * pages + b with the smallest mean squared error (MSE, in min^2)\n\n");
  std::printf("                              closed form            1701 candidates      the lecture's own\n");
  std::printf("  rows                   n       w        b      MSE      w     b      MSE   figures, on its data\n");
  print_row("reconstructed points", points, "w = 1.67, b = 4.85, MSE 240");
  print_row("ML2021", lectures.where("course", "ML2021"), "w = 1.67, b = 4.85, MSE 240");
  print_row("GenAI2024", lectures.where("course", "GenAI2024"), "w = 0.78, b = 12.85, MSE 71");
  print_row("ML2026", lectures.where("course", "ML2026"), "-");
  print_row("ML2021 + GenAI2024", lectures.where("course", {"ML2021", "GenAI2024"}), "-");

  std::printf("\nThe first row must agree with the lecture: its points were made to. The others are real decks,\n");
  std::printf("counted anew, and give other lines. No candidate of a grid can beat the closed form.\n\n");

  const Tensor<double> x = to_tensor<double>(points, {"pages"}), y = to_tensor<double>(points, {"minutes"});
  const Line best = best_line(x, y);
  std::printf("The slope of the loss surface of the reconstructed points, by backpropagation:\n\n");
  std::printf("  at w = 1, b = 15         %8.2f\n", slope_of_surface(x, y, {1, 15, 0}));
  std::printf("  at w = %.2f, b = %.2f    %8.2f\n\n", best.w, best.b, slope_of_surface(x, y, best));

  // The same line of code serves any number of features, as long as the function is linear in its parameters.
  const Table ml2021 = lectures.where("course", "ML2021");
  const Tensor<double> features = to_tensor<double>(ml2021, {"pages", "words"});
  const Tensor<double> minutes = to_tensor<double>(ml2021, {"minutes"});
  const Tensor<double> table = concatenate({features, ones_like(minutes)}, 1);
  const Tensor<double> weights = lstsq(table, minutes);
  std::printf("With the number of words as a second feature, on ML2021:\n\n");
  std::printf("  minutes = %.3f * pages %+.4f * words %+.2f     MSE %.1f\n\n", weights[0], weights[1], weights[2],
              mse_loss(matmul(table, weights), minutes).item());
  std::printf("A closed form is a stroke of luck. For a network that learns its knots too (08, 09) there is none:\n");
  std::printf("the way down the surface must be walked, step by step (04).\n");
}

int main(int argc, char** argv) { return run(argc, argv, story); }
