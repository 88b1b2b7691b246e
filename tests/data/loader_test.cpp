#include <minigrad/data/loader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"

using minigrad::arange;
using minigrad::DataLoader;
using minigrad::DataLoaderOptions;
using minigrad::Dataset;
using minigrad::Error;
using minigrad::Rng;
using minigrad::Shape;
using minigrad::ShapeError;
using minigrad::Tensor;
using minigrad::ValueError;
using minigrad::zeros;

namespace {

using Rows = std::vector<int>;

/// Row i has x = (i, -i) and y = 10 i.
Dataset<float> numbered(int n) {
  auto x = zeros({n, 2});
  auto y = zeros({n, 1});
  for (int i = 0; i < n; ++i) {
    x(i, 0) = static_cast<float>(i);
    x(i, 1) = static_cast<float>(-i);
    y(i, 0) = static_cast<float>(10 * i);
  }
  return Dataset<float>(x, y);
}

/// The numbers of the rows of one epoch, batch by batch.
std::vector<Rows> epoch(DataLoader<float>& loader) {
  std::vector<Rows> batches;
  for (auto [x, y] : loader) {
    Rows& rows = batches.emplace_back();
    CHECK(y.shape() == Shape{x.shape()[0], 1});
    for (std::size_t i = 0; i < x.shape()[0]; ++i) {
      CHECK(x(i, 1) == -x(i, 0));
      CHECK(y(i, 0) == 10 * x(i, 0));
      rows.push_back(static_cast<int>(x(i, 0)));
    }
  }
  CHECK(batches.size() == loader.batches());
  return batches;
}

Rows joined(const std::vector<Rows>& batches) {
  Rows rows;
  for (const Rows& batch : batches) rows.insert(rows.end(), batch.begin(), batch.end());
  return rows;
}

Rows first(int n) {
  Rows rows;
  for (int i = 0; i < n; ++i) rows.push_back(i);
  return rows;
}

}  // namespace

TEST_CASE("an epoch has every row once, in batches of any size from 1 to N and beyond") {
  Rng rng(1);
  for (int n : {1, 2, 3, 10, 13})
    for (int size = 1; size <= n + 2; ++size) {
      const auto data = numbered(n);
      DataLoader loader(data, {.batch_size = static_cast<std::size_t>(size)}, rng);
      CHECK(loader.batches() == static_cast<std::size_t>((n + size - 1) / size));
      const auto batches = epoch(loader);
      for (std::size_t i = 0; i + 1 < batches.size(); ++i) CHECK(batches[i].size() == static_cast<std::size_t>(size));
      Rows rows = joined(batches);
      std::sort(rows.begin(), rows.end());
      CHECK(rows == first(n));
    }
}

TEST_CASE("unshuffled rows come in their order, and the last batch may be short") {
  const auto data = numbered(7);
  DataLoader loader(data, {.batch_size = 3, .shuffle = false});
  const std::vector<Rows> expected{{0, 1, 2}, {3, 4, 5}, {6}};
  CHECK(epoch(loader) == expected);
  CHECK(epoch(loader) == expected);
}

TEST_CASE("drop_last leaves a short last batch out, and a full one in") {
  const auto data = numbered(7);
  DataLoader loader(data, {.batch_size = 3, .shuffle = false, .drop_last = true});
  CHECK(loader.batches() == 2);
  CHECK(epoch(loader) == std::vector<Rows>{{0, 1, 2}, {3, 4, 5}});
  DataLoader whole(data, {.batch_size = 7, .shuffle = false, .drop_last = true});
  CHECK(epoch(whole) == std::vector<Rows>{first(7)});
}

TEST_CASE("dropped rows are others in each epoch") {
  Rng rng(1);
  const auto data = numbered(5);
  DataLoader loader(data, {.batch_size = 4, .drop_last = true}, rng);
  std::set<int> seen;
  for (int i = 0; i < 20; ++i)
    for (int row : joined(epoch(loader))) seen.insert(row);
  CHECK(seen.size() == 5);
}

TEST_CASE("a batch size beyond the rows gives one batch of all of them") {
  Rng rng(1);
  const auto data = numbered(4);
  DataLoader loader(data, {.batch_size = 1000}, rng);
  CHECK(loader.batches() == 1);
  CHECK(epoch(loader)[0].size() == 4);
}

TEST_CASE("every epoch has an order of its own") {
  Rng rng(1);
  const auto data = numbered(30);
  DataLoader loader(data, {.batch_size = 7}, rng);
  const Rows one = joined(epoch(loader)), two = joined(epoch(loader)), three = joined(epoch(loader));
  CHECK(one != first(30));
  CHECK(one != two);
  CHECK(two != three);
}

TEST_CASE("a loader made anew for each epoch shuffles anew") {
  Rng rng(1);
  const auto data = numbered(30);
  std::set<Rows> orders;
  for (int i = 0; i < 5; ++i) {
    Rows rows;
    for (auto [x, y] : DataLoader(data, {.batch_size = 8}, rng))
      for (std::size_t k = 0; k < y.size(); ++k) rows.push_back(static_cast<int>(x(k, 0)));
    orders.insert(rows);
  }
  CHECK(orders.size() == 5);
}

TEST_CASE("one seed gives the same batches on every machine") {
  const auto data = numbered(8);
  Rng rng(2026);
  DataLoader loader(data, {.batch_size = 3}, rng);
  CHECK(epoch(loader) == std::vector<Rows>{{4, 7, 3}, {6, 2, 5}, {0, 1}});
  CHECK(epoch(loader) == std::vector<Rows>{{7, 2, 3}, {0, 1, 4}, {6, 5}});
}

TEST_CASE("batches do not depend on what else the rng is used for") {
  const auto data = numbered(20);
  Rng a(5), b(5);
  DataLoader one(data, {.batch_size = 6}, a), two(data, {.batch_size = 6}, b);
  for (int i = 0; i < 3; ++i) {
    b.uniform();
    CHECK(epoch(one) == epoch(two));
  }
}

TEST_CASE("the rng may be gone when the loader is used") {
  const auto data = numbered(20);
  const auto make = [&] {
    Rng rng(5);
    return DataLoader(data, {.batch_size = 6}, rng);
  };
  auto loader = make();
  CHECK(joined(epoch(loader)).size() == 20);
}

TEST_CASE("a temporary dataset is kept by the loader") {
  Rng rng(5);
  DataLoader loader(numbered(20), {.batch_size = 6}, rng);
  CHECK(joined(epoch(loader)).size() == 20);
  auto data = numbered(3);
  DataLoader moved(std::move(data), {.shuffle = false});
  CHECK(epoch(moved) == std::vector<Rows>{{0, 1, 2}});
  std::vector<Rows> batches;
  for (auto [x, y] : DataLoader(numbered(2), {.batch_size = 1, .shuffle = false}))
    batches.push_back({static_cast<int>(x[0])});
  CHECK(batches == std::vector<Rows>{{0}, {1}});
}

TEST_CASE("a loader that owned its dataset and was moved from says so, also when the new owner is gone") {
  Rng rng(1);
  DataLoader moved(numbered(5), {.batch_size = 2}, rng);
  {
    DataLoader owner = std::move(moved);
    CHECK(owner.batches() == 3);
  }
  const char* const why = "minigrad: DataLoader: this loader was moved from: use the one that it was moved to";
  CHECK_THROWS_WITH_AS(moved.begin(), why, Error);
  CHECK_THROWS_WITH_AS(moved.batches(), why, Error);
  CHECK_THROWS_WITH_AS(moved.dataset(), why, Error);
  CHECK_THROWS_WITH_AS(moved.row(0, 0), why, Error);
}

TEST_CASE("a named dataset is not copied, and changes to it are seen") {
  auto data = numbered(3);
  DataLoader loader(data, {.shuffle = false});
  CHECK(&loader.dataset() == &data);
  data = numbered(5);
  CHECK(epoch(loader) == std::vector<Rows>{first(5)});
  data.y = zeros({4, 1});
  CHECK_THROWS_WITH_AS(loader.begin(), "minigrad: Dataset: x [5, 2] and y [4, 1]: not equally many rows", ShapeError);
}

TEST_CASE("a copy of a loader goes on as the original does") {
  Rng rng(5);
  const auto data = numbered(20);
  DataLoader loader(data, {.batch_size = 6}, rng);
  epoch(loader);
  DataLoader copy = loader;
  CHECK(epoch(copy) == epoch(loader));
}

TEST_CASE("labels come in batches beside their rows") {
  Rng rng(1);
  const Dataset data(Tensor<double>{{0.0}, {1.0}, {2.0}}, Tensor<std::int64_t>{0, 1, 2});
  std::size_t rows = 0;
  for (auto [x, labels] : DataLoader(data, {.batch_size = 2}, rng)) {
    static_assert(std::is_same_v<decltype(labels), Tensor<std::int64_t>>);
    CHECK(x.shape() == Shape{labels.size(), 1});
    for (std::size_t i = 0; i < labels.size(); ++i) CHECK(static_cast<double>(labels[i]) == x(i, 0));
    rows += labels.size();
  }
  CHECK(rows == 3);
}

TEST_CASE("rows of any rank keep their shape") {
  Rng rng(1);
  const Dataset data(arange(24).reshape({4, 3, 2}), arange(4));
  for (auto [x, y] : DataLoader(data, {.batch_size = 3}, rng)) {
    CHECK(x.shape() == Shape{y.size(), 3, 2});
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(x(i, 2, 1) == 6 * y[i] + 5);
  }
}

TEST_CASE("a batch is the loop's own: changing it changes nothing else") {
  const auto data = numbered(4);
  DataLoader loader(data, {.batch_size = 2, .shuffle = false});
  for (auto [x, y] : loader) x.fill(7);
  CHECK(epoch(loader) == std::vector<Rows>{{0, 1}, {2, 3}});
  CHECK(data.x == numbered(4).x);
}

TEST_CASE("a loop may be left early, and the next one begins anew") {
  Rng rng(1);
  const auto data = numbered(9);
  DataLoader loader(data, {.batch_size = 2}, rng);
  for (auto [x, y] : loader) break;
  CHECK(joined(epoch(loader)).size() == 9);
}

TEST_CASE("no rows give no batches") {
  Rng rng(1);
  DataLoader loader(Dataset<float>(), {}, rng);
  CHECK(loader.batches() == 0);
  CHECK(epoch(loader).empty());
}

TEST_CASE("a loop within a loop over the same shuffling loader is refused") {
  Rng rng(1);
  const auto data = numbered(9);
  DataLoader loader(data, {.batch_size = 2}, rng);
  const auto nested = [&] {
    for (auto [x, y] : loader)
      for (auto [x2, y2] : loader) static_cast<void>(x2);
  };
  CHECK_THROWS_WITH_AS(
      nested(), "minigrad: DataLoader: another loop over this loader has begun: each loop needs a loader of its own",
      Error);
  DataLoader in_order(data, {.batch_size = 2, .shuffle = false});
  int pairs = 0;
  for (auto [x, y] : in_order)
    for (auto [x2, y2] : in_order) ++pairs;
  CHECK(pairs == 25);
}

TEST_CASE("options that make no sense are refused") {
  Rng rng(1);
  const auto data = numbered(9);
  const auto with = [&](const DataLoaderOptions& options) { DataLoader loader(data, options, rng); };
  CHECK_THROWS_WITH_AS(with({.batch_size = 0}), "minigrad: DataLoader: batch_size is 0", ValueError);
  CHECK_THROWS_WITH_AS(with({.batch_size = 10, .drop_last = true}),
                       "minigrad: DataLoader: batch_size 10 of 9 rows: drop_last leaves no batch at all", ValueError);
  CHECK_THROWS_WITH_AS(DataLoader(data, {.batch_size = 3}),
                       "minigrad: DataLoader: shuffling needs an Rng as the last argument; or say .shuffle = false",
                       ValueError);
}

TEST_CASE("from the second epoch on nothing is allocated") {
  if (support::sanitized) return;  // nothing is recycled there
  Rng rng(1);
  const auto data = numbered(100);
  for (const bool shuffle : {true, false}) {
    DataLoader loader(data, {.batch_size = 7, .shuffle = shuffle}, rng);
    for (auto [x, y] : loader) static_cast<void>(x);
    const std::size_t before = support::allocations();
    CHECK(before > 0);
    float sum = 0;
    for (int i = 0; i < 3; ++i)
      for (auto [x, y] : loader) sum += x(0, 0);
    const std::size_t after = support::allocations();
    CHECK(after == before);
    CHECK(sum > 0);
  }
}

TEST_CASE("a loader goes on from a state, within an epoch and in the epochs after it") {
  const Dataset<float> data(arange<float>(10).reshape({10, 1}), arange<float>(10).reshape({10, 1}));
  for (const bool shuffle : {true, false})
    for (const std::size_t taken : {0u, 1u, 3u, 4u}) {
      Rng rng(1), other_rng(2);
      DataLoader loader(data, {.batch_size = 3, .shuffle = shuffle}, rng);
      DataLoader other(data, {.batch_size = 3, .shuffle = shuffle}, other_rng);
      for ([[maybe_unused]] const auto& batch : loader) {
      }
      minigrad::StateDict state = loader.state_dict();
      std::vector<Tensor<float>> rest;
      if (taken == 0) {
        for (const auto& batch : loader) rest.push_back(batch.x);
      } else {
        std::size_t count = 0;
        for (const auto& batch : loader) {
          if (count >= taken) rest.push_back(batch.x);
          if (++count == taken) state = loader.state_dict();
        }
      }
      for (const auto& batch : loader) rest.push_back(batch.x);

      other.load_state_dict(state);
      std::vector<Tensor<float>> again;
      for (int epoch = taken == 4 ? 1 : 0; epoch < 2; ++epoch)
        for (const auto& batch : other) again.push_back(batch.x);
      CHECK(again == rest);
    }
}

TEST_CASE("the state of another loader is refused, and changes nothing") {
  const Dataset<float> data(arange<float>(4).reshape({4, 1}), arange<float>(4).reshape({4, 1}));
  const Dataset<float> more(arange<float>(6).reshape({6, 1}), arange<float>(6).reshape({6, 1}));
  Rng rng(1);
  DataLoader loader(data, {.batch_size = 2}, rng), wider(data, {.batch_size = 4}, rng),
      longer(more, {.batch_size = 2}, rng);
  loader.begin();
  longer.begin();
  CHECK_THROWS_WITH_AS(
      loader.load_state_dict(wider.state_dict()),
      "minigrad: DataLoader: load_state_dict: the state is that of a loader with batch_size 4, shuffle "
      "1 and drop_last 0",
      ValueError);
  CHECK_THROWS_WITH_AS(loader.load_state_dict(longer.state_dict()),
                       "minigrad: DataLoader: load_state_dict: the state does not fit: order is I64 [6] in the state, "
                       "and I64 [4] here",
                       ValueError);
  minigrad::StateDict twice;
  for (const minigrad::StateEntry& entry : loader.state_dict())
    if (entry.name == "order")
      twice.add("order", Tensor<std::int64_t>{0, 1, 1, 3});
    else
      twice.add(entry);
  CHECK_THROWS_AS(loader.load_state_dict(twice), ValueError);
}
