#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/scalar/tape.hpp>

using minigrad::detail::index_of;
using minigrad::detail::nowhere;
using minigrad::detail::Tape;
using minigrad::detail::TapeId;

TEST_CASE("the sweep gives each input its slope times the adjoint, summed over all ways") {
  Tape<double> tape;
  const TapeId a = tape.add_variables(2), b = a + 1;
  const TapeId c = tape.record(2, index_of(a), 3, index_of(b));
  const TapeId d = tape.record(5, index_of(c), 7, index_of(a));
  CHECK(tape.size() == 4);
  CHECK_FALSE(tape.swept());
  tape.sweep(index_of(d), 10);
  CHECK(tape.swept());
  CHECK(tape.adjoint(index_of(c)) == 50);
  CHECK(tape.adjoint(index_of(b)) == 150);
  CHECK(tape.adjoint(index_of(a)) == 170);
}

TEST_CASE("a sweep from a number in the middle leaves out what came after it") {
  Tape<double> tape;
  const TapeId a = tape.add_variables(2);
  const TapeId c = tape.record(2, index_of(a), 3, index_of(a) + 1);
  const TapeId later = tape.record(5, index_of(c), 7, index_of(a));
  const TapeId last = tape.add_variables(1);
  tape.sweep(index_of(c), 1);
  CHECK(tape.adjoint(index_of(a)) == 2);
  CHECK(tape.adjoint(index_of(later)) == 0);
  CHECK(tape.adjoint(index_of(last)) == 0);
}

TEST_CASE("variables may come after computed numbers") {
  Tape<double> tape;
  const TapeId a = tape.add_variables(2);
  const TapeId c = tape.record(2, index_of(a), 3, index_of(a) + 1);
  const TapeId v = tape.add_variables(2);
  const TapeId d = tape.record(5, index_of(c), 7, index_of(v));
  tape.sweep(index_of(d), std::numeric_limits<double>::infinity());
  CHECK(std::isinf(tape.adjoint(index_of(v))));
  CHECK(tape.adjoint(index_of(v) + 1) == 0);
  CHECK(std::isinf(tape.adjoint(index_of(a))));
}

TEST_CASE("an adjoint of 0 meets an infinite slope only where the loss depends on the number") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  Tape<double> tape;
  const TapeId a = tape.add_variables(2);
  const std::uint32_t x = index_of(a), y = x + 1;
  const TapeId used = tape.record(inf, x, 1, y), unused = tape.record(1, x, inf, y);
  tape.sweep(index_of(tape.record(0, index_of(used), 2, y)), 1);
  CHECK(unused != used);
  CHECK(std::isnan(tape.adjoint(x)));  // 0 times infinity
  CHECK(tape.adjoint(y) == 2);         // and not NaN by the number that nobody used
}

TEST_CASE("a tape holds the ids that it gave since it was cleared, and no others") {
  Tape<double> tape, other;
  const TapeId mine = tape.add_variables(1), theirs = other.add_variables(1);
  CHECK(tape.holds(mine, mine));
  CHECK_FALSE(tape.holds(mine, theirs));
  CHECK_FALSE(tape.holds(theirs, mine));
  CHECK_FALSE(other.holds(mine, mine));
  CHECK_FALSE(tape.holds(0, 0));
  tape.clear();
  CHECK(tape.size() == 0);
  CHECK_FALSE(tape.holds(mine, mine));
  CHECK(other.holds(theirs, theirs));
}

TEST_CASE("records survive as the tape grows") {
  Tape<double> tape;
  TapeId y = tape.add_variables(3);
  const std::uint32_t x = index_of(y);
  for (int i = 0; i < 5000; ++i) y = tape.record(1, index_of(y), i, x + 1 + static_cast<std::uint32_t>(i % 2));
  tape.sweep(index_of(y), 1);
  CHECK(tape.adjoint(x) == 1);
  CHECK(tape.adjoint(x + 1) == 2499 * 2500);
  CHECK(tape.adjoint(x + 2) == 2500 * 2500);
}
