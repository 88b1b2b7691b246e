// 08 hinges
// Step 2: which functions to choose from? A line cannot bend. But a hinge, relu(x - k), is 0 up to its knot k and rises
// from there, and a constant plus a sum of hinges can be any piecewise linear curve: a hinge for each change of slope.
//
//   g++ -std=c++20 -O2 -Iinclude examples/08_hinges.cpp -o 08_hinges && ./08_hinges
//
// There are no measurements here: the curves to be met are given by formulas, on 0 .. 10.

#include <cstdio>
#include <string>

#include <minigrad/minigrad.hpp>

using namespace minigrad;

using X = Tensor<double>;

// A curve of three straight pieces through (0, 1), (3, 4), (6, 1) and (10, 5). Its slope is 1, then -1, then 1, so it
// changes by 1 at 0 (before that there is nothing), by -2 at 3 and by 2 at 6. These are the weights of the hinges.
X zigzag(const X& x) { return 1 + relu(x) - 2 * relu(x - 3) + 2 * relu(x - 6); }

void by_hand() {
  std::printf("A zigzag is a constant and three hinges:\n\n");
  std::printf("     x   1 + relu(x) - 2 relu(x - 3) + 2 relu(x - 6) = zigzag\n");
  for (const double x : {0.0, 1.5, 3.0, 4.5, 6.0, 8.0, 10.0})
    std::printf("  %4.1f   1 + %7.1f - %13.1f + %13.1f = %6.1f\n", x, relu(x), 2 * relu(x - 3), 2 * relu(x - 6),
                zigzag(X::scalar(x)).item());
  std::printf("\n");
}

// What H hinges can do at least: their knots stand at equal distances from 0 on, and their weights are the best there
// are for these. With the knots fixed, the sum is linear in its weights, so that they have a closed form (03).
double best_with_fixed_knots(const X& x, const X& y, std::size_t H) {
  const X knots = arange<double>(H) * 10 / H;
  const X hinges = relu(x - knots);  // [n, 1] - [H] is [n, H]: every point and every knot
  const X table = concatenate({ones<double>({x.size(), 1}), hinges}, 1);
  return mse_loss(matmul(table, lstsq(table, y)), y).item();
}

// The same family of functions as a network with everything to be learned, the knots too: H neurons relu(w x + b), and
// a weighted sum of them. There is no closed form for that, and what the optimizer finds is another question than what
// there is to be found.
template <class Optimizer>
double trained(const X& x, const X& y, std::size_t H) {
  Rng rng(7);
  const X z = (x - 5) / 3;  // features should be of size 1 (04)
  Sequential model{Linear<double>(1, H, rng), ReLU(), Linear<double>(H, 1, rng)};
  Optimizer optimizer(model, {.lr = 0.02});
  Graph<X> graph;
  for (int updates = 0; updates < 3000; ++updates) {
    graph.clear();
    const auto loss = mse_loss(model(graph.input(z)), y);
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
  }
  return mse_loss(model(z), y).item();
}

std::string shown(double loss) { return loss < 1e-20 ? "exact" : format_fixed(loss, 7); }

constexpr std::size_t sizes[] = {1, 2, 3, 10, 100};

int main() {
  by_hand();

  const X x = linspace<double>(0, 10, 201).reshape({201, 1}), zigzags = zigzag(x), sines = sin(x);
  std::printf("Mean squared error of the best sum of H hinges, knots at equal distances:\n\n");
  std::printf("    H      zigzag       sin x\n");
  for (const std::size_t H : sizes)
    std::printf("  %3zu  %10s  %10s\n", H, shown(best_with_fixed_knots(x, zigzags, H)).c_str(),
                shown(best_with_fixed_knots(x, sines, H)).c_str());
  std::printf("\nThe zigzag is met exactly once there are knots where it bends. The sine bends everywhere, but the\n");
  std::printf("more hinges, the shorter the straight pieces. (Three are no better than two here, because their\n");
  std::printf("knots do not stand where those of two stood.)\n\n");

  std::printf("Mean squared error on sin x after 3000 updates, with all parameters learned:\n\n");
  std::printf("    H  parameters  gradient descent       Adam   best with fixed knots\n");
  for (const std::size_t H : sizes)
    std::printf("  %3zu  %10zu  %16.5f  %9.5f   %21.7f\n", H, 3 * H + 1, trained<SGD<X>>(x, sines, H),
                trained<Adam<X>>(x, sines, H), best_with_fixed_knots(x, sines, H));
  std::printf("\nWith free knots, more hinges can do all that fewer can. So where a loss is no better than one\n");
  std::printf("above it or beside it, the functions are there, and the optimizer has not found them.\n");
}
