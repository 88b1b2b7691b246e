// A libFuzzer program for the readers of npy and npz files; not part of the build:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/npz_fuzz.cpp -lz -o npz_fuzz
//   ./npz_fuzz -max_total_time=60 -dict=tests/fuzz/npz.dict corpus tests/fuzz/seeds/npz
//
// Whatever the bytes: the readers throw DataError with a message on one line, or give tensors that are the same after
// they are written and read again. They take at most 1 MB and 10 times the file's size, and for compressed arrays as
// much as the caller allows.
#include <minigrad/io/gzip.hpp>
#include <minigrad/io/npz.hpp>

#include <cstdint>

#include "reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  constexpr std::uint64_t limit = 1u << 20;
  minigrad::StateDict state;
  const auto same = [](const minigrad::StateEntry& a, const minigrad::StateEntry& b) {
    return a.dtype == b.dtype && a.shape == b.shape && a.bytes == b.bytes;
  };
  reader::check((1u << 20) + 10 * size, [&] {
    const minigrad::StateEntry entry = minigrad::parse_npy(file, "f");
    std::string written = minigrad::detail::npy_header(entry.dtype, entry.shape);
    written.append(entry.bytes.begin(), entry.bytes.end());
    if (written.size() < (1u << 18)) reader::require(same(entry, minigrad::parse_npy(written, "f")));
  });
  reader::check((1u << 20) + 10 * size + 3 * limit,  // an array in the order of Fortran, or of 16 bits, takes twice
                [&] { state = minigrad::parse_npz(file, "f", {.bytes = limit, .inflate = minigrad::with_zlib}); });
  minigrad::detail::TextOutput out;
  minigrad::detail::write_npz(out, state);
  const minigrad::StateDict again = minigrad::parse_npz(out.text, "f");
  reader::require(again.size() == state.size());
  for (const minigrad::StateEntry& entry : state) reader::require(same(entry, *again.find(entry.name)));
  return 0;
}
