// io/tensor_file.hpp - what read_npy, read_npz and read_idx share: compressed bytes, and the element type of a file.
// Not part of minigrad.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../tensor/state_dict.hpp"
#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Bytes that come out of compressed ones.
class Inflater : public ByteStream {
 public:
  /// Whether the compressed bytes are at their end, and so is what came out of them.
  virtual bool finished() = 0;
};

/// Makes an Inflater for the next `compressed` bytes of an input, which are in gzip's format or plain deflate.
using MakeInflater = std::unique_ptr<Inflater> (*)(ByteInput& input, std::uint64_t compressed, bool gzip);

inline constexpr const char* needs_inflate =
    "it is compressed: to read it, include <minigrad/io/gzip.hpp>, link zlib (-lz) and pass {.inflate = with_zlib}, or "
    "decompress it first";

/// The tensor of a file. Throws ValueError if its elements are not of type T.
template <class T>
Tensor<T> to_tensor_of(const char* op, const std::string& path, const StateEntry& entry) {
  constexpr const char* types[] = {"bool",  "std::uint8_t", "std::int8_t", "std::int16_t", "float",
                                   "float", "std::int32_t", "float",       "double",       "std::int64_t"};
  const auto type = [&](DType dtype) { return types[static_cast<unsigned char>(dtype)]; };
  if (entry.dtype != dtype_of<T>())
    fail<ValueError>({op, ": \"", path, "\" is ", entry.dtype, " ", entry.shape, ", not ", dtype_of<T>(), ": ", op, "<",
                      type(entry.dtype), ">(path).to<", type(dtype_of<T>()), ">() converts it"});
  return entry.to<T>();
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
