// 09 deep
// Step 2: which functions to choose from? Layers: h = sigma(b + W x), where sigma bends, as relu does: a row of hinges
// (08). The next layer takes h for its x. Every line is among these functions, so the best is no worse than the best
// line. Step 3: pick the best, if you can find it.
//
//   g++ -std=c++20 -O2 -Iinclude examples/09_deep.cpp -o 09_deep && ./09_deep
//
// The data are real: lectures of Hung-yi Lee's courses, their slides counted (see data/README.md).

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;
using Data = Dataset<double>;

// Six layers of 32 neurons each, and a weighted sum of the last ones.
Sequential<double> deep_network(Rng& rng) {
  Sequential<double> network;
  for (std::size_t layer = 0; layer < 6; ++layer) network.add(Linear<double>(layer == 0 ? 1 : 32, 32, rng)).add(ReLU());
  return network.add(Linear<double>(32, 1, rng));
}

// Relu throws half of a signal away, and the usual first weights are too small to make up for that. He's are larger: so
// much that signals keep their size from layer to layer.
void he_initialise(Sequential<double>& network, Rng& rng) {
  for (std::size_t i = 0; i < network.size(); i += 2) {
    auto& layer = network.get<Linear<double>>(i);
    init::kaiming_normal_(layer.weight.edit(), rng);
    init::zeros_(layer.bias.edit());
  }
}

struct Recipe {
  const char* name;
  double lr;
  bool standardise = false, he = false, adam = false;
};

// With all rows in one batch an epoch is one update, and its training loss is that from before the update. So the loss
// after n updates is that of epoch n + 1, which stands at index n.
History fit_network(const Data& data, const Recipe& recipe, std::uint64_t seed) {
  Rng rng(seed);
  Sequential<double> network = deep_network(rng);
  if (recipe.he) he_initialise(network, rng);
  const auto train_by = [&](auto optimizer) {
    return fit(network, MSELoss(), optimizer, data, {.epochs = 1001, .batch_size = data.size(), .shuffle = false});
  };
  return recipe.adam ? train_by(Adam(network, {.lr = recipe.lr})) : train_by(SGD(network, {.lr = recipe.lr}));
}

std::string spread(std::vector<double> losses) {
  std::sort(losses.begin(), losses.end());
  return format_fixed(losses[losses.size() / 2], 0) + " [" + format_fixed(losses.front(), 0) + ".." +
         format_fixed(losses.back(), 0) + "]";
}

// `unit` brings losses of standardised minutes back to min^2.
void compare_recipes(const Data& data, const Data& standardised, double unit) {
  std::printf("A deep network, six layers of 32; the middle one of three networks [lowest..highest]:\n\n");
  std::printf("  how                                learning rate   after 100 updates   after 1000 updates\n");
  const Recipe recipes[] = {{"gradient descent", 1e-5},
                            {"  + pages and minutes standardised", 0.01, true},
                            {"    + He's first weights", 0.01, true, true},
                            {"    + Adam", 0.003, true, false, true},
                            {"    + He's first weights and Adam", 0.003, true, true, true}};
  for (const Recipe& recipe : recipes) {
    std::vector<double> early, late;
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      const std::vector<Epoch> epochs = fit_network(recipe.standardise ? standardised : data, recipe, seed).epochs;
      early.push_back(epochs[100].train_loss * (recipe.standardise ? unit : 1));
      late.push_back(epochs[1000].train_loss * (recipe.standardise ? unit : 1));
    }
    std::printf("  %-33s  %13g  %18s  %19s\n", recipe.name, recipe.lr, spread(early).c_str(), spread(late).c_str());
  }
  Rng rng(1);
  Sequential<double> network = deep_network(rng);
  const double usual = minigrad::std(network(standardised.x)).item();
  he_initialise(network, rng);
  const double he = minigrad::std(network(standardised.x)).item();
  std::printf("\nPlain gradient descent ends above the line. Better functions are there, as the last rows show: it\n");
  std::printf("is the optimization that failed. Standardised, one learning rate suits all weights (04). But with\n");
  std::printf("the usual first weights the loss starts on a plain, almost without slope: hardly any of the pages\n");
  std::printf("arrives at the output, which varies by %.4f from row to row, where the target varies by 1. With\n",
              usual);
  std::printf("He's it varies by %.1f. Adam, whose steps are as long on a plain as on a slope, gets across as well.\n",
              he);
  std::printf("(A loss of almost 0 is no triumph: so many weights can learn 18 rows by heart. See 10.)\n");
}

void story(int argc, char** argv) {
  const Table lectures = read_csv(find_data(argc, argv, "lectures.csv")).where("course", "ML2021");
  const Data data = make_dataset<double>(lectures, {"pages"}, "minutes");
  StandardScaler<double> x_scale, y_scale;
  const Data standardised(x_scale.fit_transform(data.x), y_scale.fit_transform(data.y));
  const double variance = y_scale.scale().item() * y_scale.scale().item();
  const X table = concatenate({data.x, ones_like(data.x)}, 1);
  const double line = mse_loss(matmul(table, lstsq(table, data.y)), data.y).item();
  std::printf("Training loss (MSE, min^2) on the %zu rows of ML2021, from pages to minutes\n\n", data.size());
  std::printf("  always the mean: %.0f     the best line (03): %.0f\n\n", variance, line);
  compare_recipes(data, standardised, variance);
}

int main(int argc, char** argv) { return run(argc, argv, story); }
