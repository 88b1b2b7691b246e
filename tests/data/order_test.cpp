#include <minigrad/data/order.hpp>

#include <doctest/doctest.h>

#include <string>

using minigrad::detail::order_of;
using Indices = std::vector<std::size_t>;

TEST_CASE("an order is that of what the numbers stand for") {
  const std::vector<std::string> words{"pear", "apple", "fig"};
  CHECK(order_of(3, [&](auto a, auto b) { return words[a] < words[b]; }) == Indices{1, 2, 0});
  CHECK(order_of(0, [](auto, auto) { return false; }).empty());
}

TEST_CASE("what is equal comes in ascending order, however many there are") {
  const std::size_t n = 1000;
  const Indices order = order_of(n, [](auto a, auto b) { return a % 3 > b % 3; });
  Indices expected;
  for (std::size_t rest : {2u, 1u, 0u})
    for (std::size_t i = rest; i < n; i += 3) expected.push_back(i);
  CHECK(order == expected);
}
