#include <doctest/doctest.h>

#include <cstdint>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/elementwise.hpp>

#include "../support/random_tensors.hpp"

using namespace minigrad;
using support::broadcast_element;
using support::index_of;
using support::random_shape;
using support::random_stretchable;
using support::random_tensor;

namespace {

/// A number type of the user's own, of any size.
template <std::size_t Parts>
struct Several {
  double part[Parts] = {};
  Several() = default;
  explicit Several(int value) {
    for (std::size_t i = 0; i < Parts; ++i) part[i] = value + static_cast<int>(i);
  }
  Several operator+(const Several& other) const {
    Several sum;
    for (std::size_t i = 0; i < Parts; ++i) sum.part[i] = part[i] + other.part[i];
    return sum;
  }
  bool operator==(const Several&) const = default;
};

constexpr auto second_plus_first = []<class T>(T a, T b) { return static_cast<T>(b + a); };

/// A pass over random shapes, stored and added, beside index arithmetic.
template <class T>
void compare() {
  Rng rng(3);
  for (int time = 0; time < 150; ++time) {
    const Shape shape = random_shape(rng);
    const auto a = random_tensor<T>(random_stretchable(shape, rng), rng);
    const auto b = random_tensor<T>(random_stretchable(shape, rng), rng);
    auto y = random_tensor<T>(shape, rng);
    const auto before = y;
    const bool add = time % 2 == 0;
    detail::map_into(y, second_plus_first, add ? detail::Write::add : detail::Write::assign, a, b);
    bool right = true;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const auto index = index_of(i, shape);
      T expected = second_plus_first(broadcast_element(a, index), broadcast_element(b, index));
      if (add) expected = static_cast<T>(before.data()[i] + expected);
      right = right && y.data()[i] == expected;
    }
    CAPTURE(a.shape());
    CAPTURE(b.shape());
    CAPTURE(shape);
    REQUIRE(right);
  }
}

}  // namespace

TEST_CASE("a pass agrees with index arithmetic on random shapes, for number types of any size") {
  compare<std::int8_t>();
  compare<std::int16_t>();
  compare<float>();
  compare<double>();
  compare<Several<2>>();
  compare<Several<3>>();
  compare<Several<40>>();
}

TEST_CASE("many short rows are passed over as one long row would be") {
  // Longer than what is taken together, and not a multiple of it.
  Tensor<float> x = Tensor<float>::empty({1000, 3}), y = x;
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  const Tensor<float> row{10, 20, 30}, column = Tensor<float>::from({1000, 1}, std::vector<float>(1000, 0.5f));
  detail::map_into(
      y, [](float a, float b, float c) { return a + b + c; }, detail::Write::assign, x, row, column);
  bool right = true;
  for (std::size_t i = 0; i < x.size(); ++i)
    right = right && y.data()[i] == static_cast<float>(i) + static_cast<float>(10 * (i % 3 + 1)) + 0.5f;
  CHECK(right);
}
