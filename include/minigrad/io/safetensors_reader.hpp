// io/safetensors_reader.hpp - how a safetensors file is checked and read; see safetensors.hpp.
//
// All of the header is checked before there is room for any tensor: sizes by arithmetic that cannot overflow, and that
// the tensors fill the file without holes and overlaps.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../data/field.hpp"
#include "../data/order.hpp"
#include "../tensor/pool_array.hpp"
#include "../tensor/state_dict.hpp"
#include "file.hpp"
#include "half.hpp"
#include "json.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The limits of read_safetensors, which throws DataError beyond them. What it reads takes at most 10 times the memory
/// of the file.
struct SafetensorsLimits {
  std::size_t header_bytes = 100'000'000;  ///< as in the official reader
  std::size_t tensors = 1'000'000;         ///< how many a file may have
  std::size_t metadata = 10'000;  ///< texts
};

namespace detail {

/// A tensor of a header, and where its elements are.
struct SafetensorsEntry {
  StateEntry entry;
  std::uint64_t begin = 0, end = 0;
};

/// What a file with an impossible length of its header is, by its first 8 bytes; null where they do not tell.
template <class = void>
const char* other_format(const unsigned char* bytes) {
  const auto begins = [&](std::string_view with) { return std::memcmp(bytes, with.data(), with.size()) == 0; };
  if (begins("PK\x03\x04")) return "a zip file, such as an npz file, which read_npz() reads, or one of torch.save";
  if (begins("\x93NUMPY")) return "an npy file: read_npy() reads it";
  if (bytes[0] == 8 && bytes[1] < 32 && bytes[2] == 0x12)  // its version, and the name of its producer
    return "an ONNX file: load_onnx() reads it";
  if (begins("\x1F\x8B\x08")) return "a gzip file: unpack it first";
  if (begins("\x89HDF")) return "an HDF5 file";
  if (bytes[0] == 0x80 && bytes[1] < 8 && (bytes[4] | bytes[5] | bytes[6] | bytes[7]) != 0) return "a Python pickle";
  for (int i = begins("\xEF\xBB\xBF") ? 3 : 0; i < 8; ++i)
    if (bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r' && (bytes[i] < ' ' || bytes[i] > '~')) return nullptr;
  return "text, such as a CSV file: read_csv() reads one";
}

template <class Limits>
class SafetensorsReader {
 public:
  SafetensorsReader(ByteInput& input, const Limits& limits) : in_(input), limits_(limits) {}

  StateDict read() {
    if constexpr (std::endian::native != std::endian::little) in_.fail({"this machine is not little-endian"});
    read_header();
    check_names();
    const auto order = check_offsets();
    std::vector<StateEntry> entries;
    entries.reserve(found_.size());
    for (const std::size_t i : order) {
      entries.push_back(std::move(found_[i].entry));
      read_elements(entries.back());
    }
    return StateDict(std::move(entries), std::move(metadata_));
  }

 private:
  void read_header() {
    unsigned char bytes[8];
    if (in_.size() < 8) in_.fail({"not a safetensors file: it has ", in_.size(), " bytes"});
    in_.read(bytes, 8);
    std::uint64_t length = 0;
    for (int i = 8; i-- > 0;) length = length << 8 | bytes[i];
    if (const char* format = other_format(bytes); format && (length > limits_.header_bytes || length > in_.left()))
      in_.fail({"not a safetensors file, but ", format});
    if (length > in_.left())
      in_.fail({"not a safetensors file, or cut off: a header of ", length, " bytes in a file of ", in_.size()});
    if (length > limits_.header_bytes)
      in_.fail({"a header of ", length, " bytes, where at most ", limits_.header_bytes,
                " are read (SafetensorsLimits::header_bytes)"});
    std::string text(static_cast<std::size_t>(length), '\0');
    in_.read(text.data(), text.size());
    if (text.empty() || text[0] != '{') in_.fail({"not a safetensors file: its header does not begin with {"});
    parse(text);
  }

  void parse(const std::string& text) {
    JsonReader json(in_.op(), in_.name(), text);
    // A tensor has a { of its own and at least 48 bytes: together they keep the list from growing beyond its need.
    std::size_t braces = 0;
    for (const char c : text) braces += c == '{';
    found_.reserve((std::min)((std::min)(braces, text.size() / 48), limits_.tensors));
    bool has_metadata = false;
    json.begin('{');
    for (bool first = true; json.more('}', first);) {
      std::string name = json.key();
      if (name == "__metadata__") {
        if (std::exchange(has_metadata, true)) json.fail({"a second __metadata__"});
        parse_metadata(json);
      } else {
        if (found_.size() == limits_.tensors)
          json.fail({"more than ", limits_.tensors, " tensors (SafetensorsLimits::tensors)"});
        found_.append(1);
        found_.back().entry.name = std::move(name);
        parse_tensor(json, found_.back());
      }
    }
    json.end();
  }

  void parse_metadata(JsonReader<>& json) {
    json.begin('{');
    for (bool first = true; json.more('}', first);) {
      if (metadata_.size() == limits_.metadata)
        json.fail({"more than ", limits_.metadata, " texts (SafetensorsLimits::metadata)"});
      std::string name = json.key();
      metadata_.emplace_back(std::move(name), json.text());
    }
  }

  static void parse_tensor(JsonReader<>& json, SafetensorsEntry& out) {
    const std::string& name = out.entry.name;
    bool has_dtype = false, has_shape = false, has_place = false;
    json.begin('{');
    for (bool first = true; json.more('}', first);) {
      const std::string key = json.key();
      if (key == "dtype" && !std::exchange(has_dtype, true)) {
        out.entry.dtype = parse_dtype(json, name);
      } else if (key == "shape" && !std::exchange(has_shape, true)) {
        json.begin('[');
        for (bool first_axis = true; json.more(']', first_axis);) {
          if (out.entry.shape.rank() == Shape::max_rank)
            json.fail({detail::in_quotes(name), " has more than ", Shape::max_rank, " axes"});
          const std::uint64_t extent = json.count();
          if (extent > std::uint64_t{1} << 62) json.fail({detail::in_quotes(name), ": an axis of ", extent});
          out.entry.shape.push_back(extent);
        }
      } else if (key == "data_offsets" && !std::exchange(has_place, true)) {
        json.begin('[');
        bool first_offset = true;
        if (!json.more(']', first_offset)) json.fail({"two offsets belong here"});
        out.begin = json.count();
        if (!json.more(']', first_offset)) json.fail({"two offsets belong here"});
        out.end = json.count();
        if (json.more(']', first_offset)) json.fail({"two offsets belong here"});
      } else {
        if (key == "dtype" || key == "shape" || key == "data_offsets")
          json.fail({"a second ", key, " of ", detail::in_quotes(name)});
        json.skip();  // a later version's, as the official reader does
      }
    }
    if (!has_dtype || !has_shape || !has_place)
      json.fail({detail::in_quotes(name), " lacks dtype, shape or data_offsets"});
  }

  static DType parse_dtype(JsonReader<>& json, const std::string& name) {
    const std::string text = json.text();
    for (int i = 0; i <= static_cast<int>(DType::i64); ++i)
      if (to_string(static_cast<DType>(i)) == text) return static_cast<DType>(i);
    json.fail({detail::in_quotes(name), " is of type ", detail::in_quotes(text),
               ", and read are F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL"});
  }

  void check_names() const {
    const auto unique = [&](std::size_t count, const auto& name) {
      const auto order = order_of(count, [&](std::size_t a, std::size_t b) { return name(a) < name(b); });
      for (std::size_t i = 1; i < count; ++i)
        if (name(order[i]) == name(order[i - 1])) in_.fail({"two entries named ", detail::in_quotes(name(order[i]))});
    };
    unique(found_.size(), [&](std::size_t i) -> const std::string& { return found_[i].entry.name; });
    unique(metadata_.size(), [&](std::size_t i) -> const std::string& { return metadata_[i].first; });
  }

  /// The indices of the tensors in the order of their elements, which must fill the rest of the file.
  std::vector<std::size_t> check_offsets() const {
    auto order = order_of(found_.size(), [&](std::size_t a, std::size_t b) {
      const auto &x = found_[a], &y = found_[b];
      return x.begin != y.begin ? x.begin < y.begin : x.end < y.end;
    });
    std::uint64_t at = 0;
    for (const std::size_t i : order) {
      const auto& [entry, begin, end] = found_[i];
      const std::uint64_t most = std::uint64_t{1} << 62;
      std::uint64_t bytes = size_of(entry.dtype);
      bool empty = false;
      for (const std::size_t extent : entry.shape) {
        empty = empty || extent == 0;
        if (extent == 0) continue;
        if (bytes > most / extent) in_.fail({detail::in_quotes(entry.name), ": shape ", entry.shape, " is too large"});
        bytes *= extent;
      }
      if (empty) bytes = 0;
      if (begin > end || end - begin != bytes)
        in_.fail({detail::in_quotes(entry.name), ": ", entry.dtype, " ", entry.shape, " has ", bytes,
                  " bytes, and its offsets are ", begin, " and ", end});
      if (begin != at)
        in_.fail(
            {detail::in_quotes(entry.name), ": begins at ", begin, ", where ", at, " is the end of what precedes it"});
      at = end;
    }
    if (at != in_.left())
      in_.fail({"the tensors end after ", at, " bytes, and the file has ", in_.left(), " for them"});
    return order;
  }

  void read_elements(StateEntry& out) {
    const std::size_t count = out.shape.size();
    const bool half = out.dtype == DType::f16 || out.dtype == DType::bf16;
    const DType wanted = half ? DType::f32 : out.dtype;
    out.bytes = Tensor<std::uint8_t>::empty(Shape{count * size_of(wanted)});
    if (count == 0) return void(out.dtype = wanted);
    // The 16-bit numbers come into the last half of the memory, and are widened from the front.
    std::uint8_t* const from = out.bytes.data() + (half ? count * 2 : 0);
    in_.read(from, count * size_of(out.dtype));
    if (out.dtype == DType::boolean)
      for (const std::uint8_t byte : out.bytes)
        if (byte > 1) in_.fail({detail::in_quotes(out.name), ": a BOOL that is neither 0 nor 1"});
    if (half) widen_half(out.bytes.data(), from, count, out.dtype == DType::f16);
    out.dtype = wanted;
  }

  ByteInput& in_;
  Limits limits_;
  PoolArray<SafetensorsEntry> found_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace detail
}  // namespace minigrad
