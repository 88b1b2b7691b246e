// For bench/files.sh: seconds to write and read 100 MB of floats as a safetensors file and an npz file, medians of 5.
#include <minigrad/io/npz.hpp>
#include <minigrad/io/safetensors.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

using namespace minigrad;

namespace {

template <class Work>
void measure(const char* name, const Work& work) {
  std::vector<double> seconds;
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("minigrad %-18s %.3f s\n", name, seconds[2]);
}

}  // namespace

int main() {
  StateDict state;
  for (const char* name : {"a", "b", "c", "d"}) {
    auto x = Tensor<float>::empty({2500, 2500});
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) * 0.001f;
    state.add(name, x);
  }
  measure("safetensors write", [&] { write_safetensors("speed.safetensors", state); });
  measure("safetensors read", [&] { read_safetensors("speed.safetensors"); });
  measure("npz write", [&] { write_npz("speed.npz", state); });
  measure("npz read", [&] { read_npz("speed.npz"); });
}
