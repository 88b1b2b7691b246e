// Many numbers come out where many numbers went in; a function of a Tensor gives a Tensor.
#include <minigrad/diff/derivatives.hpp>

int main() {
  const auto both = [](const auto& x) { return std::vector{x[0] * x[1], x[0] + x[1]}; };
  const auto works = minigrad::jacobian(both, std::vector<double>{2, 3});
  minigrad::jacobian([](auto x) { return std::vector{x, x}; }, 2.0);  // error: a function that gives a std::vector of numbers must take one
  return works.size() == 4 ? 0 : 1;
}
