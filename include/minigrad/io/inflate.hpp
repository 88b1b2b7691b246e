// io/inflate.hpp - lets read_npz and read_idx read compressed files, by zlib: link it by -lz. Where zlib is not
// installed, this header is empty. Not part of minigrad.hpp.
#pragma once

#if __has_include(<zlib.h>)

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Inflates as much as is asked for, so that memory is the caller's business.
class ZlibInflater final : public Inflater {
 public:
  ZlibInflater(ByteInput& input, std::uint64_t compressed, bool gzip) : input_(input), left_(compressed) {
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
  void inflate_some() {
    if (stream_.avail_in == 0 && left_ > 0) {
      const std::size_t n = static_cast<std::size_t>((std::min)(left_, std::uint64_t{sizeof buffer_}));
      input_.read(buffer_, n);
      left_ -= n;
      stream_.next_in = buffer_;
      stream_.avail_in = static_cast<unsigned>(n);
    }
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END)
      ended_ = true;
    else if (status == Z_BUF_ERROR && left_ == 0 && stream_.avail_in == 0)
      input_.fail({"its compressed data are cut off"});
    else if (status != Z_OK && status != Z_BUF_ERROR)
      input_.fail({"its compressed data are damaged"});
  }

  ByteInput& input_;
  std::uint64_t left_;
  bool ended_ = false;
  z_stream stream_{};
  unsigned char buffer_[16384];
};

/// Registers zlib before main() begins.
inline const bool inflate_is_here = (
    make_inflater = [](ByteInput& input, std::uint64_t compressed, bool gzip) -> Inflater* {
      return new ZlibInflater(input, compressed, gzip);
    },
    true);

}  // namespace minigrad::detail

#endif
