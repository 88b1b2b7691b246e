// io/safetensors.hpp - StateDicts as safetensors files, which Python, Rust and JavaScript read and write as well.
//
// A file is: the length N of its header as 8 bytes; N bytes of JSON, which give each tensor's name, element type, shape
// and place; the elements, little-endian and row-major, without gaps. Written files are those of the official writer,
// byte for byte: tensors sorted by the size of their type and by name, the header padded with spaces to a multiple
// of 8.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "safetensors_reader.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of write_safetensors() and to_safetensors().
struct SafetensorsOptions {
  /// The element type that floats are written as: F32, or F16 or BF16, rounded to nearest. Doubles stay F64.
  DType floats = DType::f32;
};

namespace detail {

template <class = void>
PoolArray<std::uint16_t> to_half(const StateEntry& entry, DType dtype) {
  PoolArray<std::uint16_t> out(entry.shape.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    float value;
    std::memcpy(&value, entry.bytes.data() + 4 * i, 4);
    out[i] = dtype == DType::f16 ? to_f16(value) : to_bf16(value);
    if (is_finite(static_cast<double>(value)) &&
        !is_finite(static_cast<double>(dtype == DType::f16 ? from_f16(out[i]) : from_bf16(out[i]))))
      fail<ValueError>({"safetensors: ", entry.name, ": ", value, " is too large for ", dtype});
  }
  return out;
}

template <class = void>
void require_utf8(const std::string& text) {
  for (std::size_t at = 0, n = 0; at < text.size(); at += n)
    if ((n = utf8_length(text, at)) == 0)
      fail<ValueError>({"safetensors: the text ", detail::in_quotes(text), " is not UTF-8"});
}

template <class = void>
void write_safetensors(ByteOutput& out, const StateDict& state, const SafetensorsOptions& options) {
  if (options.floats != DType::f32 && options.floats != DType::f16 && options.floats != DType::bf16)
    fail<ValueError>({"safetensors: floats are written as F32, F16 or BF16, not ", options.floats});
  if constexpr (std::endian::native != std::endian::little)
    fail<Error>({"safetensors: this machine is not little-endian"});
  const auto written_as = [&](const StateEntry& e) { return e.dtype == DType::f32 ? options.floats : e.dtype; };
  const StateEntry* const entries = state.begin();
  const auto order = order_of(state.size(), [&](std::size_t a, std::size_t b) {
    const DType x = written_as(entries[a]), y = written_as(entries[b]);
    return x != y ? x > y : entries[a].name < entries[b].name;
  });
  std::string header = "{";
  if (!state.metadata().empty()) {
    for (const auto& [name, text] : state.metadata()) {
      require_utf8(name);
      require_utf8(text);
      header += header.size() == 1 ? "\"__metadata__\":{" : ",";
      append_json(header, name);
      header += ':';
      append_json(header, text);
    }
    header += '}';
  }
  std::size_t at = 0;
  for (const std::size_t i : order) {
    const StateEntry& entry = entries[i];
    require_utf8(entry.name);
    if (entry.name == "__metadata__") fail<ValueError>({"safetensors: no tensor may be named __metadata__"});
    if (header.size() > 1) header += ',';
    append_json(header, entry.name);
    append(header, {":{\"dtype\":\"", written_as(entry), "\",\"shape\":["});
    for (std::size_t axis = 0; axis < entry.shape.rank(); ++axis) append(header, {axis ? "," : "", entry.shape[axis]});
    const std::size_t end = at + entry.shape.size() * size_of(written_as(entry));
    append(header, {"],\"data_offsets\":[", at, ",", end, "]}"});
    at = end;
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  unsigned char length[8];
  for (unsigned i = 0; i < 8; ++i) length[i] = static_cast<unsigned char>(std::uint64_t{header.size()} >> 8 * i);
  out.write(length, 8);
  out.write(header.data(), header.size());
  for (const std::size_t i : order) {
    if (written_as(entries[i]) == entries[i].dtype) {
      out.write(entries[i].bytes.data(), entries[i].bytes.size());
    } else {
      const auto half = to_half(entries[i], options.floats);
      out.write(half.data(), half.size() * 2);
    }
  }
}

}  // namespace detail

/// The tensors and the metadata of a safetensors file, in the order of their elements. F16 and BF16 become F32. Throws
/// DataError if the file cannot be read, is not a safetensors file in every detail, has an element type that a
/// StateDict cannot hold, a tensor of more than 6 axes, or is beyond the limits.
template <class = void>
StateDict read_safetensors(const std::string& path, const SafetensorsLimits& limits = {}) {
  detail::ByteInput input("read_safetensors", path);
  return detail::SafetensorsReader(input, limits).read();
}
/// The same of a file's bytes; `name` replaces the file's name in messages.
template <class = void>
StateDict parse_safetensors(std::string_view bytes, std::string name = "bytes",
                                   const SafetensorsLimits& limits = {}) {
  detail::ByteInput input("read_safetensors", bytes, std::move(name));
  return detail::SafetensorsReader(input, limits).read();
}

/// Writes a safetensors file, whole or not at all. Throws DataError if it cannot be written, and ValueError for names
/// and texts that are not UTF-8, and for numbers too large for the type that options ask for.
template <class = void>
void write_safetensors(const std::string& path, const StateDict& state, const SafetensorsOptions& options = {}) {
  detail::AtomicFile file("write_safetensors", path);
  detail::write_safetensors(file, state, options);
  file.commit();
}
/// The bytes of such a file.
template <class = void>
std::string to_safetensors(const StateDict& state, const SafetensorsOptions& options = {}) {
  detail::TextOutput out;
  detail::write_safetensors(out, state, options);
  return std::move(out.text);
}

}  // namespace minigrad
