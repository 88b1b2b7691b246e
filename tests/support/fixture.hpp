// tests/support/fixture.hpp - reads tests/fixtures/*.txt: one record a line, `name key value value ...`.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

/// The records of one case, by their keys.
class Case {
 public:
  bool has(const std::string& key) const { return records_.count(key) != 0; }

  const std::vector<std::string>& words(const std::string& key) const {
    const auto found = records_.find(key);
    if (found == records_.end()) throw std::runtime_error("no record " + key);
    return found->second;
  }
  std::string word(const std::string& key) const { return words(key).at(0); }
  std::vector<double> numbers(const std::string& key) const {
    std::vector<double> out;
    for (const std::string& word : words(key)) out.push_back(std::strtod(word.c_str(), nullptr));
    return out;
  }
  double number(const std::string& key) const { return numbers(key).at(0); }
  /// The option's number, or what it is by default.
  double number(const std::string& key, double otherwise) const { return has(key) ? number(key) : otherwise; }

  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto& [key, words] : records_) out.push_back(key);
    return out;
  }

  void add(const std::string& key, std::vector<std::string> words) { records_[key] = std::move(words); }

 private:
  std::map<std::string, std::vector<std::string>> records_;
};

/// All cases of a file, by name.
using Fixture = std::map<std::string, Case>;

inline Fixture read_fixture(const std::string& name) {
  const auto path = std::filesystem::path(__FILE__).parent_path().parent_path() / "fixtures" / name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  Fixture out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name_of_case, key;
    fields >> name_of_case >> key;
    std::vector<std::string> words;
    for (std::string word; fields >> word;) words.push_back(word);
    out[name_of_case].add(key, std::move(words));
  }
  return out;
}

/// visit(name, case) for the cases whose names begin with `prefix`; returns how many there are.
template <class Visit>
std::size_t for_each_case(const Fixture& fixture, const std::string& prefix, const Visit& visit) {
  std::size_t count = 0;
  for (const auto& [name, one] : fixture)
    if (name.compare(0, prefix.size(), prefix) == 0) {
      visit(name, one);
      ++count;
    }
  return count;
}

}  // namespace support
