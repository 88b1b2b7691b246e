// io/crc32.hpp - the checksum of zip and gzip files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The CRC-32 of zip and gzip: crc32(bytes), or crc32(more, crc32(bytes)). Eight bytes at a time by as many tables.
inline std::uint32_t crc32(const void* bytes, std::size_t n, std::uint32_t crc = 0) {
  using Tables = std::array<std::array<std::uint32_t, 256>, 8>;
  static constexpr Tables tables = [] {
    Tables out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
      out[0][i] = c;
    }
    for (std::size_t t = 1; t < 8; ++t)
      for (std::size_t i = 0; i < 256; ++i) out[t][i] = out[0][out[t - 1][i] & 255] ^ out[t - 1][i] >> 8;
    return out;
  }();
  const auto* at = static_cast<const unsigned char*>(bytes);
  crc = ~crc;
  for (; n >= 8; n -= 8, at += 8) {
    const std::uint32_t low =
        crc ^ (at[0] | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 | std::uint32_t{at[3]} << 24);
    crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
          tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^ tables[0][at[7]];
  }
  for (; n > 0; --n) crc = tables[0][(crc ^ *at++) & 255] ^ crc >> 8;
  return ~crc;
}

/// A stream that computes the CRC-32 of what passes.
class CrcStream : public ByteStream {
 public:
  explicit CrcStream(ByteStream& in) : in_(in) {}
  std::size_t take(void* to, std::size_t n) override {
    n = in_.take(to, n);
    crc_ = crc32(to, n, crc_);
    return n;
  }
  std::uint32_t crc() const { return crc_; }

 private:
  ByteStream& in_;
  std::uint32_t crc_ = 0;
};

}  // namespace minigrad::detail
