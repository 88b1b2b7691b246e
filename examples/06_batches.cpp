// 06 batches
// Step 3: pick the best. An update needs a slope, and the slope of the whole loss needs all rows. The slope over a few
// of them, a batch, points roughly the same way, and is there much sooner.
//
//   g++ -std=c++20 -O2 -Iinclude examples/06_batches.cpp -o 06_batches && ./06_batches
//
// The data are reconstructed: twenty points made up so that they give the figures the lecture shows (data/README.md).

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;

// The training loop. Once around the inner loop is an update: one batch, one slope, one step. Once around the outer one
// is an epoch: every row has been seen once. The loss over all rows after each update is for us to look at.
std::vector<double> losses_of(const Dataset<double>& data, const DataLoaderOptions& options, int epochs, Rng& rng) {
  Linear<double> line(1, 1, rng);  // y = w x + b
  line.weight.edit().fill(1);
  line.bias.edit().fill(15);
  SGD optimizer(line, {.lr = 0.05});
  DataLoader loader(data, options, rng);
  Graph<X> graph;
  std::vector<double> losses;
  for (int epoch = 1; epoch <= epochs; ++epoch)
    for (const auto& [x, y] : loader) {
      graph.clear();
      const auto loss = mse_loss(line(graph.input(x)), y);
      optimizer.zero_grad();
      backward(loss);
      optimizer.step();
      losses.push_back(mse_loss(line(data.x), data.y).item());
    }
  return losses;
}

// Each order of the rows gives another run. So there are many of them for each batch size.
constexpr std::size_t runs = 51;
using Runs = std::vector<std::vector<double>>;

// The loss after so many updates: the middle one of the runs, and the extremes.
std::string spread(const Runs& losses, std::size_t updates) {
  std::vector<double> values;
  for (const std::vector<double>& run : losses) values.push_back(run[updates - 1]);
  std::sort(values.begin(), values.end());
  const std::string low = format_fixed(values.front(), 0), high = format_fixed(values.back(), 0);
  return format_fixed(values[runs / 2], 0) + (low == high ? "" : " [" + low + ".." + high + "]");
}

// What shuffling does: in another epoch, other rows meet in a batch.
void show_batches(const Dataset<double>& data) {
  Rng rng(1);
  DataLoader loader(data, {.batch_size = 5}, rng);
  std::printf("Batches of 5, by the pages of their rows:\n\n");
  for (int epoch = 1; epoch <= 3; ++epoch) {
    std::printf("  epoch %d:", epoch);
    for (const auto& [x, y] : loader) {
      std::printf("  (");
      for (const double pages : x) std::printf(" %2.0f", pages);
      std::printf(" )");
    }
    std::printf("\n");
  }
  std::printf("\n");
}

void story(int argc, char** argv) {
  const Table points = read_csv(find_data(argc, argv, "lecture_moments.csv"));
  const Dataset<double> data = make_dataset<double>(points, {"pages"}, "minutes");
  const Dataset<double> scaled(StandardScaler<double>().fit_transform(data.x), data.y);
  std::printf("minutes = w * x + b on %zu reconstructed points, x: pages, standardised\n\n", data.size());
  show_batches(data);

  const std::size_t sizes[] = {data.size(), 5, 1};
  std::vector<Runs> losses(3);  // for each batch size
  Rng rng(1);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < runs; ++i) losses[k].push_back(losses_of(scaled, {.batch_size = sizes[k]}, 200, rng));

  std::printf("Loss (MSE, min^2) from w = 1, b = 15 with learning rate 0.05:\n");
  std::printf("the middle one of %zu runs [lowest..highest]\n\n", runs);
  std::printf("  batch  updates   after this many epochs\n");
  std::printf("   size  an epoch                  1                  2                  5                 50\n");
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t updates = DataLoader(data, {.batch_size = sizes[k]}, rng).batches();
    std::printf("  %5zu  %8zu", sizes[k], updates);
    for (const std::size_t epochs : {1u, 2u, 5u, 50u}) std::printf("%19s", spread(losses[k], epochs * updates).c_str());
    std::printf("\n");
  }
  std::printf("\nBy epochs, small batches are far ahead. But an epoch of theirs has more updates:\n\n");
  std::printf("  batch  rows an   after this many updates\n");
  std::printf("   size  update                   20                 40                100                200\n");
  for (std::size_t k = 0; k < 3; ++k) {
    std::printf("  %5zu  %8zu", sizes[k], sizes[k]);
    for (const std::size_t updates : {20u, 40u, 100u, 200u}) std::printf("%19s", spread(losses[k], updates).c_str());
    std::printf("\n");
  }
  std::printf("\nUpdate by update they do much the same: the slope of a few rows is worth nearly as much as that of\n");
  std::printf("all, for less work. Near the minimum it is not. The slopes of single rows disagree there, and with\n");
  std::printf("batches of 1 the loss goes on trembling above 240, while the full batch comes to rest.\n\n");

  const double in_order = losses_of(scaled, {.batch_size = 1, .shuffle = false}, 50, rng).back();
  std::printf("And without shuffling? The rows of the file go from short decks to long ones. With batches of 1 the\n");
  std::printf("long ones have the last word in each epoch: loss %.0f after 50 epochs.\n", in_order);
}

int main(int argc, char** argv) { return run(argc, argv, story); }
