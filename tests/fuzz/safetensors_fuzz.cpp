// A libFuzzer program for the safetensors reader; not part of the build:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/safetensors_fuzz.cpp \
//     -o safetensors_fuzz
//   ./safetensors_fuzz -max_total_time=60 -dict=tests/fuzz/safetensors.dict corpus tests/fuzz/seeds/safetensors
//
// Whatever the bytes: the reader throws DataError with a message on one line, or it gives a state that is the same
// after it is written and read again; and it takes at most 1 MB and 10 times the file's size.
#include <minigrad/io/safetensors.hpp>

#include <cstdint>

#include "reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  minigrad::StateDict state;
  reader::check((1u << 20) + 10 * size, [&] { state = minigrad::parse_safetensors(file, "f"); });
  const std::string written = minigrad::to_safetensors(state);
  const minigrad::StateDict again = minigrad::parse_safetensors(written, "f");
  reader::require(again.size() == state.size() && again.metadata() == state.metadata());
  for (const minigrad::StateEntry& entry : state) {
    const minigrad::StateEntry* other = again.find(entry.name);
    reader::require(other && other->dtype == entry.dtype && other->shape == entry.shape && other->bytes == entry.bytes);
  }
  reader::require(minigrad::to_safetensors(again) == written);
  return 0;
}
