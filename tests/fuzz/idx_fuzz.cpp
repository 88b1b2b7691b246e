// A libFuzzer program for the reader of IDX files; not part of the build:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/idx_fuzz.cpp -lz -o idx_fuzz
//   ./idx_fuzz -max_total_time=60 -dict=tests/fuzz/idx.dict corpus tests/fuzz/seeds/idx
//
// Whatever the bytes: the reader throws DataError with a message on one line, or gives a tensor. It takes at most 1 MB
// and 10 times the file's size, and for compressed files as much as the caller allows.
#include <minigrad/io/gzip.hpp>
#include <minigrad/io/idx.hpp>

#include <cstdint>

#include "reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  constexpr std::uint64_t limit = 1u << 20;
  const bool compressed = size > 1 && data[0] == 0x1F && data[1] == 0x8B;
  reader::check((1u << 20) + 10 * size + (compressed ? 2 * limit : 0), [&] {
    const minigrad::StateEntry entry = minigrad::parse_idx(file, "f", {.bytes = limit, .inflate = minigrad::with_zlib});
    reader::require(entry.bytes.size() == entry.shape.size() * minigrad::size_of(entry.dtype));
    reader::require(entry.bytes.size() <= limit && (compressed || entry.bytes.size() < size));
  });
  return 0;
}
