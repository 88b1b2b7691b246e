// tests/data/wide_table.cpp - reads, cleans, selects and standardises a table of 5 rows and as many columns as the
// argument says. wide_table_test.sh counts its instructions.
#include <minigrad/data/csv.hpp>
#include <minigrad/data/dataset.hpp>
#include <minigrad/data/features.hpp>
#include <minigrad/data/scaler.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace minigrad;

int main(int, char** argv) {
  const int columns = std::atoi(argv[1]);
  std::string text;
  for (int row = -1; row < 5; ++row)
    for (int column = 0; column < columns; ++column)
      text += (row < 0 ? "c" + std::to_string(column) : std::to_string((row + 2) * (column + 1) % 97)) +
              (column + 1 < columns ? "," : "\n");
  const Table table = parse_csv(text);
  std::vector<std::string> features = table.columns();
  features.pop_back();
  const auto data = make_dataset<double>(table.drop_missing(table.columns()), features, table.columns().back());
  const auto varying = drop_features(data, constant_features(data));
  const auto same = select_features(varying, varying.names());
  StandardScaler<double> scaler;
  std::printf("%zu columns\n", scaler.fit_transform(same.x, same.names()).shape()[1]);
}
