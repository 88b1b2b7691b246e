// io/zip.hpp - as much of zip archives as npz files need: a list of files, stored or compressed by deflate; zip64.
//
// An archive is read from its end: the end record leads to the directory, which gives each file's name, size and place.
// Files may not overlap, so that an archive holds no more than its own bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../data/names.hpp"
#include "../data/utf8.hpp"
#include "../data/order.hpp"
#include "crc32.hpp"
#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A file of an archive.
struct ZipEntry {
  std::string name;
  std::uint64_t size = 0, stored = 0;  // bytes of the file, and of what the archive has for it
  std::uint64_t begin = 0;             // of its bytes; while reading the directory, of its local header
  std::uint32_t crc = 0;
  bool compressed = false;
};

class ZipReader {
 public:
  explicit ZipReader(ByteInput& in) : in_(in) {}

  /// The files in the order of the directory. Throws DataError if anything about them is inconsistent.
  std::vector<ZipEntry> entries() {
    find_directory();
    std::string text(static_cast<std::size_t>(size_), '\0');
    in_.seek(begin_);
    in_.read(text.data(), text.size());
    std::string_view rest = text;
    std::vector<ZipEntry> out;
    out.reserve(static_cast<std::size_t>(count_));
    for (std::uint64_t i = 0; i < count_; ++i) out.push_back(read_entry(rest));
    if (!rest.empty()) in_.fail({"a zip archive with more in its directory than it counts"});
    for (ZipEntry& entry : out) check_local_header(entry);
    const auto order = order_of(out.size(), [&](std::size_t a, std::size_t b) { return out[a].begin < out[b].begin; });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const ZipEntry &a = out[order[i - 1]], &b = out[order[i]];
      // The local header of b lies between the two, and is at least as long as this.
      if (b.begin - a.begin < a.stored + 30 + b.name.size())
        in_.fail({detail::in_quotes(a.name), " and ", detail::in_quotes(b.name), " in it overlap"});
    }
    return out;
  }

 private:
  static constexpr std::uint64_t end_size = 22, end64_size = 56, locator_size = 20;

  static std::uint64_t number(const char* at, std::size_t bytes) {
    std::uint64_t out = 0;
    while (bytes-- > 0) out = out << 8 | static_cast<unsigned char>(at[bytes]);
    return out;
  }
  std::string bytes_at(std::uint64_t at, std::uint64_t n) {
    if (at > in_.size() || n > in_.size() - at) in_.fail({"a zip archive that is cut off or damaged"});
    std::string out(static_cast<std::size_t>(n), '\0');
    in_.seek(at);
    in_.read(out.data(), out.size());
    return out;
  }

  void find_directory() {
    const std::uint64_t tail = (std::min)(in_.size(), end_size + 65'535);  // the end record, and its comment
    const std::string text = bytes_at(in_.size() - tail, tail);
    for (std::size_t i = text.size() < end_size ? 0 : text.size() - end_size + 1; i-- > 0;) {
      const char* const end = text.data() + i;
      if (std::memcmp(end, "PK\5\6", 4) != 0 || i + end_size + number(end + 20, 2) != text.size()) continue;
      const std::uint64_t at = in_.size() - tail + i;
      const bool one_disk = number(end + 4, 4) == 0 && number(end + 8, 2) == number(end + 10, 2);
      count_ = number(end + 10, 2), size_ = number(end + 12, 4), begin_ = number(end + 16, 4);
      std::uint64_t limit = at;
      if (count_ == 0xFFFF || size_ == 0xFFFFFFFF || begin_ == 0xFFFFFFFF)
        limit = find_directory64(at);
      else if (!one_disk)
        in_.fail({"a zip archive in several parts"});
      if (begin_ > limit || size_ != limit - begin_ || count_ > size_ / 46)
        in_.fail({"a zip archive whose directory is not where it says"});
      return;
    }
    in_.fail({"not an npz file: it has no end of a zip archive, or is cut off"});
  }
  std::uint64_t find_directory64(std::uint64_t end) {
    const std::string locator = end < locator_size ? std::string() : bytes_at(end - locator_size, locator_size);
    if (locator.compare(0, 4, "PK\6\7") != 0) return end;  // not zip64: these are the sizes
    const std::uint64_t at = number(locator.data() + 8, 8);
    const std::string record = bytes_at(at, end64_size);
    if (record.compare(0, 4, "PK\6\6") != 0 || at + 12 + number(record.data() + 4, 8) != end - locator_size)
      in_.fail({"a zip archive whose directory is not where it says"});
    if (number(record.data() + 16, 8) != 0 || number(record.data() + 24, 8) != number(record.data() + 32, 8))
      in_.fail({"a zip archive in several parts"});
    count_ = number(record.data() + 32, 8), size_ = number(record.data() + 40, 8),
    begin_ = number(record.data() + 48, 8);
    return at;
  }

  /// The entry that a directory begins with, which is taken from it.
  ZipEntry read_entry(std::string_view& directory) const {
    const auto damaged = [&] { in_.fail({"a zip archive whose directory is damaged"}); };
    if (directory.size() < 46 || directory.substr(0, 4) != "PK\1\2") damaged();
    const char* const at = directory.data();
    const auto name = static_cast<std::size_t>(number(at + 28, 2)),
               extra = static_cast<std::size_t>(number(at + 30, 2)),
               comment = static_cast<std::size_t>(number(at + 32, 2));
    if (directory.size() - 46 < name + extra + comment) damaged();
    ZipEntry out;
    out.name = directory.substr(46, name);
    out.crc = static_cast<std::uint32_t>(number(at + 16, 4));
    out.stored = number(at + 20, 4), out.size = number(at + 24, 4), out.begin = number(at + 42, 4);
    read_extra(directory.substr(46 + name, extra), out);
    directory.remove_prefix(46 + name + extra + comment);
    for (std::size_t i = 0, n = 0; i < name; i += n)
      if ((n = utf8_length(out.name, i)) == 0) in_.fail({"a name in it is not UTF-8"});
    const std::uint64_t method = number(at + 10, 2), flags = number(at + 8, 2);
    if (flags & 0x2041) in_.fail({detail::in_quotes(out.name), " in it is encrypted"});
    if (method != 0 && method != 8)
      in_.fail({detail::in_quotes(out.name), " in it is compressed by method ", method,
                ", and read are stored (0) and deflate (8)"});
    out.compressed = method == 8;
    if (!out.compressed && out.size != out.stored) damaged();
    return out;
  }
  /// The sizes and the place of more than 32 bits, which stand in this order where the field before is all ones.
  static void read_extra(std::string_view extra, ZipEntry& out) {
    while (extra.size() >= 4) {
      const std::uint64_t id = number(extra.data(), 2), n = number(extra.data() + 2, 2);
      std::string_view field = extra.substr(4, static_cast<std::size_t>(n));
      extra.remove_prefix(4 + field.size());
      if (id != 1) continue;
      for (std::uint64_t* value : {&out.size, &out.stored, &out.begin}) {
        if (*value != 0xFFFFFFFF || field.size() < 8) continue;
        *value = number(field.data(), 8);
        field.remove_prefix(8);
      }
    }
  }

  /// Finds the bytes of a file behind its local header, which must name the same file.
  void check_local_header(ZipEntry& entry) {
    const std::string header = bytes_at(entry.begin, 30);
    const std::uint64_t name = number(header.data() + 26, 2), extra = number(header.data() + 28, 2);
    if (header.compare(0, 4, "PK\3\4") != 0 || number(header.data() + 8, 2) != (entry.compressed ? 8u : 0u) ||
        bytes_at(entry.begin + 30, name) != entry.name)
      in_.fail({detail::in_quotes(entry.name), " in it has another header than the directory says"});
    entry.begin += 30 + name + extra;
    if (entry.begin > begin_ || entry.stored > begin_ - entry.begin)
      in_.fail({detail::in_quotes(entry.name), " in it reaches beyond the files"});
  }

  ByteInput& in_;
  std::uint64_t begin_ = 0, size_ = 0, count_ = 0;  // of the directory: its place, its bytes, its entries
};

/// Writes an archive of stored files.
class ZipWriter {
 public:
  static constexpr std::uint64_t limit = 0xFFFFFFFF;
  /// Sizes from `zip64_from` on are written in 64 bits; smaller than the limit in tests only.
  explicit ZipWriter(ByteOutput& out, std::uint64_t zip64_from = limit) : out_(out), zip64_from_(zip64_from) {}

  /// A file whose bytes come in two parts. Throws ValueError for a name that a zip archive cannot hold.
  void add(const std::string& name, std::string_view head, std::string_view body) {
    for (std::size_t i = 0, n = 0; i < name.size(); i += n)
      if ((n = utf8_length(name, i)) == 0) fail<ValueError>({"npz: the name ", detail::in_quotes(name), " is not UTF-8"});
    if (name.size() > 0xFFFF) fail<ValueError>({"npz: a name of ", name.size(), " bytes is too long"});
    const std::uint64_t size = head.size() + body.size();
    const bool large = size >= zip64_from_, distant = at_ >= zip64_from_;
    std::string file;  // what the local header and the directory both say
    put(file, large || distant ? 45 : 20, 2);
    put(file, 0x800, 2);        // names are UTF-8
    put(file, 0, 2);            // stored
    put(file, 0x0021'0000, 4);  // 1980-01-01: the same bytes for the same tensors
    put(file, crc32(body.data(), body.size(), crc32(head.data(), head.size())), 4);
    put(file, large ? limit : size, 4);
    put(file, large ? limit : size, 4);
    put(file, name.size(), 2);

    std::string header = "PK\3\4" + file, extra;
    if (large) put(extra, size, 8), put(extra, size, 8);
    put_extra(header, name, extra, "");

    directory_ += "PK\1\2";
    put(directory_, large || distant ? 45 : 20, 2);
    directory_ += file;
    if (distant) put(extra, at_, 8);
    std::string place;  // comment, disk, attributes, and where the local header is
    put(place, 0, 10);
    put(place, distant ? limit : at_, 4);
    put_extra(directory_, name, extra, place);
    ++count_;
    write(header);
    write(head);
    write(body);
  }

  /// Writes the directory.
  void finish() {
    const std::uint64_t begin = at_, size = directory_.size();
    write(directory_);
    std::string end;
    const bool large =
        begin >= zip64_from_ || size >= zip64_from_ || count_ >= (std::min)(zip64_from_, std::uint64_t{0xFFFF});
    if (large) {
      const std::uint64_t place = at_;
      end += "PK\6\6";
      put(end, 44, 8), put(end, 45, 2), put(end, 45, 2), put(end, 0, 8);
      put(end, count_, 8), put(end, count_, 8), put(end, size, 8), put(end, begin, 8);
      end += "PK\6\7";
      put(end, 0, 4), put(end, place, 8), put(end, 1, 4);
    }
    end += "PK\5\6";
    put(end, 0, 4), put(end, large ? 0xFFFF : count_, 2), put(end, large ? 0xFFFF : count_, 2);
    put(end, large ? limit : size, 4), put(end, large ? limit : begin, 4), put(end, 0, 2);
    write(end);
  }

 private:
  static void put(std::string& out, std::uint64_t number, int bytes) {
    for (; bytes > 0; --bytes, number >>= 8) out += static_cast<char>(number & 255);
  }
  static void put_extra(std::string& out, const std::string& name, const std::string& extra, const std::string& place) {
    put(out, extra.empty() ? 0 : extra.size() + 4, 2);
    out += place;
    out += name;
    if (!extra.empty()) put(out, 1, 2), put(out, extra.size(), 2);
    out += extra;
  }
  void write(std::string_view bytes) {
    out_.write(bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  ByteOutput& out_;
  std::uint64_t zip64_from_, at_ = 0, count_ = 0;
  std::string directory_;
};

}  // namespace minigrad::detail
