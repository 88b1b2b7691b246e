// A chain of ten million recorded numbers on a ScalarTape; scalar_chain_test.sh runs it with a stack of 256 KiB.
#include <sys/resource.h>

#include <cstdio>
#include <minigrad/scalar/scalar_tape.hpp>

int main() {
  minigrad::ScalarTape<double> tape;
  const auto x = tape.variable(1), z = tape.variable(1);
  auto y = x * z;
  for (int i = 1; i < 10'000'000; ++i) y = y + (i % 2 == 0 ? x : z);
  minigrad::backward(y);

  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const double gigabytes = static_cast<double>(use.ru_maxrss) * 1024 / 1e9;
  std::printf("%zu numbers, y = %.0f, dy/dx = %.0f, dy/dz = %.0f, %.2f GB at most\n", tape.size(), y.value(), x.grad(),
              z.grad(), gigabytes);
  const bool right = y.value() == 10'000'000 && x.grad() == 5'000'000 && z.grad() == 5'000'001;
  return tape.size() == 10'000'002 && right && gigabytes <= 0.75 ? 0 : 1;
}
