// tensor/state_dict.hpp - StateDict: named tensors of several element types, and texts about them.
//
// The state of a model, of an optimizer, of a random generator: whatever is learned or counted is a tensor with a name,
// so that one format of file holds all of it. A single number has the shape [].
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Element types, in the order in which safetensors files sort them. F16 and BF16 occur in files only.
enum class DType : unsigned char { boolean, u8, i8, i16, f16, bf16, i32, f32, f64, i64 };

/// "F32", as safetensors files write it.
inline std::string to_string(DType dtype) {
  constexpr const char* names[] = {"BOOL", "U8", "I8", "I16", "F16", "BF16", "I32", "F32", "F64", "I64"};
  return names[static_cast<unsigned char>(dtype)];
}

/// The bytes of one element.
inline std::size_t size_of(DType dtype) {
  constexpr unsigned char sizes[] = {1, 1, 1, 2, 2, 2, 4, 4, 8, 8};
  return sizes[static_cast<unsigned char>(dtype)];
}

/// The element type of Tensor<T>.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::same_as<T, bool>)
    return DType::boolean;
  else if constexpr (std::floating_point<T> && sizeof(T) <= 8)
    return sizeof(T) == 8 ? DType::f64 : DType::f32;
  else if constexpr (std::same_as<T, std::uint8_t>)
    return DType::u8;
  else {
    static_assert(std::signed_integral<T>, "minigrad: a state holds bool, uint8, int8 to int64, float and double");
    return sizeof(T) == 1 ? DType::i8 : sizeof(T) == 2 ? DType::i16 : sizeof(T) == 4 ? DType::i32 : DType::i64;
  }
}

/// A tensor of any element type, with a name. `bytes` are its elements in row-major order.
struct StateEntry {
  std::string name;            ///< such as "0.weight"
  DType dtype;                 ///< the type of the elements
  Shape shape;                 ///< [] for a number
  Tensor<std::uint8_t> bytes;  ///< the elements, in the byte order of the machine

  /// The tensor. Throws ValueError if its elements have another type.
  template <class T>
  Tensor<T> to() const {
    require(dtype_of<T>());
    auto out = Tensor<T>::empty(shape);
    if (out.size()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }

 private:
  template <class = void>
  [[gnu::noinline]] void require(DType wanted) const {
    if (dtype != wanted) detail::fail<ValueError>({"StateDict: ", name, " is ", dtype, " ", shape, ", not ", wanted});
  }
};

/// An ordered list of named tensors, and metadata: texts under names of their own.
class StateDict {
 public:
  std::size_t size() const { return entries_.size(); }  ///< The number of tensors.
  /// The tensors in the order in which they were added, for loops.
  const StateEntry* begin() const { return entries_.data(); }
  const StateEntry* end() const { return entries_.data() + entries_.size(); }

  /// The tensor of this name, or null.
  template <class = void>
  const StateEntry* find(std::string_view name) const {
    for (const StateEntry& entry : entries_)
      if (entry.name == name) return &entry;
    return nullptr;
  }
  /// The tensor of this name. Throws ValueError if there is none, or if its elements have another type.
  template <class T>
  Tensor<T> get(std::string_view name) const {
    return at(name).to<T>();
  }

  /// Appends a tensor or a number. Throws ValueError if there is one of this name.
  template <class T>
  void add(std::string name, const Tensor<T>& value) {
    add(std::move(name), dtype_of<T>(), value.shape(), value.data());
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  void add(std::string name, T number) { add(std::move(name), dtype_of<T>(), Shape{}, &number); }
  template <class = void>
  void add(std::string name, DType dtype, const Shape& shape, const void* elements) {
    auto bytes = Tensor<std::uint8_t>::empty(Shape{shape.size() * size_of(dtype)});
    if (bytes.size()) std::memcpy(bytes.data(), elements, bytes.size());
    add(StateEntry{std::move(name), dtype, shape, std::move(bytes)});
  }
  template <class = void>
  void add(StateEntry entry) {
    if (find(entry.name)) detail::fail<ValueError>({"StateDict: a second tensor named ", entry.name});
    entries_.push_back(std::move(entry));
  }

  /// Appends all of another state under names that begin with a prefix: "optimizer.".
  template <class = void>
  void add(const std::string& prefix, const StateDict& other) {
    const std::size_t entries = other.entries_.size(), texts = other.metadata_.size();  // `other` may be this state
    for (std::size_t k = 0; k < entries; ++k) {
      const StateEntry& entry = other.entries_[k];
      add({prefix + entry.name, entry.dtype, entry.shape, entry.bytes});
    }
    for (std::size_t k = 0; k < texts; ++k) metadata(prefix + other.metadata_[k].first, other.metadata_[k].second);
  }
  /// What has names that begin with a prefix, without the prefix.
  template <class = void>
  StateDict part(std::string_view prefix) const { return StateDict(*this).take(prefix); }
  /// The same, which this state then no longer has.
  template <class = void>
  StateDict take(std::string_view prefix) {
    StateDict out, rest;
    const auto divide = [&](auto& list, auto& with, auto& without, const auto& name_of) {
      for (auto& one : list)
        (name_of(one).compare(0, prefix.size(), prefix) == 0 ? with : without).push_back(std::move(one));
      for (auto& one : with) name_of(one).erase(0, prefix.size());
    };
    divide(entries_, out.entries_, rest.entries_, [](StateEntry& entry) -> std::string& { return entry.name; });
    divide(metadata_, out.metadata_, rest.metadata_, [](auto& text) -> std::string& { return text.first; });
    *this = std::move(rest);
    return out;
  }

  /// The text under a name; empty if there is none.
  template <class = void>
  std::string metadata(std::string_view name) const {
    for (const auto& [known, text] : metadata_)
      if (known == name) return text;
    return "";
  }
  /// Sets the text under a name.
  template <class = void>
  void metadata(const std::string& name, std::string text) {
    for (auto& [known, value] : metadata_)
      if (known == name) return void(value = std::move(text));
    metadata_.emplace_back(name, std::move(text));
  }
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

  /// Takes entries and metadata whose names were found to be unique; for readers of files.
  StateDict() = default;
  template <class = void>
  StateDict(std::vector<StateEntry> entries, std::vector<std::pair<std::string, std::string>> metadata)
      : entries_(std::move(entries)), metadata_(std::move(metadata)) {}

 private:
  template <class = void>
  const StateEntry& at(std::string_view name) const {
    const StateEntry* entry = find(name);
    if (!entry) detail::fail<ValueError>({"StateDict: there is no tensor named ", std::string(name)});
    return *entry;
  }

  std::vector<StateEntry> entries_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace minigrad
