// io/protobuf.hpp - the wire format of protobuf, as far as ONNX files use it. Not part of minigrad.hpp.
//
// A message is a sequence of fields: a varint (number << 3 | kind), and then, by the kind, a varint (0), 8 bytes (1), a
// length and so many bytes (2), or 4 bytes (5). A varint has 7 bits of the number in each byte, the lowest first; all
// bytes but the last have their highest bit set. See protobuf.dev, "Encoding".
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Builds a message, field by field.
class ProtoWriter {
 public:
  std::string bytes;

  void integer(unsigned field, std::int64_t number) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(number));
  }
  void real(unsigned field, float number) {
    key(field, 5);
    for (std::uint32_t i = 0, bits = __builtin_bit_cast(std::uint32_t, number); i < 4; ++i, bits >>= 8)
      bytes.push_back(static_cast<char>(bits & 255));
  }
  void text(unsigned field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes.append(value);
  }
  void message(unsigned field, const ProtoWriter& value) { text(field, value.bytes); }

 private:
  void key(unsigned field, unsigned kind) { varint(field << 3 | kind); }
  void varint(std::uint64_t number) {
    for (; number > 127; number >>= 7) bytes.push_back(static_cast<char>((number & 127) | 128));
    bytes.push_back(static_cast<char>(number));
  }
};

/// Where a reader of messages reports what is wrong: the function that reads, and the name of the file. It counts the
/// memory of what is read, which may be so much: a message can say in two bytes what takes hundreds here.
class ProtoSource {
 public:
  ProtoSource(const char* op, std::string name, std::size_t most) : op_(op), name_(std::move(name)), left_(most) {}

  [[noreturn, gnu::noinline]] void fail(std::initializer_list<FormatArg> pieces) const {
    fail_file(op_, name_, pieces);
  }
  void take_memory(std::size_t bytes) const {
    if (bytes > left_) fail({"what it holds takes more than 10 times the memory of the file"});
    left_ -= bytes;
  }
  template <class T>
  void reserve(std::vector<T>& list, std::size_t count) const {
    take_memory(count * sizeof(T));
    list.reserve(count);
  }

 private:
  const char* op_;
  std::string name_;
  mutable std::size_t left_;
};

/// The fields of a message, one after another: while (m.next()) switch (m.field()) ... Nothing is copied. Every length
/// is compared with what remains of the message. Throws DataError for bytes that are no message.
class ProtoReader {
 public:
  ProtoReader(const ProtoSource& source, std::string_view bytes) : source_(&source), rest_(bytes) {}

  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t key = varint();
    if (key >> 3 == 0 || key >> 32 != 0) source_->fail({"it is no protobuf file: a field has the number ", key >> 3});
    field_ = static_cast<unsigned>(key >> 3);
    kind_ = static_cast<unsigned>(key & 7);
    switch (kind_) {
      case 0:
        number_ = varint(), bytes_ = {};
        break;
      case 1:
        bytes_ = take(8);
        break;
      case 2:
        bytes_ = take(varint());
        break;
      case 5:
        bytes_ = take(4);
        break;
      default:
        source_->fail({"it is no protobuf file: a field is of kind ", kind_});
    }
    return true;
  }
  unsigned field() const { return field_; }

  std::int64_t integer() const {
    require(0);
    return static_cast<std::int64_t>(number_);
  }
  float real() const {
    require(5);
    return number_in<float>(bytes_);
  }
  std::string_view bytes() const {
    require(2);
    return bytes_;
  }
  std::string text() const {
    source_->take_memory(bytes().size());
    return std::string(bytes());
  }
  ProtoReader message() const { return ProtoReader(*source_, bytes()); }

  /// How many fields of this number follow.
  std::size_t count(unsigned field) const {
    std::size_t out = 0;
    for (ProtoReader rest = *this; rest.next();) out += rest.field_ == field;
    return out;
  }

  /// Calls f for each number in the field; repeated numbers come one in a field, or many packed into one.
  template <class T, class F>
  void each(const F& f) const {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      if (kind_ == 0) return f(integer());
      for (ProtoReader packed(*source_, bytes()); !packed.rest_.empty();) f(static_cast<std::int64_t>(packed.varint()));
    } else {
      if (kind_ != 2) require(sizeof(T) == 4 ? 5 : 1);
      if (bytes_.size() % sizeof(T) != 0) source_->fail({"a list of numbers has ", bytes_.size(), " bytes"});
      for (std::size_t i = 0; i < bytes_.size(); i += sizeof(T)) f(number_in<T>(bytes_.substr(i)));
    }
  }
  /// The same for all fields of these numbers that follow.
  template <class T, class F>
  void each_in(std::initializer_list<unsigned> fields, const F& f) const {
    for (ProtoReader rest = *this; rest.next();)
      for (const unsigned field : fields)
        if (rest.field_ == field) rest.template each<T>(f);
  }
  /// All numbers of the fields of this number that follow.
  template <class T>
  std::vector<T> list(unsigned field) const {
    std::size_t n = 0;
    each_in<T>({field}, [&](T) { ++n; });
    std::vector<T> out;
    source_->reserve(out, n);
    each_in<T>({field}, [&](T number) { out.push_back(number); });
    return out;
  }

 private:
  void require(unsigned kind) const {
    if (kind_ != kind) source_->fail({"field ", field_, " is of kind ", kind_, " and not ", kind});
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {  // at most 10 bytes
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    source_->fail({"it is no protobuf file: a varint has more than 64 bits"});
  }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) source_->fail({"it ends in the middle of a field"});
    const std::string_view out = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(out.size());
    return out;
  }
  template <class T>
  static T number_in(std::string_view bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  const ProtoSource* source_;
  std::string_view rest_, bytes_;
  unsigned field_ = 0, kind_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
