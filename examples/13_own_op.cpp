// 13 your own op
// Step 2: which functions to choose from? Those that you can write down, too. An op is its value and its derivative,
// side by side, in a namespace of your own; nothing is registered, and nothing in the library changes.
//
//   g++ -std=c++20 -O2 -Iinclude examples/13_own_op.cpp -o 13_own_op && ./13_own_op

#include <cstdio>

#include <minigrad/minigrad.hpp>

namespace mine {

// y = e^(-x^2), a bump around 0, which relu and tanh are not. Its derivative is -2 x y.
//
// The second line computes the value of one number v. The third is the rule, by the chain rule: from g, the slope of the
// loss along y, it computes the slope along x. It takes what it reads: g; g and y; or g, y and v. minigrad runs both over
// whole tensors, and runs the rule on Vars as well where a second derivative is asked for. So write it as plain maths,
// with minigrad::exp and the like by their full names: std::exp takes no Var, and a plain abs(v) would be that of C, which
// makes a whole number of v.
inline constexpr auto bump = minigrad::elementwise(
    "bump", [](auto v) { return minigrad::exp(-v * v); },
    [](auto g, auto y, auto v) { return -2 * g * v * y; });

// The same with a slip of the pen: the 2 is missing. It compiles and runs; only the slopes are wrong.
inline constexpr auto careless_bump = minigrad::elementwise(
    "careless_bump", [](auto v) { return minigrad::exp(-v * v); },
    [](auto g, auto y, auto v) { return -g * v * y; });

// A bump of any width. What an op is told besides its inputs are its attributes: value and rule get them first, and
// describe() names them to messages and pictures.
struct Width {
  double width;
  void describe(auto& list) const { list("width", width); }
};
inline constexpr auto wide_bump = minigrad::elementwise(
    "wide_bump", [](const auto& a, auto v) { return minigrad::exp(-v * v / (a.width * a.width)); },
    [](const auto& a, auto g, auto y, auto v) { return -2 / (a.width * a.width) * g * v * y; });

}  // namespace mine

using namespace minigrad;

// check_grads compares the derivative with what the value does when x is moved a little; with 2 the second derivative
// too, which comes of the same rule.
void check_both() {
  check_grads([](auto x) { return mine::bump(x); }, {0.7}, 2);
  check_grads([](auto x) { return mine::bump(x); }, {Tensor{{-1.5, 0.0}, {0.3, 2.0}}}, 2);
  check_grads([](auto x) { return mine::wide_bump.with(mine::Width{3})(x); }, {0.7}, 2);
  std::printf("bump: first and second derivative agree with finite differences, on a number and on a tensor\n\n");
  try {
    check_grads([](auto x) { return mine::careless_bump(x); }, {0.7});
  } catch (const GradientError& error) {
    std::printf("careless_bump is found out:\n  %s\n\n", error.what());
  }
}

// The op takes what every op takes. Without a Var among its inputs nothing is recorded: the result is just the value.
void use_it_on_anything() {
  std::printf("bump(0.3)           = %.4f\n", mine::bump(0.3));
  std::printf("wide_bump(0.3)      = %.4f, of width 3\n", mine::wide_bump.with(mine::Width{3})(0.3));
  std::printf("bump of a tensor    = %s\n", to_string(mine::bump(Tensor{-2.0, -1.0, 0.0, 1.0})).c_str());
  Graph<double> graph;
  const auto x = graph.variable(0.3);
  const auto y = mine::bump(x);
  const auto slope = grad(y, x);
  std::printf("its slope at 0.3    = %.4f\n", slope.value());
  std::printf("the slope's slope   = %.4f\n\n", grad(slope, x).value());
}

// And it makes a layer: whatever can be called on a Tensor and on a Var is one. Eight bumps, each with its own place,
// width and height, learn one wave of a sine.
void train_with_it() {
  const Tensor<double> x = linspace<double>(-3, 3, 61).reshape({61, 1}), y = sin(x);
  Rng rng(1);
  Sequential model{Linear<double>(1, 8, rng), [](const auto& v) { return mine::bump(v); }, Linear<double>(8, 1, rng)};
  Adam optimizer(model, {.lr = 0.02});
  Graph<Tensor<double>> graph;
  std::printf("A network of eight bumps learns sin x on -3 .. 3:\n\n  updates  mean squared error\n");
  for (int updates = 0; updates <= 1000; ++updates) {
    graph.clear();
    const auto loss = mse_loss(model(graph.input(x)), y);
    if (updates == 0 || updates == 10 || updates == 100 || updates == 1000)
      std::printf("  %7d  %.5f\n", updates, loss.item());
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
  }
}

int main() {
  check_both();
  use_it_on_anything();
  train_with_it();
}
