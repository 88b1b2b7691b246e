// 02 brute force
// Step 3: pick the best. Step 1 gave a loss, step 2 gave the functions y = w x + b. So why not try them all?
//
//   g++ -std=c++20 -O2 -Iinclude examples/02_brute_force.cpp -o 02_brute_force && ./02_brute_force
//
// The data are reconstructed: twenty points made up so that they give the figures the lecture shows (data/README.md).

#include <cmath>
#include <cstdio>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

// "All" candidates means a grid: some values of w, some of b, every pair. Row i of the losses belongs to b_i, column j
// to w_j. This is the loss surface: to each point (w, b) of the ground a height.
Tensor<double> loss_surface(const Tensor<double>& x, const Tensor<double>& y, const Tensor<double>& w,
                            const Tensor<double>& b) {
  Tensor<double> losses = zeros<double>({b.size(), w.size()});
  for (std::size_t i = 0; i < b.size(); ++i)
    for (std::size_t j = 0; j < w.size(); ++j) losses(i, j) = mse_loss(w[j] * x + b[i], y).item();
  return losses;
}

struct Candidate {
  double w, b, loss;
};

Candidate best_of(const Tensor<double>& losses, const Tensor<double>& w, const Tensor<double>& b) {
  const auto at = argmin(losses).item();
  const auto columns = static_cast<std::int64_t>(w.size());
  return {w[at % columns], b[at / columns], losses[at]};
}

// The surface seen from above, as on a hiking map: each sign is a band of heights. b runs upwards, w to the right.
void draw(const Tensor<double>& losses, const Tensor<double>& w, const Tensor<double>& b) {
  const double heights[] = {250, 300, 400, 800, 1600, 3200};
  const char signs[] = " .:+*%#";
  const auto best = static_cast<std::size_t>(argmin(losses).item());
  for (std::size_t i = b.size(); i-- > 0;) {
    std::printf(i % 4 == 0 ? "  b %4.0f |" : "         |", b[i]);
    for (std::size_t j = 0; j < w.size(); ++j) {
      int band = 0;
      while (band < 6 && losses(i, j) > heights[band]) ++band;
      std::printf("%c", i * w.size() + j == best ? 'X' : signs[band]);
    }
    std::printf("|\n");
  }
  std::printf("     w    0         0.5       1         1.5       2         2.5       3         3.5       4\n\n");
  std::printf("  X the best;  blank: loss up to %.0f", heights[0]);
  for (int band = 1; band < 6; ++band) std::printf(",  %c up to %.0f", signs[band], heights[band]);
  std::printf(",  %c above\n\n", signs[6]);
}

void story(int argc, char** argv) {
  const Table points = read_csv(find_data(argc, argv, "lecture_moments.csv"));
  const Tensor<double> pages = to_tensor<double>(points, {"pages"}), minutes = to_tensor<double>(points, {"minutes"});
  std::printf("minutes = w * pages + b on %zu reconstructed points\n\n", points.rows());

  // A coarse grid first: w from 0 to 4 by 0.05, b from -40 to 60 by 5.
  const Tensor<double> w = linspace<double>(0, 4, 81), b = linspace<double>(-40, 60, 21);
  const Tensor<double> losses = loss_surface(pages, minutes, w, b);
  const Candidate coarse = best_of(losses, w, b);
  draw(losses, w, b);
  std::printf("The bottom is a long, narrow valley: a larger w can be made up for by a smaller b. Along it the\n");
  std::printf("loss hardly changes, and that will make gradient descent slow (04).\n\n");

  // The best of a grid is only as good as the grid. So look again around the best, ten times as closely; and again.
  std::printf("  step of w  step of b  candidates so far       w        b     loss\n");
  std::printf("  %9.5f  %9.3f  %17zu  %6.4f  %7.3f  %7.3f\n", 0.05, 5.0, losses.size(), coarse.w, coarse.b,
              coarse.loss);
  Candidate best = coarse;
  std::size_t tried = losses.size();
  for (double scale = 1; scale > 0.005; scale /= 10) {
    const Tensor<double> finer_w = linspace<double>(best.w - 0.2 * scale, best.w + 0.2 * scale, 81);
    const Tensor<double> finer_b = linspace<double>(best.b - 10 * scale, best.b + 10 * scale, 41);
    const Tensor<double> finer = loss_surface(pages, minutes, finer_w, finer_b);
    best = best_of(finer, finer_w, finer_b);
    tried += finer.size();
    std::printf("  %9.5f  %9.3f  %17zu  %6.4f  %7.3f  %7.3f\n", 0.005 * scale, 0.5 * scale, tried, best.w, best.b,
                best.loss);
  }
  std::printf("\nThe lecture's own figures: w = 1.67, b = 4.85, loss 240.\n\n");

  // It works, for two parameters. Each further one multiplies the number of candidates.
  std::printf("With 100 values for each parameter, and a million candidates a second:\n\n");
  std::printf("  parameters  candidates     seconds\n");
  for (const int parameters : {1, 2, 4, 8})
    std::printf("  %10d  %10.0e  %10.4g\n", parameters, std::pow(100, parameters), std::pow(100, parameters) / 1e6);
  std::printf("\n1e+10 seconds are %.0f years, and the network of 09 has far more than 8 parameters.\n",
              1e10 / 31557600);
}

int main(int argc, char** argv) { return run(argc, argv, story); }
