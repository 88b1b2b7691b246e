// train/describe_data.hpp - a text that tells a dataset from another, for checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "../data/dataset.hpp"
#include "../tensor/state_dict.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A number of 64 bits that other bytes are most unlikely to share. A long array is read 8 bytes at a time.
template <class = void>
std::uint64_t hash_bytes(const void* bytes, std::size_t count, std::uint64_t hash = 0) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (std::uint64_t word = 0; count > 0; word = 0) {
    const std::size_t n = count < sizeof word ? count : sizeof word;
    std::memcpy(&word, at, n);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
    at += n, count -= n;
  }
  return hash;
}

/// "x F32 [50, 3], y F32 [50, 1], hash 1234": differs for other data.
template <class D>
std::string describe_data(const D& data) {
  std::uint64_t hash = 0;
  std::string out;
  const auto add = [&](const char* name, const auto&... all) {
    const auto one = [&]<class T>(const Tensor<T>& x) {
      hash = hash_bytes(x.data(), x.size() * sizeof(T), hash);
      append(out, {name, " ", dtype_of<T>(), " ", x.shape(), ", "});
    };
    (one(all), ...);
  };
  with_tensors([&](const auto&... x) { add("x", x...); }, data.x);
  with_tensors([&](const auto&... y) { add("y", y...); }, data.y);
  return concat({out, "hash ", hash});
}

}  // namespace minigrad::detail
