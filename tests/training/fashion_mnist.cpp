// Trains a network on Fashion-MNIST, and prints its accuracy on the test images. Its arguments are the four IDX files,
// unpacked: images and labels to train with, images and labels to test with; then a seed, if wanted.
// Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <minigrad/minigrad.hpp>
#include <stdexcept>
#include <string>

using namespace minigrad;

namespace {

/// An IDX file of bytes: two zeros, 8 for the type byte, the rank, each extent in 4 bytes, highest first, the bytes.
Tensor<std::uint8_t> read_idx(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes.at(i)); };
  if (bytes.size() < 4 || at(0) || at(1) || at(2) != 8) throw std::runtime_error(path + " is no IDX file of bytes");
  Shape shape;
  std::size_t begin = 4;
  for (int axis = 0; axis < at(3); ++axis, begin += 4)
    shape.push_back((at(begin) << 24) | (at(begin + 1) << 16) | (at(begin + 2) << 8) | at(begin + 3));
  if (bytes.size() - begin != shape.size()) throw std::runtime_error(path + " has another size than it says");
  return Tensor<std::uint8_t>::from(
      shape, {reinterpret_cast<const std::uint8_t*>(bytes.data()) + begin, shape.size()});
}

Dataset<float, std::int64_t> read_images(const std::string& images, const std::string& labels) {
  Tensor<float> x = read_idx(images).to<float>();
  const std::size_t n = x.shape()[0], pixels = x.size() / n;
  return {std::move(x).reshape({n, pixels}) / 255, read_idx(labels).to<std::int64_t>()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return std::puts("four files, please"), 2;
  const std::uint64_t seed = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 1;
  const auto start = std::chrono::steady_clock::now();
  const auto train = read_images(argv[1], argv[2]), test = read_images(argv[3], argv[4]);

  constexpr std::size_t epochs = 8;
  Rng rng(seed);
  Sequential<float> model;
  model.add(Linear(784, 128, rng)).add(ReLU()).add(Linear(128, 10, rng));
  Adam optimizer(model, {.lr = 2e-3});
  CosineAnnealingLR schedule(optimizer, {.t_max = epochs});
  fit(model, CrossEntropyLoss(), optimizer, train, {.epochs = epochs, .batch_size = 64, .seed = seed}, schedule,
      [&](const Epoch& epoch) {
        const double right = mean(equal(argmax(model(test.x), 1), test.y)).item();
        std::printf("epoch %zu: training loss %.3f, test accuracy %.2f %%, %.1f s\n", epoch.epoch, epoch.train_loss,
                    100 * right,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      });
  const double right = mean(equal(argmax(model(test.x), 1), test.y)).item();
  std::printf("test accuracy: %.2f %%\n", 100 * right);
  return right >= 0.87 ? 0 : 1;
}
