// bench/table.cpp - a wide table: read, cleaned, split and standardised. bench/peers/table.py does the same by pandas.
//
//   g++ -std=c++20 -O2 -Iinclude bench/table.cpp -o table && ./table wide.csv && python3 bench/peers/table.py wide.csv
//
// It first writes the file, of synthetic data: 15,781 rows, 297 columns of numbers with 6 digits, in three of which 1 in
// 100 is missing, and a column of three classes. `./table wide.csv ROWS COLUMNS` takes other numbers.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <minigrad/minigrad.hpp>
#include <string>
#include <vector>

using namespace minigrad;

static void write_table(const char* path, std::size_t rows, std::size_t columns) {
  Rng rng(1);
  std::ofstream file(path);
  for (std::size_t c = 1; c < columns; ++c) file << "x" << c << ',';
  file << "kind\n";
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 1; c < columns; ++c) {
      const double value = rng.uniform(0, 100) * static_cast<double>(c);
      if (c <= 3 && rng.uniform(0, 1) < 0.01)
        file << "NA,";
      else
        file << format_number(value) << ',';
    }
    file << (r % 3 == 0 ? "red" : r % 3 == 1 ? "green" : "blue") << '\n';
  }
}

int main(int count, char** arguments) {
  if (count != 2 && count != 4) return std::fputs("table FILE [ROWS COLUMNS]\n", stderr), 2;
  const std::size_t rows = count == 4 ? std::strtoul(arguments[2], nullptr, 10) : 15'781;
  const std::size_t columns = count == 4 ? std::strtoul(arguments[3], nullptr, 10) : 298;
  write_table(arguments[1], rows, columns);

  using Clock = std::chrono::steady_clock;
  Clock::time_point before = Clock::now();
  double total = 0;
  const auto done = [&](const char* step) {
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - before).count();
    std::printf("%-12s %7.1f ms\n", step, ms);
    total += ms;
    before = Clock::now();
  };
  const Table all = read_csv(arguments[1]);
  done("read");
  const Table table = all.drop_missing();
  done("drop missing");
  const auto data = make_dataset(table, table.columns_except({"kind"}), class_labels(table, "kind"));
  done("to numbers");
  Rng rng(0);
  const auto [train, validation] = train_test_split(data, 0.25, rng, {.stratify = data.y});
  done("split");
  StandardScaler<float> scaler;
  const auto x = scaler.fit_transform(train.x, train.names()), v = scaler.transform(validation.x);
  done("standardise");
  std::printf("%-12s %7.1f ms\n%zu + %zu rows, %zu features\n", "all", total, x.shape()[0], v.shape()[0], x.shape()[1]);
}
