// io/idx.hpp - tensors in IDX files, the format of MNIST and its kin:
// read_idx<std::uint8_t>("train-images-idx3-ubyte"). The compressed files (.gz) are read with {.inflate = with_zlib},
// of io/gzip.hpp. Not part of minigrad.hpp.
//
// A file is: two bytes 0, the element type, the number of axes; the extents in 32 bits each; the elements; all
// big-endian. All is checked before there is room for the elements.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tensor_file.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of the functions that read IDX files.
struct IdxOptions {
  /// The most bytes of elements, of which a small compressed file may have very many; more are a DataError.
  std::uint64_t bytes = std::uint64_t{4} << 30;
  /// How compressed files are read: with_zlib of io/gzip.hpp. Null: they are a DataError.
  detail::MakeInflater inflate = nullptr;
};

namespace detail {

inline DType idx_type(const ByteInput& in, unsigned code) {
  switch (code) {
    case 0x08:
      return DType::u8;
    case 0x09:
      return DType::i8;
    case 0x0B:
      return DType::i16;
    case 0x0C:
      return DType::i32;
    case 0x0D:
      return DType::f32;
    case 0x0E:
      return DType::f64;
  }
  in.fail({"not an IDX file, or of an unknown element type: ", code});
}

inline StateEntry read_idx(ByteInput& in, const IdxOptions& options) {
  unsigned char start[4] = {};
  std::unique_ptr<Inflater> inflater;
  in.take(start, 2);
  in.seek(0);
  if (start[0] == 0x1F && start[1] == 0x8B) {  // gzip
    if (!options.inflate) in.fail({needs_inflate});
    inflater = options.inflate(in, in.size(), true);
  }
  ByteStream& stream = inflater ? static_cast<ByteStream&>(*inflater) : in;
  const auto read = [&](void* to, std::size_t n) {
    if (stream.take(to, n) != n) in.fail({"cut off: it ends in the middle of what it holds"});
  };
  read(start, 4);
  if (start[0] != 0 || start[1] != 0) in.fail({"not an IDX file: it does not begin with two bytes of 0"});
  StateEntry out{};
  out.dtype = idx_type(in, start[2]);
  if (start[3] == 0 || start[3] > Shape::max_rank)
    in.fail({"it has ", unsigned{start[3]}, " axes, and read are 1 to ", Shape::max_rank});
  const std::size_t width = size_of(out.dtype);
  std::uint64_t bytes = width;
  bool empty = false;
  for (int axis = start[3]; axis > 0; --axis) {
    unsigned char number[4];
    read(number, 4);
    std::uint64_t extent = 0;
    for (const unsigned char byte : number) extent = extent << 8 | byte;
    out.shape.push_back(extent);
    empty = empty || extent == 0;
    if (extent == 0) continue;
    if (bytes > (std::uint64_t{1} << 62) / extent) in.fail({"its extents are too large"});
    bytes *= extent;
  }
  if (empty) bytes = 0;
  if (!inflater && bytes != in.left())
    in.fail({out.dtype, " ", out.shape, " has ", bytes, " bytes, and ", in.left(), " follow the header"});
  if (bytes > options.bytes)
    in.fail({bytes, " bytes of elements, and read are ", options.bytes, " (IdxOptions::bytes)"});
  out.bytes = Tensor<std::uint8_t>::empty(Shape{bytes});
  read(out.bytes.data(), out.bytes.size());
  if (inflater && !inflater->finished()) in.fail({"it has more bytes than its extents say"});
  if constexpr (std::endian::native == std::endian::little)
    for (std::uint8_t* at = out.bytes.begin(); width > 1 && at != out.bytes.end(); at += width)
      std::reverse(at, at + width);
  return out;
}

}  // namespace detail

/// The tensor in an IDX file, which may be compressed by gzip. Throws DataError if the file cannot be read, is not an
/// IDX file in every detail, or beyond the limits, and ValueError if its elements are not of type T: read_idx<uint8_t>(
/// path).to<float>() converts them.
template <class T>
Tensor<T> read_idx(const std::string& path, const IdxOptions& options = {}) {
  detail::ByteInput input("read_idx", path);
  return detail::to_tensor_of<T>("read_idx", path, detail::read_idx(input, options));
}
/// The same of a file's bytes, for elements of any type; `name` replaces the file's name in messages.
inline StateEntry parse_idx(std::string_view bytes, std::string name = "bytes", const IdxOptions& options = {}) {
  detail::ByteInput input("read_idx", bytes, std::move(name));
  return detail::read_idx(input, options);
}

}  // namespace minigrad::inline MINIGRAD_ABI
