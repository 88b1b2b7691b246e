// Random files and number texts have the values of Python's csv module and float; csv_oracle.py wrote them. The variable
// MINIGRAD_CSV_ORACLE names another file of such cases.
#include <minigrad/data/csv.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

std::string text_of(const std::string& hexadecimal) {
  std::string out;
  if (hexadecimal != "-")
    for (std::size_t i = 0; i < hexadecimal.size(); i += 2)
      out += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
  return out;
}

/// The names and fields, row after row; or "refused".
Words fields_of(const Words& record) {
  const minigrad::CsvOptions options{.sep = text_of(record[1])[0],
                                     .header = 0,
                                     .skipinitialspace = record[3] == "1",
                                     .quotechar = text_of(record[2])[0]};
  try {
    const minigrad::Table table = minigrad::parse_csv(text_of(record[4]), "x.csv", options);
    Words out = table.columns();
    for (std::size_t row = 0; row < table.rows(); ++row)
      for (const std::string& column : table.columns()) out.push_back(table.text(row, column));
    return out;
  } catch (const minigrad::DataError&) {
    return {"refused"};
  }
}

}  // namespace

TEST_CASE("random files and numbers are read as by Python, or refused where the docs say so") {
  const char* const given = std::getenv("MINIGRAD_CSV_ORACLE");
  const auto path = given ? std::filesystem::path(given)
                          : std::filesystem::path(__FILE__).parent_path() / "csv_oracle.txt";
  std::ifstream file(path);
  REQUIRE_MESSAGE(file, path.string());
  int files = 0, refused_files = 0, numbers = 0, refused_numbers = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    Words record;
    for (std::string word; stream >> word;) record.push_back(word);
    const bool refused = record.back() == "refused";
    CAPTURE(line);
    if (record[0] == "file") {
      Words expected = {"refused"};
      if (!refused) {
        expected.clear();
        for (std::size_t i = 6; i < record.size(); ++i) expected.push_back(text_of(record[i]));
      }
      CHECK(fields_of(record) == expected);
      ++files;
      refused_files += refused;
    } else {
      const auto number = minigrad::detail::parse_number(text_of(record[1]));
      CHECK((number.problem != nullptr) == refused);
      if (!refused) CHECK(number.value == std::strtod(record[2].c_str(), nullptr));
      ++numbers;
      refused_numbers += refused;
    }
  }
  MESSAGE(files, " files, ", refused_files, " of them refused; ", numbers, " numbers, ", refused_numbers, " refused");
  CHECK(files - refused_files > files / 4);
  CHECK(numbers - refused_numbers > numbers / 4);
}
