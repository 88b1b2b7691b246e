// 04 gradient descent
// Step 3: pick the best. Start somewhere on the loss surface and walk downhill: the gradient says which way is up, so
// the parameters go the other way, by the learning rate times the slope.
//
//   g++ -std=c++20 -O2 -Iinclude examples/04_gradient_descent.cpp -o 04_gradient_descent && ./04_gradient_descent
//
// The data are reconstructed: twenty points made up so that they give the figures the lecture shows (data/README.md).

#include <cstdio>
#include <string>
#include <tuple>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;

// y = w x + b as a model that can be trained: a struct that lists its parameters.
struct Line {
  Parameter<X> w, b;

  Line(double w_start, double b_start) : w(X::scalar(w_start)), b(X::scalar(b_start)) {}
  auto operator()(const auto& x) const { return w * x + b; }
  auto parts() { return std::tie(w, b); }
};

// One update: the loss of the line as it is, its slope in the direction of w and of b, a step against both.
void update(Line& line, const Dataset<double>& data, double learning_rate) {
  Graph<X> graph;
  backward(mse_loss(line(graph.input(data.x)), data.y));
  line.w.edit() -= learning_rate * line.w.grad();
  line.b.edit() -= learning_rate * line.b.grad();
  zero_grad(line);
}

double loss_of(const Line& line, const Dataset<double>& data) { return mse_loss(line(data.x), data.y).item(); }

Line descend(Line line, const Dataset<double>& data, double learning_rate, std::initializer_list<int> report) {
  std::printf("  updates         w        b          loss\n");
  int updates = 0;
  for (const int stop : report) {
    for (; updates < stop; ++updates) update(line, data, learning_rate);
    std::printf("  %7d  %8.3f  %7.2f  %12.1f\n", updates, line.w.value().item(), line.b.value().item(),
                loss_of(line, data));
  }
  std::printf("\n");
  return line;
}

void two_learning_rates(const Dataset<double>& data) {
  std::printf("From w = 1, b = 15 with learning rate 0.001:\n\n");
  descend(Line(1, 15), data, 0.001, {0, 1, 2, 3, 4, 5});
  std::printf("Each step overshoots the valley and lands higher up on the other side: it diverges. The library's\n");
  std::printf("own training loop, given the same, stops and says\n\n");
  try {
    Line line(1, 15);
    SGD optimizer(line, {.lr = 0.001});
    fit(line, MSELoss(), optimizer, data, {.epochs = 10'000, .batch_size = data.size()});
  } catch (const TrainingError& error) {
    std::printf("  %s\n\n", error.what());
  }

  std::printf("With learning rate 0.0001, for which the lecture reports 263, 261, 249:\n\n");
  descend(Line(1, 15), data, 0.0001, {0, 1, 10, 100, 1'000, 10'000, 100'000});
  std::printf("It converges, but after 10 updates it hardly moves: it has reached the floor of the long valley\n");
  std::printf("(02), where the slope is small. A larger step is not allowed, because the walls are steep.\n\n");
}

// Standardising gives pages the mean 0 and the standard deviation 1. The same lines can be expressed, but the valley
// becomes a round bowl: as steep along w as along b, and one learning rate suits both.
void standardised(const Dataset<double>& data) {
  StandardScaler<double> scaler;
  const Dataset<double> scaled(scaler.fit_transform(data.x, data.feature_names), data.y, data.feature_names);
  const double mean = scaler.mean()[0], scale = scaler.scale()[0];
  std::printf("With standardised pages, x = (pages - %.1f) / %.2f, from the same line, learning rate 0.1:\n\n", mean,
              scale);
  const Line line = descend(Line(1 * scale, 15 + 1 * mean), scaled, 0.1, {0, 1, 10, 20, 50});
  const double w = line.w.value().item() / scale;
  std::printf("In pages this is w = %.2f, b = %.2f: the closed form's line (03), after 50 updates.\n\n", w,
              line.b.value().item() - w * mean);
}

// A loss with two valleys, of one parameter. It slopes down to the left of each hill and to the right of it, and a
// walker only feels the ground under the feet.
void two_valleys() {
  const auto loss = [](const auto& w) { return pow(w, 4) / 8 - square(w) + w / 2 + 3; };
  std::printf("A loss of a single parameter, w^4 / 8 - w^2 + w / 2 + 3; 200 updates with learning rate 0.05:\n\n");
  std::printf("  start w   end w   loss\n");
  for (const double start : {-4.0, -1.0, 0.0, 0.5, 1.0, 4.0}) {
    double w = start;
    for (int i = 0; i < 200; ++i) w -= 0.05 * value_and_grad(loss, w).second;
    std::printf("  %7.1f  %6.3f  %5.3f   %s\n", start, w, loss(w), loss(w) < 1 ? "global minimum" : "local minimum");
  }
  std::printf("\nWhere one arrives depends on where one starts. In both places the slope is 0: gradient descent\n");
  std::printf("cannot tell that there is a deeper valley beyond the hill.\n");
}

void story(int argc, char** argv) {
  const Table points = read_csv(find_data(argc, argv, "lecture_moments.csv"));
  const Dataset<double> data = make_dataset<double>(points, {"pages"}, "minutes");
  std::printf("minutes = w * pages + b on %zu reconstructed points, loss: mean squared error\n\n", data.size());
  two_learning_rates(data);
  standardised(data);
  two_valleys();
}

int main(int argc, char** argv) { return run(argc, argv, story); }
