// tests/io/gzip.cpp - prints the content of a .gz file, or the message why there is none; gzip_test.sh runs it.
#include <minigrad/data/csv.hpp>
#include <minigrad/io/gzip.hpp>

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  try {
    const std::string text = count > 2 ? minigrad::read_gzip(arguments[1], std::strtoull(arguments[2], nullptr, 10))
                                       : minigrad::read_gzip(arguments[1]);
    std::fwrite(text.data(), 1, text.size(), stdout);
  } catch (const minigrad::DataError& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
