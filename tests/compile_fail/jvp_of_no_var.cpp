// A function to be differentiated gives what it computed, and not nothing.
#include <minigrad/diff/derivatives.hpp>

int main() {
  const auto works = minigrad::jvp([](auto v) { return v * v; }, 2.0, 1.0);
  minigrad::jvp([](auto v) { v * v; }, 2.0, 1.0);  // error: the function must give a Var, or a std::vector of Vars of numbers
  return works.first > 0 ? 0 : 1;
}
