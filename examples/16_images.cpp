// 16 images
// A network that sees: which of ten kinds of clothes is in a picture of 28 x 28 points? A linear layer on 784 numbers
// does not know that neighbours belong together. A convolution does: it looks at 3 x 3 points at a time, with the same
// weights everywhere.
//
//   g++ -std=c++20 -O2 -Iinclude examples/16_images.cpp -o 16_images -lz && ./16_images
//
// The data are Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017), 60,000 pictures to train on and 10,000 to test (Debian:
// apt-get install dataset-fashion-mnist zlib1g-dev). `./16_images 100` does 100 steps in place of all. After all of
// them it writes images.svg: what the filters have become, what they see, and the worst mistakes.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <zlib.h>

#include <minigrad/io/gzip.hpp>
#include <minigrad/io/idx.hpp>
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/images.hpp>

#include "find_data.hpp"

using namespace minigrad;

using Labels = Tensor<std::int64_t>;
using Images = Dataset<float, std::int64_t>;
const char* const kinds[] = {"T-shirt", "trouser", "pullover", "dress", "coat",
                             "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};

/// Pictures as [n, 1, 28, 28] with numbers from 0 to 1, and their kinds.
Images read(const std::string& folder, const std::string& name) {
  auto pixels = read_idx<std::uint8_t>(folder + name + "-images-idx3-ubyte.gz", {.inflate = with_zlib}).to<float>();
  pixels /= 255;
  const std::size_t n = pixels.shape()[0];
  return {std::move(pixels).reshape({n, 1, 28, 28}),
          read_idx<std::uint8_t>(folder + name + "-labels-idx1-ubyte.gz", {.inflate = with_zlib}).to<std::int64_t>()};
}

/// Two blocks of convolution, normalization and pooling, then two linear layers. Pictures shrink from 28 to 14 to 7
/// points, and channels grow from 1 to 16 to 32.
Sequential<float> make_network(Rng& rng) {
  return Sequential{Conv2d(1, 16, 3, rng, {.padding = 1}),
                    BatchNorm2d(16),
                    ReLU(),
                    MaxPool2d(2),
                    Conv2d(16, 32, 3, rng, {.padding = 1}),
                    BatchNorm2d(32),
                    ReLU(),
                    MaxPool2d(2),
                    Flatten(),
                    Dropout(0.3, rng),
                    Linear(32 * 7 * 7, 128, rng),
                    ReLU(),
                    Linear(128, 10, rng)};
}

/// The scores of the first n pictures, some at a time.
Tensor<float> scores_of(const Sequential<float>& network, const Tensor<float>& x, std::size_t n) {
  std::vector<Tensor<float>> parts;
  for (std::size_t begin = 0; begin < n; begin += 500)
    parts.push_back(network(slice(x, begin, (std::min)(begin + 500, n))));
  return concatenate(parts);
}

// ---- one picture of everything ----

/// A gray picture as a PNG file, in base64.
std::string png(const float* pixels, std::size_t height, std::size_t width, float black, float white) {
  std::string rows;
  for (std::size_t i = 0; i < height; ++i) {
    rows += '\0';  // the row as it is, without a prediction
    for (std::size_t j = 0; j < width; ++j) {
      const float part = (pixels[i * width + j] - black) / (white - black);
      rows += static_cast<char>(static_cast<unsigned char>(255 * (std::min)(1.0f, (std::max)(0.0f, part))));
    }
  }
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
           static_cast<uLong>(rows.size()));
  packed.resize(size);
  const auto four = [](unsigned long n) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(n >> shift & 255));
    return out;
  };
  std::string file = "\x89PNG\r\n\x1a\n";
  const auto chunk = [&](const std::string& type, const std::string& data) {
    const std::string body = type + data;
    file += four(data.size()) + body +
            four(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  };
  chunk("IHDR", four(width) + four(height) + std::string("\x08\0\0\0\0", 5));  // 8 bits of gray
  chunk("IDAT", packed);
  chunk("IEND", "");
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < file.size(); i += 3) {
    unsigned long bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < file.size() ? static_cast<unsigned char>(file[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > file.size() ? '=' : letters[bits >> (18 - 6 * k) & 63];
  }
  return out;
}

/// Places gray pictures and lines of text in an SVG file.
class Sheet {
 public:
  void picture(double x, double y, double side, const float* pixels, std::size_t points, float black, float white) {
    body_ += "<image x=\"" + format_number(x) + "\" y=\"" + format_number(y) + "\" width=\"" + format_number(side) +
             "\" height=\"" + format_number(side) + "\" href=\"data:image/png;base64," +
             png(pixels, points, points, black, white) + "\"/>\n";
  }
  void text(double x, double y, const std::string& words, const char* anchor = "start") {
    body_ += "<text x=\"" + format_number(x) + "\" y=\"" + format_number(y) + "\" text-anchor=\"" + anchor + "\">" +
             words + "</text>\n";
  }
  void save(const char* path, int width, int height) const {
    std::ofstream(path) << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
                        << "\" font-family=\"sans-serif\" font-size=\"12\">\n"
                        << "<style>image { image-rendering: pixelated }</style>\n"
                        << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
                        << body_ << "</svg>\n";
  }

 private:
  std::string body_;
};

void draw(const Sequential<float>& network, const Images& test, const Tensor<float>& scores) {
  Sheet sheet;
  const auto& first = network.get<Conv2d<float>>(0);
  const Tensor<float> picture = slice(test.x, 0, 1), after_1 = first(picture);
  Tensor<float> x = picture;
  x = network.get<MaxPool2d>(3)(relu(network.get<BatchNorm2d<float>>(1)(after_1)));
  const Tensor<float> after_2 = network.get<Conv2d<float>>(4)(x);
  sheet.text(10, 20, "The 16 filters of the first convolution (black is negative, white positive)");
  const Tensor<float>& filters = first.weight.value();
  for (std::size_t k = 0; k < 16; ++k) {
    const float* filter = filters.data() + 9 * k;
    float largest = 0;
    for (std::size_t i = 0; i < 9; ++i) largest = (std::max)(largest, std::abs(filter[i]));
    sheet.picture(10 + 49.0 * static_cast<double>(k), 30, 45, filter, 3, -largest, largest);
  }
  const auto maps = [&](double y, const Tensor<float>& map, std::size_t count, std::size_t points) {
    for (std::size_t k = 0; k < count; ++k) {
      const float* from = map.data() + k * points * points;
      const auto [low, high] = std::minmax_element(from, from + points * points);
      sheet.picture(10 + 49.0 * static_cast<double>(k % 16), y + 49.0 * static_cast<double>(k / 16), 45, from, points,
                    *low, *high > *low ? *high : *low + 1);
    }
  };
  sheet.text(10, 100, std::string("What they make of the first test picture, ") + kinds[test.y[0]]);
  maps(110, after_1, 16, 28);
  sheet.text(10, 180, "What the 32 filters of the second convolution make of that");
  maps(190, after_2, 32, 14);

  // The mistakes of which the network is surest.
  const Tensor<float> sure = softmax(scores, 1);
  const Labels said = argmax(scores, 1);
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < test.size(); ++i)
    if (said[i] != test.y[i]) wrong.push_back(i);
  const auto by_certainty = [&](std::size_t i) { return sure(i, static_cast<std::size_t>(said[i])); };
  std::stable_sort(wrong.begin(), wrong.end(), [&](auto a, auto b) { return by_certainty(a) > by_certainty(b); });
  sheet.text(10, 310, "The eight worst mistakes: what it is, and what the network is sure to see");
  for (std::size_t k = 0; k < 8 && k < wrong.size(); ++k) {
    const double left = 10 + 98.0 * static_cast<double>(k);
    sheet.picture(left, 320, 90, test.x.data() + wrong[k] * 784, 28, 0, 1);
    sheet.text(left + 45, 425, kinds[test.y[wrong[k]]], "middle");
    sheet.text(left + 45, 440, std::string("not ") + kinds[said[wrong[k]]], "middle");
  }
  sheet.save("images.svg", 800, 450);
}

void story(int argc, char** argv) {
  const std::string folder = "/usr/share/datasets/fashion-mnist/";
  if (!std::filesystem::exists(folder + "train-images-idx3-ubyte.gz")) {
    std::printf("skipped: no dataset-fashion-mnist\n");
    return;
  }
  const Images train_data = read(folder, "train"), test = read(folder, "t10k");
  const std::size_t all = 8 * train_data.size() / 64, steps = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : all;
  std::printf("%zu pictures to train on, %zu to test\n\n", train_data.size(), test.size());

  Rng rng(1);
  auto network = make_network(rng);
  Adam optimizer(network, {.lr = 0.002});
  CosineAnnealingLR schedule(optimizer, {.t_max = steps});
  DataLoader loader(train_data, {.batch_size = 64, .drop_last = true}, rng);
  auto step = capture([&](auto x, auto y) { return cross_entropy_loss(network(x), y); }, zeros({64, 1, 28, 28}),
                      Labels::from({64}, std::vector<std::int64_t>(64)));
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t shown = steps < 8 ? 1 : steps / 8;
  double loss = 0;
  for (std::size_t done = 0; done < steps;)
    for (const auto& [x, y] : loader) {
      loss += static_cast<double>(step(x, y).item());
      optimizer.zero_grad();
      step.backward();
      optimizer.step();
      schedule.step();
      if (++done % shown == 0)
        std::printf("step %5zu  mean loss %.3f\n", done, loss / static_cast<double>(shown)), loss = 0;
      if (done == steps) break;
    }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;

  eval(network);
  const std::size_t tested = steps < 100 ? 500 : test.size();
  const Tensor<float> scores = scores_of(network, test.x, tested);
  const double right = accuracy_score(slice(test.y, 0, tested), argmax(scores, 1));
  std::printf("\n%.2f %% of %zu test pictures are recognized, after %.1f s\n", 100 * right, tested, time.count());
  if (steps < 100) return;
  draw(network, test, scores);
  std::printf("images.svg shows the filters, what they see, and the worst mistakes\n");
}

int main(int argc, char** argv) { return run(argc, argv, story); }
