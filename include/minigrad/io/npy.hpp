// io/npy.hpp - single tensors as NumPy's npy files: read_npy<float>("x.npy"), write_npy("x.npy", x). See npz.hpp for
// several tensors in one file. Not part of minigrad.hpp.
//
// A file is: "\x93NUMPY", a version, the length of a header; the header, a Python dict with the element type, the shape
// and the order of the axes; the elements. All is checked before there is room for them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "../data/field.hpp"
#include "half.hpp"
#include "tensor_file.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Reads one npy file of `size` bytes from a stream.
class NpyReader {
 public:
  NpyReader(ByteStream& in, std::uint64_t size, const ByteInput& file, std::string array)
      : in_(in), left_(size), file_(file), array_(std::move(array)) {}

  /// The tensor; its name is left empty.
  StateEntry read() {
    if constexpr (std::endian::native != std::endian::little) fail({"this machine is not little-endian"});
    read_header();
    const std::size_t count = checked_count();
    const bool half = out_.dtype == DType::f16;
    const std::size_t width = size_of(out_.dtype);
    if (half) out_.dtype = DType::f32;
    out_.bytes = Tensor<std::uint8_t>::empty(Shape{count * size_of(out_.dtype)});
    if (count == 0) return std::move(out_);
    std::uint8_t* const from = out_.bytes.data() + (half ? count * 2 : 0);
    read_bytes(from, count * width);
    for (std::size_t i = 0; big_endian_ && i < count; ++i) std::reverse(from + i * width, from + (i + 1) * width);
    if (half) widen_half(out_.bytes.data(), from, count, true);
    if (out_.dtype == DType::boolean)
      for (const std::uint8_t byte : out_.bytes)
        if (byte > 1) fail({"a bool that is neither 0 nor 1"});
    if (fortran_ && out_.shape.rank() > 1) to_row_major();
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(std::initializer_list<FormatArg> pieces) const {
    file_.fail({array_.empty() ? "" : detail::in_quotes(array_) + ": ", concat(pieces)});
  }
  void read_bytes(void* to, std::size_t n) {
    if (n > left_ || in_.take(to, n) != n) fail({"cut off: it ends in the middle of what it holds"});
    left_ -= n;
  }

  void read_header() {
    unsigned char start[12];
    read_bytes(start, 8);
    if (std::memcmp(start, "\x93NUMPY", 6) != 0) fail({"not an npy file"});
    if (start[6] < 1 || start[6] > 3 || start[7] != 0)
      fail({"version ", unsigned{start[6]}, ".", unsigned{start[7]},
            " of the npy format, and read are 1.0, 2.0 and 3.0"});
    const std::size_t width = start[6] == 1 ? 2 : 4;
    read_bytes(start + 8, width);
    std::size_t length = 0;
    for (std::size_t i = width; i-- > 0;) length = length << 8 | start[8 + i];
    if (length > 10'000) fail({"a header of ", length, " bytes, and read are at most 10000"});
    std::string header(length, '\0');
    read_bytes(header.data(), length);
    text_ = header;
    parse();
  }

  // The header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, then spaces and a line feed.
  void parse() {
    bool has_type = false, has_order = false, has_shape = false;
    expect("{");
    while (!skip("}")) {
      const std::string key = string();
      expect(":");
      if (key == "descr" && !std::exchange(has_type, true))
        parse_type();
      else if (key == "fortran_order" && !std::exchange(has_order, true))
        fortran_ = parse_flag();
      else if (key == "shape" && !std::exchange(has_shape, true))
        parse_shape();
      else
        fail({"header: an unknown or second key ", detail::in_quotes(key)});
      if (skip(",")) continue;
      expect("}");
      break;
    }
    blanks();
    if (!text_.empty() && text_.back() == '\n') text_.remove_suffix(1);
    if (!text_.empty()) fail({"header: text after the end"});
    if (!has_type || !has_order || !has_shape) fail({"header: descr, fortran_order or shape is missing"});
  }
  void blanks() { text_.remove_prefix((std::min)(text_.find_first_not_of(' '), text_.size())); }
  bool skip(std::string_view wanted) {
    blanks();
    if (text_.substr(0, wanted.size()) != wanted) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  void expect(const char* wanted) {
    if (!skip(wanted)) fail({"header: ", wanted, " belongs before ", detail::in_quotes(text_)});
  }
  std::string string() {
    const char* quote = skip("'") ? "'" : "\"";
    if (*quote == '"') expect(quote);
    const std::size_t end = text_.find_first_of(std::string(quote) + "\\");
    if (end == std::string_view::npos || text_[end] == '\\') fail({"header: a string without an end, or with \\"});
    std::string out(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return out;
  }
  bool parse_flag() {
    const bool yes = skip("True");
    if (!yes) expect("False");
    return yes;
  }
  void parse_type() {
    if (skip("[")) fail({"its elements are records (a structured type), and read are arrays of numbers"});
    const std::string type = string();
    const std::string_view kind = std::string_view(type).substr((std::min)(type.size(), std::size_t{1}));
    constexpr std::pair<const char*, DType> types[] = {{"b1", DType::boolean}, {"u1", DType::u8},  {"i1", DType::i8},
                                                       {"i2", DType::i16},     {"f2", DType::f16}, {"i4", DType::i32},
                                                       {"f4", DType::f32},     {"f8", DType::f64}, {"i8", DType::i64}};
    if (kind.substr(0, 1) == "O") fail({"its elements are Python objects, which are not read"});
    for (const auto& [name, dtype] : types) {
      if (kind != name) continue;
      out_.dtype = dtype;
      if (type[0] == '<' || type[0] == '=' || (type[0] == '|' && size_of(dtype) == 1)) return;
      big_endian_ = type[0] == '>';
      if (big_endian_) return;
    }
    fail({"its elements are of type ", detail::in_quotes(type), ", and read are b1 u1 i1 i2 i4 i8 f2 f4 f8"});
  }
  void parse_shape() {
    expect("(");
    for (bool comma = true; !skip(")"); comma = skip(",")) {
      blanks();
      if (!comma || text_.empty() || text_[0] < '0' || text_[0] > '9')
        fail({"header: a whole number belongs before ", detail::in_quotes(text_)});
      std::uint64_t extent = 0;
      for (; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; text_.remove_prefix(1)) {
        extent = extent * 10 + static_cast<unsigned>(text_[0] - '0');
        if (extent > largest) fail({"header: an axis of more than 2^58"});
      }
      if (out_.shape.rank() == Shape::max_rank) fail({"it has more than ", Shape::max_rank, " axes"});
      out_.shape.push_back(extent);
    }
  }

  /// The number of elements, which must fill the rest of the file.
  std::size_t checked_count() const {
    std::uint64_t bytes = size_of(out_.dtype);
    bool empty = false;
    for (const std::size_t extent : out_.shape) {
      empty = empty || extent == 0;
      if (extent == 0) continue;
      if (bytes > (std::uint64_t{1} << 62) / extent) fail({"shape ", out_.shape, " is too large"});
      bytes *= extent;
    }
    if (empty) bytes = 0;
    if (bytes != left_)
      fail({out_.dtype, " ", out_.shape, " has ", bytes, " bytes, and ", left_, " follow the header"});
    return static_cast<std::size_t>(bytes) / size_of(out_.dtype);
  }

  /// From the order of Fortran, where the first axis varies fastest.
  void to_row_major() {
    const std::size_t rank = out_.shape.rank(), width = size_of(out_.dtype), count = out_.bytes.size() / width;
    auto to = Tensor<std::uint8_t>::empty(out_.bytes.shape());
    std::size_t index[Shape::max_rank] = {}, stride[Shape::max_rank] = {1}, from = 0;
    for (std::size_t axis = 1; axis < rank; ++axis) stride[axis] = stride[axis - 1] * out_.shape[axis - 1];
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(to.data() + i * width, out_.bytes.data() + from * width, width);
      for (std::size_t axis = rank; axis-- > 0;) {
        from += stride[axis];
        if (++index[axis] < out_.shape[axis]) break;
        from -= stride[axis] * out_.shape[axis];
        index[axis] = 0;
      }
    }
    out_.bytes = std::move(to);
  }

  static constexpr std::uint64_t largest = std::uint64_t{1} << 58;
  ByteStream& in_;
  std::uint64_t left_;
  const ByteInput& file_;
  std::string array_;  // its name, if it is one of several in the file
  std::string_view text_;
  StateEntry out_{};
  bool fortran_ = false, big_endian_ = false;
};

/// What stands before the elements, as NumPy writes it.
inline std::string npy_header(DType dtype, const Shape& shape) {
  if constexpr (std::endian::native != std::endian::little) fail<Error>({"npy: this machine is not little-endian"});
  constexpr const char* types[] = {"|b1", "|u1", "|i1", "<i2", "<f2", "", "<i4", "<f4", "<f8", "<i8"};
  std::string out =
      concat({"{'descr': '", types[static_cast<unsigned char>(dtype)], "', 'fortran_order': False, 'shape': ("});
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) append(out, {axis ? ", " : "", shape[axis]});
  out += shape.rank() == 1 ? ",), }" : "), }";
  if (shape.rank() > 0) out.append(21 - concat({shape[0]}).size(), ' ');  // NumPy leaves room for rows to be appended
  out.append(63 - (out.size() + 10) % 64, ' ');
  out += '\n';
  const std::string start("\x93NUMPY\x01\x00", 8);
  return start + static_cast<char>(out.size() & 255) + static_cast<char>(out.size() >> 8) + out;
}

}  // namespace detail

/// The tensor in an npy file. Elements of 16 bits become floats; both byte orders and both orders of axes are read.
/// Throws DataError if the file cannot be read or is not an npy file of numbers, and ValueError if its elements are not
/// of type T.
template <class T>
Tensor<T> read_npy(const std::string& path) {
  detail::ByteInput input("read_npy", path);
  const StateEntry entry = detail::NpyReader(input, input.size(), input, "").read();
  return detail::to_tensor_of<T>("read_npy", path, entry);
}
/// The same of a file's bytes, for elements of any type; `name` replaces the file's name in messages.
inline StateEntry parse_npy(std::string_view bytes, std::string name = "bytes") {
  detail::ByteInput input("read_npy", bytes, std::move(name));
  return detail::NpyReader(input, input.size(), input, "").read();
}

/// Writes a tensor as an npy file, whole or not at all. Throws DataError if it cannot be written.
template <class T>
void write_npy(const std::string& path, const Tensor<T>& x) {
  detail::AtomicFile file("write_npy", path);
  const std::string header = detail::npy_header(dtype_of<T>(), x.shape());
  file.write(header.data(), header.size());
  file.write(x.data(), x.size() * sizeof(T));
  file.commit();
}

}  // namespace minigrad::inline MINIGRAD_ABI
