// mpi.cpp - what a training step on several ranks consists of: computing, and adding up gradients over the ranks.
//
//   mpicxx -std=c++20 -O2 -Iinclude bench/mpi.cpp -o bench_mpi && mpirun -n 2 ./bench_mpi
//
// Prints for networks of several sizes, with 64 rows on each rank: the time of a step without communication, that of
// the sums alone, and that of the step with sums that run beside backward; medians, in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <minigrad/distributed/data_parallel.hpp>
#include <minigrad/minigrad.hpp>
#include <vector>

using namespace minigrad;

template <class F>
double median_us(Mpi& mpi, const F& f) {
  std::vector<double> times;
  for (int k = 0; k < 30; ++k) {
    mpi.barrier();
    const auto start = std::chrono::steady_clock::now();
    f();
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin() + 5, times.end());  // the first five warm up
  return mpi.mean(times[17]);
}

int main(int argc, char** argv) {
  return run_mpi(argc, argv, [](Mpi& mpi) {
    if (mpi.is_root())
      std::printf("%zu ranks, %s kernels\n  width  numbers  step alone  sums alone  step with sums\n", mpi.size(),
                  to_string(isa()));
    for (const std::size_t width : {16, 64, 256, 1024}) {
      Rng rng(1);
      Sequential model{Linear(width, width, rng), Tanh(), Linear(width, width, rng), Tanh(), Linear(width, 1, rng)};
      DistributedDataParallel parallel(model, mpi);
      SGD optimizer(model, {.lr = 0.001});
      const auto x = normal({64, width}, 0, 1, rng), y = normal({64, 1}, 0, 1, rng);
      auto step = capture([&](auto a, auto b) { return mse_loss(model(a), b); }, x, y);
      std::size_t numbers = 0;
      for (const auto& p : parameters(model)) numbers += p.value().size();
      auto gradients = zeros<float>({numbers});

      const double alone = median_us(mpi, [&] {
        step(x, y);
        optimizer.zero_grad();
        step.backward();
        optimizer.step();
      });
      const double sums = median_us(mpi, [&] { mpi.all_reduce(gradients); });
      const double both = median_us(mpi, [&] {
        step(x, y);
        optimizer.zero_grad();
        parallel.backward(step, 64);
        optimizer.step();
      });
      if (mpi.is_root()) std::printf("%7zu %8zu %11.0f %11.0f %15.0f\n", width, numbers, alone, sums, both);
    }
  });
}
