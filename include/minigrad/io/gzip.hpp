// io/gzip.hpp - compressed files, by zlib: parse_csv(read_gzip("data.csv.gz"), "data.csv.gz"), and with_zlib, by which
// read_npz and read_idx read theirs.
//
// This header needs zlib (Debian: zlib1g-dev) and -lz, so minigrad.hpp does not include it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tensor_file.hpp"

#if __has_include(<zlib.h>)
#include <zlib.h>
#endif

namespace minigrad::inline MINIGRAD_ABI {

#if __has_include(<zlib.h>)

namespace detail {

/// Inflates as much as is asked for, so that memory is the caller's business. In gzip's format (RFC 1952) several
/// members may follow each other.
class ZlibInflater final : public Inflater {
 public:
  ZlibInflater(ByteInput& input, std::uint64_t compressed, bool gzip) : input_(input), left_(compressed), gzip_(gzip) {
    if (inflateInit2(&stream_, gzip ? 15 + 16 : -15) != Z_OK) input_.fail({"zlib cannot begin: out of memory"});
  }
  ZlibInflater(const ZlibInflater&) = delete;
  ZlibInflater& operator=(const ZlibInflater&) = delete;
  ~ZlibInflater() override { inflateEnd(&stream_); }

  std::size_t take(void* to, std::size_t n) override {
    std::size_t done = 0;
    while (done < n && !ended_) {
      const std::size_t step = (std::min)(n - done, std::size_t{1} << 30);  // zlib counts in 32 bits
      stream_.next_out = static_cast<unsigned char*>(to) + done;
      stream_.avail_out = static_cast<unsigned>(step);
      inflate_some();
      done += step - stream_.avail_out;
    }
    return done;
  }
  bool finished() override {
    unsigned char more = 0;
    return take(&more, 1) == 0 && ended_ && left_ == 0 && stream_.avail_in == 0;
  }

 private:
  void refill() {
    if (stream_.avail_in > 0 || left_ == 0) return;
    const std::size_t n = static_cast<std::size_t>((std::min)(left_, std::uint64_t{sizeof buffer_}));
    input_.read(buffer_, n);
    left_ -= n;
    stream_.next_in = buffer_;
    stream_.avail_in = static_cast<unsigned>(n);
  }
  void inflate_some() {
    refill();
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      refill();
      first_ = false;
      ended_ = !gzip_ || stream_.avail_in == 0 || *stream_.next_in != 0x1F;
      if (!ended_) inflateReset(&stream_);
    } else if (status == Z_BUF_ERROR && left_ == 0 && stream_.avail_in == 0) {
      input_.fail({"its compressed data are cut off"});
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      input_.fail({gzip_ && first_ && stream_.total_in < 10 ? "it is not compressed by gzip"
                                                            : "its compressed data are damaged"});
    }
  }

  ByteInput& input_;
  std::uint64_t left_;
  bool gzip_, first_ = true, ended_ = false;
  z_stream stream_{};
  unsigned char buffer_[16384];
};

}  // namespace detail

/// How read_npz and read_idx read compressed files: read_npz("x.npz", {.inflate = with_zlib}).
inline constexpr detail::MakeInflater with_zlib = [](detail::ByteInput& input, std::uint64_t compressed, bool gzip) {
  return std::unique_ptr<detail::Inflater>(new detail::ZlibInflater(input, compressed, gzip));
};

/// The content of a .gz file. Throws DataError if it cannot be read, is not gzip (RFC 1952), is damaged or truncated,
/// or holds more than `limit` bytes: a small file can hold very many.
inline std::string read_gzip(const std::string& path, std::size_t limit = std::size_t{1} << 30) {
  detail::ByteInput input("read_gzip", path);
  detail::ZlibInflater unpacked(input, input.size(), true);
  std::string out;
  char buffer[65536];
  while (const std::size_t n = unpacked.take(buffer, sizeof buffer)) {
    out.append(buffer, n);
    if (out.size() > limit) input.fail({"more than ", limit, " bytes unpacked"});
  }
  if (!unpacked.finished()) input.fail({"more bytes after the end of the compressed data"});
  return out;
}

#else

/// zlib is not installed.
std::string read_gzip(const std::string& path, std::size_t limit = 0) = delete;

#endif

}  // namespace minigrad::inline MINIGRAD_ABI
