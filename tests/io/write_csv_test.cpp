#include <minigrad/data/csv.hpp>
#include <minigrad/io/write_csv.hpp>
#include <minigrad/train/read_history.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>

using namespace minigrad;

TEST_CASE("a table comes back from its CSV with every field as it was") {
  const std::string text = "name,\"a,b\"\n\"x \"\"y\"\"\",\n\"two\nlines\", 3 \n";
  const Table table = parse_csv(text);
  CHECK(to_csv(table) == text);
  const Table one = parse_csv("x\n\"\"\n1\n");
  CHECK(to_csv(one) == "x\n\"\"\n1\n");
}

TEST_CASE("the numbers of a tensor come back from CSV to the bit") {
  const Tensor<double> x{{0.1, 1.0 / 3}, {1e300, -0x1p-1074}};
  const Table table = parse_csv(to_csv(x, {"a", "b"}));
  for (std::size_t row = 0; row < 2; ++row) {
    CHECK(table.number(row, "a") == x(row, 0));
    CHECK(table.number(row, "b") == x(row, 1));
  }
  CHECK(to_csv(Tensor<float>{{0.1f, 16777217.0f, 1.0f / 3}}, {"a", "b", "c"}) == "a,b,c\n0.1,16777216,0.33333334\n");
  CHECK(to_csv(Tensor<std::int64_t>{{-3}, {9007199254740993}}, {"n"}) == "n\n-3\n9007199254740993\n");
}

TEST_CASE("what CSV cannot give back is refused") {
  CHECK_THROWS_WITH_AS(to_csv(Tensor<double>{{1, std::numeric_limits<double>::infinity()}}, {"a", "b"}),
                       "minigrad: to_csv: row 0, column \"b\": inf is not a finite number", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(Tensor<float>{{1, 2}}, {"a"}),
                       "minigrad: to_csv: x [1, 2] and 1 names: expected [rows, columns], and a name for each column",
                       ShapeError);
  CHECK_THROWS_AS(write_csv("/no such folder/x.csv", Tensor<float>{{1}}, {"a"}), DataError);
}

TEST_CASE("a history comes back from its file") {
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_history.csv").string();
  History history;
  for (std::size_t i = 1; i <= 3; ++i) {
    Epoch epoch;
    epoch.epoch = i, epoch.updates = 10 * i, epoch.train_loss = 0.5, epoch.lr = 0.1, epoch.seconds = 2;
    if (i > 1) epoch.validation_loss = i == 2 ? 0.25 : std::numeric_limits<double>::infinity();
    history.epochs.push_back(epoch);
  }
  history.write_csv(path);
  const History found = read_history(path);
  CHECK(found.to_csv() == history.to_csv());
  CHECK(found.best_epoch == 2);
  CHECK(std::isnan(found.epochs[0].validation_loss));
  detail::write_file("test", path, "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds\n1.5,1,1,,1,1,1\n");
  CHECK_THROWS_WITH_AS(read_history(path), ("minigrad: " + path + ":2:1: epoch must be a whole number").c_str(),
                       DataError);
  detail::write_file("test", path, "epoch,updates\n1,1\n");
  CHECK_THROWS_AS(read_history(path), DataError);
  std::remove(path.c_str());
}
