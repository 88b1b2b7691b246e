#include <doctest/doctest.h>

#include <minigrad/core/ownership.hpp>
#include <minigrad/core/search.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace minigrad::detail;

namespace {

int alive = 0;

struct Base {
  Base() { ++alive; }
  Base(const Base&) { ++alive; }
  virtual ~Base() { --alive; }
};
struct Derived : Base {
  std::string text = "longer than what a string holds without memory of its own";
};

}  // namespace

TEST_CASE("an owner deletes its object, and one that was moved from has none") {
  {
    Own<Base> a(new Derived), b(new Derived);
    CHECK(alive == 2);
    a = std::move(b);
    CHECK(alive == 1);
    CHECK(a);
    CHECK_FALSE(b);
    const Own<Base> c(std::move(a));
    CHECK_FALSE(a);
    CHECK(c.get() == &*c);
    b = Own<Base>(new Derived);
    CHECK(alive == 2);
    b = {};
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
  CHECK_FALSE(std::is_copy_constructible_v<Own<Base>>);
}

TEST_CASE("the last of several owners deletes the object") {
  {
    auto a = Shared<Derived>::make();
    auto b = a;
    CHECK(alive == 1);
    CHECK(a == b);
    CHECK_FALSE(a == Shared<Derived>::make());
    const auto& same = b;
    b = same;
    a = {};
    CHECK_FALSE(a);
    CHECK(a.get() == nullptr);
    CHECK(b->text.size() == 57);
    const auto c = std::move(b);
    CHECK_FALSE(b);
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("sort and first_not agree with a list that is sorted by hand") {
  for (std::size_t n = 0; n < 40; ++n) {
    std::vector<std::size_t> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = i * 17 % 23;
    std::vector<std::size_t> expected;
    for (std::size_t value = 0; value < 23; ++value)
      for (const std::size_t one : x)
        if (one == value) expected.push_back(value);
    sort(x.data(), n, [](std::size_t a, std::size_t b) { return a < b; });
    CHECK(x == expected);
    for (std::size_t value = 0; value < 25; ++value) {
      const std::size_t place = first_not(n, [&](std::size_t i) { return x[i] < value; });
      CHECK((place == 0 || x[place - 1] < value));
      CHECK((place == n || x[place] >= value));
    }
  }
}

TEST_CASE("index_of finds the first, or gives the size") {
  const std::vector<std::string> names{"a", "b", "a"};
  CHECK(index_of(names, "a") == 0);
  CHECK(index_of(names, std::string("b")) == 1);
  CHECK(index_of(names, "c") == 3);
}
