// io/gzip.hpp - a file that is compressed by gzip, as a text: parse_csv(read_gzip("data.csv.gz"), "data.csv.gz").
//
// This header needs zlib (Debian: zlib1g-dev) and -lz, so minigrad.hpp does not include it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>

#include "../core/error.hpp"

#if __has_include(<zlib.h>)
#include <zlib.h>
#endif

namespace minigrad::inline MINIGRAD_ABI {

#if __has_include(<zlib.h>)

/// The content of a .gz file. Throws DataError if it cannot be read, is not gzip (RFC 1952), is damaged or truncated,
/// or holds more than `limit` bytes: a small file can hold very many.
inline std::string read_gzip(const std::string& path, std::size_t limit = std::size_t{1} << 30) {
  const auto fail = [&](const std::string& why) {
    throw DataError("minigrad: read_gzip: \"" + path + "\": " + why, path);
  };
  struct File {
    std::FILE* handle;
    ~File() {
      if (handle != nullptr) std::fclose(handle);
    }
  };
  struct Stream : z_stream {
    ~Stream() { inflateEnd(this); }
  };
  const File file{std::fopen(path.c_str(), "rb")};
  if (file.handle == nullptr) fail(std::strerror(errno));
  Stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) fail("zlib does not begin");

  std::string out;
  unsigned char in[16384];
  char buffer[65536];
  int status = Z_STREAM_END;  // of the member before: a file may have several, one after another
  bool any = false;
  for (;;) {
    if (stream.avail_in == 0) {
      stream.next_in = in;
      stream.avail_in = static_cast<uInt>(std::fread(in, 1, sizeof in, file.handle));
      if (std::ferror(file.handle)) fail(std::strerror(errno));
      if (stream.avail_in == 0) break;
    }
    if (status == Z_STREAM_END && any) {
      if (*stream.next_in != 0x1F) fail("more bytes after the end of the compressed data");
      inflateReset(&stream);
    }
    any = true;
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      fail(out.empty() && stream.total_in < 10 ? "not compressed by gzip" : "damaged: it cannot be unpacked");
    out.append(buffer, sizeof buffer - stream.avail_out);
    if (out.size() > limit) fail("more than " + std::to_string(limit) + " bytes unpacked");
  }
  if (status != Z_STREAM_END || !any) fail("the file ends too early");
  return out;
}

#else

/// zlib is not installed.
std::string read_gzip(const std::string& path, std::size_t limit = 0) = delete;

#endif

}  // namespace minigrad::inline MINIGRAD_ABI
