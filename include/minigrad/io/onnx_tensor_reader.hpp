// io/onnx_tensor_reader.hpp - reads the tensors of ONNX files. Not part of minigrad.hpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../data/field.hpp"
#include "onnx_file.hpp"
#include "protobuf.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Reads the tensors of ONNX files; throws DataError naming the source.
struct OnnxTensorReader {
  const ProtoSource& source;

  static bool is_read(std::int64_t type) {
    return type == 1 || (type >= 2 && type <= 7) || type == 9 || (type >= 11 && type <= 13);
  }
  static std::size_t size_of(OnnxType type) {
    constexpr unsigned char sizes[] = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 0, 8, 4, 8};
    return sizes[static_cast<unsigned char>(type)];
  }

  /// The shape, and the bytes of a tensor of this shape. Extents multiply without overflow, also where one is 0.
  std::size_t set_shape(OnnxTensor& out, const std::vector<std::int64_t>& extents) const {
    if (extents.size() > Shape::max_rank)
      source.fail({"the tensor ", detail::in_quotes(out.name), " has ", extents.size(), " axes: more than ",
                   Shape::max_rank, " are not supported"});
    std::uint64_t product = size_of(out.type);
    for (const std::int64_t extent : extents) {
      const auto factor = static_cast<std::uint64_t>(extent < 1 ? 1 : extent);
      if (extent < 0 || factor > (std::numeric_limits<std::ptrdiff_t>::max)() / product)
        source.fail({"the tensor ", detail::in_quotes(out.name), " has an axis of ", extent, " elements"});
      product *= factor;
      out.shape.push_back(extent);
    }
    return out.shape.size() * size_of(out.type);
  }

  void make_room(OnnxTensor& out, std::size_t bytes) const {
    source.take_memory(bytes + 64);  // the smallest piece that is allocated
    out.bytes = Tensor<std::uint8_t>::empty(Shape{bytes});
  }

  /// TensorProto.
  OnnxTensor tensor(ProtoReader m) const {
    OnnxTensor out;
    const std::vector<std::int64_t> extents = m.list<std::int64_t>(1);
    std::int64_t type = 0;
    std::string_view raw;
    bool has_raw = false;
    for (ProtoReader fields = m; fields.next();) switch (fields.field()) {
        case 2:
          type = fields.integer();
          break;
        case 3:
          source.fail({"a tensor in segments is not supported"});
        case 8:
          out.name = fields.text();
          break;
        case 9:
          raw = fields.bytes(), has_raw = true;
          break;
        case 13:
          source.fail({"a tensor with its data in another file is not supported"});
        case 14:
          if (fields.integer() != 0) source.fail({"a tensor with its data in another file is not supported"});
          break;
      }
    if (!is_read(type))
      source.fail({"element type ", type, " of the tensor ", detail::in_quotes(out.name), " is not supported"});
    out.type = static_cast<OnnxType>(type);
    const std::size_t size = set_shape(out, extents);
    const auto require = [&](std::size_t found) {
      if (found != size)
        source.fail({"the tensor ", detail::in_quotes(out.name), " of shape ", out.shape, " has ", found,
                     " bytes instead of ", size});
    };
    if (has_raw) {
      if constexpr (std::endian::native != std::endian::little) source.fail({"this machine is not little-endian"});
      require(raw.size());
      make_room(out, size);
      if (size) std::memcpy(out.bytes.data(), raw.data(), size);
      return out;
    }
    const auto fill = [&](auto read, auto wanted, std::initializer_list<unsigned> fields) {  // the same in typed fields
      using R = decltype(read);
      using N = decltype(wanted);
      std::size_t n = 0;
      m.each_in<R>(fields, [&](R) { ++n; });
      require(n * sizeof(N));
      make_room(out, size);
      std::uint8_t* to = out.bytes.data();
      m.each_in<R>(fields, [&](R one) {
        if constexpr (std::is_integral_v<R> && !std::is_same_v<N, bool> && sizeof(N) < sizeof(R)) {
          constexpr R end = R{1} << 8 * sizeof(N);
          if (one < -end / 2 || one >= end)
            source.fail({"the tensor ", detail::in_quotes(out.name), " has the number ", one, ", and elements of ",
                         sizeof(N), " bytes"});
        }
        const auto number = static_cast<N>(one);
        std::memcpy(to, &number, sizeof(N));
        to += sizeof(N);
      });
    };
    constexpr std::int64_t whole{};
    switch (out.type) {
      case OnnxType::real32:
        fill(float{}, float{}, {4});
        break;
      case OnnxType::real64:
        fill(double{}, double{}, {10});
        break;
      case OnnxType::boolean:
        fill(whole, bool{}, {5, 7, 11});
        break;
      default:
        switch (size_of(out.type)) {  // the low bytes, whatever the sign
          case 1:
            fill(whole, std::uint8_t{}, {5, 7, 11});
            break;
          case 2:
            fill(whole, std::uint16_t{}, {5, 7, 11});
            break;
          case 4:
            fill(whole, std::uint32_t{}, {5, 7, 11});
            break;
          default:
            fill(whole, std::uint64_t{}, {5, 7, 11});
        }
    }
    return out;
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
