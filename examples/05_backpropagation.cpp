// 05 backpropagation
// Step 3 from inside: where do the slopes come from? A graph remembers each operation; to go through it backwards, by
// the chain rule, is backpropagation. Here with single numbers, in a Graph<double>. Nothing but this happens in the
// networks of 09, only with tensors in place of numbers.
//
//   g++ -std=c++20 -O2 -Iinclude examples/05_backpropagation.cpp -o 05_backpropagation && ./05_backpropagation
//
// One part prints a graph in the language DOT. Graphviz (package graphviz) makes a picture of it:
//
//   ./05_backpropagation | sed -n '/digraph/,/^}/p' | dot -Tsvg > neuron.svg

#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include <minigrad/minigrad.hpp>

using namespace minigrad;

// The computation with which Andrej Karpathy's micrograd introduces itself in its README: no meaning, but sums,
// products, powers and hinges, and names that are used again and again.
void micrograd() {
  Graph<double> graph;
  const auto a = graph.variable(-4), b = graph.variable(2);
  auto c = a + b;
  auto d = a * b + pow(b, 3);
  c += c + 1;  // a new node takes the name c; the old one stays in the graph, as the input of the new
  c += 1 + c - a;
  d += 2 * d + relu(b + a);
  d += 3 * d + relu(b - a);
  const auto e = c - d;
  const auto f = square(e);
  const auto g = f / 2 + 10 / f;

  backward(g);
  std::printf("micrograd's README, on a graph of %zu nodes:\n\n", graph.size());
  std::printf("  g      %9.4f\n", g.value());
  std::printf("  dg/da  %9.4f     if a grows a little, g grows %.0f times as much\n", a.grad(), a.grad());
  std::printf("  dg/db  %9.4f\n\n", b.grad());
}

// One neuron with two inputs, and the loss of its output against a label: small enough for a picture.
void picture_of_a_neuron() {
  Graph<double> graph;
  graph.retain_grads();  // also those in the middle, for the picture
  const auto x1 = graph.input(2), x2 = graph.input(-1);
  const auto w1 = graph.variable(0.5), w2 = graph.variable(0.25), b = graph.variable(-0.5);
  const auto loss = square(tanh(w1 * x1 + w2 * x2 + b) - 1);
  backward(loss);
  std::printf("A neuron, tanh(w1 x1 + w2 x2 + b), and its squared error against the label 1:\n\n%s",
              to_dot(graph, {{x1, "x1"}, {x2, "x2"}, {w1, "w1"}, {w2, "w2"}, {b, "b"}, {loss, "loss"}}).c_str());
}

// What it saves: the slopes of a network's loss along all of its parameters, by backpropagation and by definition, for
// which one parameter after the other is moved a little to see what the loss does.
void compare_with_differences() {
  using X = Tensor<double>;
  Rng rng(1);
  const X x = linspace<double>(-2, 2, 18).reshape({18, 1}), y = sin(x);
  Sequential network{Linear<double>(1, 32, rng),  Tanh(), Linear<double>(32, 32, rng), Tanh(),
                     Linear<double>(32, 32, rng), Tanh(), Linear<double>(32, 1, rng)};

  Graph<X> graph;
  constexpr int sweeps = 200;
  const Stopwatch watch;
  for (int i = 0; i < sweeps; ++i) {
    graph.clear();
    const auto loss = mse_loss(network(graph.input(x)), y);
    zero_grad(network);
    backward(loss);
  }
  const double sweep_ms = 1000 * watch.seconds() / sweeps;

  const auto loss = [&] { return mse_loss(network(x), y).item(); };
  const Stopwatch watch_of_differences;
  const double before = loss(), h = 1e-6;
  std::size_t count = 0, agree = 0;
  for (const auto& parameter : parameters(network))
    for (std::size_t i = 0; i < parameter.value().size(); ++i, ++count) {
      const double kept = std::exchange(parameter.edit()[i], parameter.value()[i] + h);
      const double slope = (loss() - before) / h;
      parameter.edit()[i] = kept;
      if (std::fabs(slope - parameter.grad()[i]) < 1e-4) ++agree;
    }
  const double differences_ms = 1000 * watch_of_differences.seconds();
  std::printf("The slopes along all %zu parameters of a network, of which %zu agree to 0.0001:\n\n", count, agree);
  std::printf("  finite differences  %zu times forward       %.2f ms\n", count + 1, differences_ms);
  std::printf("  backpropagation     once forward, once back  %.3f ms (the mean of %d)\n", sweep_ms, sweeps);
}

int main() {
  micrograd();
  picture_of_a_neuron();
  std::printf("\n");
  compare_with_differences();
}
