// descent.cpp - the line y = w x + b on the reconstructed points: three ways to the best w and b.
//
// The points are made up so that they give the lecture's published figures; see data/README.md. So these stages check
// our arithmetic against the lecture's, and the real lectures come after them.
#include <cmath>

#include "story.hpp"

namespace course_length {
namespace {

/// Gradient descent as the lecture begins it, from w = 1 and b = 15, with all rows in each update. `visit` is called
/// with what the line is after each update.
template <class Visit>
void descend(const Data& data, double learning_rate, std::size_t updates, const Visit& visit) {
  Rng rng;
  Linear<double> line(1, 1, rng);
  line.weight.edit().fill(1);
  line.bias.edit().fill(15);
  SGD optimizer(line, {.lr = learning_rate});
  fit(line, MSELoss(), optimizer, data,
      {.epochs = updates, .batch_size = data.size(), .shuffle = false, .progress = false}, [&](const Epoch& epoch) {
        const double w = line.weight.value().item(), b = line.bias.value().item();
        visit(Place{epoch.updates, w, b, evaluate(line, MSELoss(), data)});
      });
}

double pages_asked(const Story& story) { return story.lectures.test.number(0, "pages"); }

}  // namespace

/// Try every function on a grid and take the best one.
void brute_force(Story& story) {
  story.results.heading("on the " + std::to_string(story.moments.size()) +
                        " reconstructed points (not the lecturer's data: made up to give the lecture's figures)");
  const Tensor<double>& x = story.moments.x;
  const Tensor<double>& y = story.moments.y;
  Place best{0, 0, 0, INFINITY};
  int candidates = 0;
  for (int i = 0; i <= 60; ++i)
    for (int k = 0; k <= 60; ++k, ++candidates) {
      const double w = 0.05 * i, b = -20 + k;
      const double loss = mse_loss(w * x + b, y).item();
      if (loss < best.loss) best = {0, w, b, loss};
    }
  story.results.add({"best of " + std::to_string(candidates) + " lines: " + format_fixed(best.w, 2) + " pages + " +
                         format_fixed(best.b, 0),
                     one_decimal(best.loss), "", one_decimal(best.w * pages_asked(story) + best.b), ""});
}

/// Solve for the bottom of the surface, where both derivatives are 0.
void closed_form(Story& story) {
  const Data& data = story.moments;
  const Tensor<double> wb = lstsq(concatenate({data.x, ones_like(data.x)}, 1), data.y);
  story.closed_form = {"closed form", wb[0], wb[1]};
  const double loss = mse_loss(wb[0] * data.x + wb[1], data.y).item();
  story.results.add({"closed form: " + format_fixed(wb[0], 2) + " pages + " + format_fixed(wb[1], 2), one_decimal(loss),
                     "", one_decimal(wb[0] * pages_asked(story) + wb[1]), "240"});
}

/// Walk downhill, with a learning rate that is too large and with one that is not.
void gradient_descent(Story& story) {
  story.jump.push_back({0, 1, 15, mse_loss(story.moments.x + 15, story.moments.y).item()});
  story.crawl = story.jump;
  std::string message;
  try {
    descend(story.moments, 0.001, 1000, [&](const Place& place) { story.jump.push_back(place); });
  } catch (const TrainingError& error) {
    message = error.what();
  }
  story.results.add({"descent from (1, 15), learning rate 0.001",
                     message.empty() ? one_decimal(story.jump.back().loss) : "diverges", "", "", "diverges"});
  if (!message.empty()) story.remarks.push_back("Stage 3 ends with this message of fit(): " + message + ".");

  descend(story.moments, 0.0001, 10000, [&](const Place& place) { story.crawl.push_back(place); });
  for (const std::size_t updates : {100u, 1000u, 10000u}) {
    const Place& place = story.crawl[updates];
    const char* lecture = updates == 100 ? "263" : updates == 1000 ? "261" : "249";
    story.results.add({"learning rate 0.0001, " + std::to_string(updates) + " updates", one_decimal(place.loss), "",
                       one_decimal(place.w * pages_asked(story) + place.b), lecture});
  }
}

/// How many rows to look at before each update? Pages are standardised here, so that one learning rate suits w and b.
void batches(Story& story) {
  StandardScaler<double> scaler;
  const Data data(scaler.fit_transform(story.moments.x, {"pages"}), story.moments.y, {"pages"});
  for (const std::size_t batch_size : {data.size(), std::size_t{5}, std::size_t{1}}) {
    Rng rng(story.seed);
    Linear<double> line(1, 1, rng);
    line.weight.edit().fill(1);
    line.bias.edit().fill(15);
    SGD optimizer(line, {.lr = 0.05});
    DataLoader loader(data, {.batch_size = batch_size}, rng);
    BatchCurve curve{batch_size, loader.batches(), {evaluate(line, MSELoss(), data)}};
    Graph<Tensor<double>> graph;
    for (int epoch = 0; epoch < 50; ++epoch)
      for (auto [x, y] : loader) {  // the training loop that fit() keeps out of sight
        graph.clear();
        const auto loss = mse_loss(line(graph.input(x)), y);
        optimizer.zero_grad();
        backward(loss);
        optimizer.step();
        curve.losses.push_back(evaluate(line, MSELoss(), data));
      }
    story.batches.push_back(curve);
    const std::string name = batch_size == data.size() ? "all rows"
                             : batch_size == 1         ? "1 row"
                                                       : std::to_string(batch_size) + " rows";
    story.results.add(
        {"standardised, " + name + " an update, 50 epochs", one_decimal(curve.losses.back()), "", "", ""});
  }
  const auto after = [&](std::size_t curve, std::size_t epochs) {
    return format_fixed(story.batches[curve].losses[epochs * story.batches[curve].updates_per_epoch], 0);
  };
  story.remarks.push_back("Batches: after one epoch the loss is " + after(0, 1) + " with all rows in an update, " +
                          after(1, 1) + " with five and " + after(2, 1) +
                          " with one: small batches make more updates of the same rows. After 50 epochs it is " +
                          after(0, 50) + ", " + after(1, 50) + " and " + after(2, 50) +
                          ": the smallest batch goes on trembling.");
}

}  // namespace course_length
