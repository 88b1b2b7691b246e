// 12 scalars
// Step 3 from inside: where do the slopes come from? A Graph<double> remembers each operation on single numbers; to go
// through them backwards, by the chain rule, is backpropagation. Nothing but this happens in the networks of 08, only
// with tensors in place of numbers.
//
//   g++ -std=c++20 -O2 -Iinclude examples/12_scalars.cpp -o 12_scalars && ./12_scalars
//
// It ends with a graph in the language DOT. Graphviz (package graphviz) makes a picture of it:
//
//   ./12_scalars | sed -n '/digraph/,$p' | dot -Tsvg > neuron.svg

#include <cstdio>
#include <string>

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

// backward() gives numbers. grad() gives Vars of the same graph, so what it returns can be differentiated again.
void higher_derivatives() {
  std::printf("tanh and its derivatives, each by grad() of the one before:\n\n");
  std::printf("      x     tanh    tanh'   tanh''  tanh'''\n");
  for (const double at : {-1.0, 0.25, 0.5, 2.0}) {
    Graph<double> graph;
    const auto x = graph.variable(at);
    const auto y = tanh(x), first = grad(y, x), second = grad(first, x), third = grad(second, x);
    std::printf("  %5.2f  %7.4f  %7.4f  %7.4f  %7.4f\n", at, y.value(), first.value(), second.value(), third.value());
  }
  std::printf("\n");
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

int main() {
  micrograd();
  higher_derivatives();
  picture_of_a_neuron();
}
