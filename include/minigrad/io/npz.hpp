// io/npz.hpp - several tensors in one of NumPy's npz files, which are zip archives of npy files: read_npz("x.npz"),
// write_npz("x.npz", state). Files are written uncompressed, as by numpy.savez. Compressed ones are read with
// {.inflate = with_zlib}, of io/gzip.hpp. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../data/order.hpp"
#include "npy.hpp"
#include "zip.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of the functions that read .npz files.
struct NpzOptions {
  /// The most bytes of all arrays together, of which a small compressed file may have very many; more are a DataError.
  /// Uncompressed, a file takes at most 10 times its own memory.
  std::uint64_t bytes = std::uint64_t{4} << 30;
  /// How compressed files are read: with_zlib of io/gzip.hpp. Null: they are a DataError.
  detail::MakeInflater inflate = nullptr;
};

namespace detail {

inline StateDict read_npz(ByteInput& in, const NpzOptions& options) {
  const std::vector<ZipEntry> files = ZipReader(in).entries();
  std::uint64_t total = 0;
  for (const ZipEntry& file : files) {
    if (file.size > options.bytes - total)
      in.fail({"its arrays have more than ", options.bytes, " bytes together (NpzOptions::bytes)"});
    total += file.size;
    if (file.name.size() < 4 || file.name.compare(file.name.size() - 4, 4, ".npy") != 0)
      in.fail({detail::in_quotes(file.name), " in it is not an array: its name does not end in .npy"});
  }
  const auto order =
      order_of(files.size(), [&](std::size_t a, std::size_t b) { return files[a].name < files[b].name; });
  for (std::size_t i = 1; i < files.size(); ++i)
    if (files[order[i]].name == files[order[i - 1]].name)
      in.fail({"two arrays named ", detail::in_quotes(files[order[i]].name)});

  std::vector<StateEntry> entries;
  entries.reserve(files.size());
  for (const ZipEntry& file : files) {
    std::string name = file.name.substr(0, file.name.size() - 4);
    in.seek(file.begin);
    std::unique_ptr<Inflater> inflater;
    if (file.compressed) {
      if (!options.inflate) in.fail({detail::in_quotes(name), ": ", needs_inflate});
      inflater = options.inflate(in, file.stored, false);
    }
    CrcStream checked(inflater ? static_cast<ByteStream&>(*inflater) : in);
    entries.push_back(NpyReader(checked, file.size, in, name).read());
    if (inflater && !inflater->finished()) in.fail({detail::in_quotes(name), ": it has more bytes than it declares"});
    if (checked.crc() != file.crc) in.fail({detail::in_quotes(name), ": its bytes are damaged (CRC-32)"});
    entries.back().name = std::move(name);
  }
  return StateDict(std::move(entries), {});
}

inline void write_npz(ByteOutput& out, const StateDict& state, std::uint64_t zip64_from = ZipWriter::limit) {
  ZipWriter zip(out, zip64_from);
  for (const StateEntry& entry : state) {
    const std::string header = npy_header(entry.dtype, entry.shape);
    zip.add(entry.name + ".npy", header, {reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size()});
  }
  zip.finish();
}

}  // namespace detail

/// The tensors of an npz file by their names, in the order of the file. Throws DataError if the file cannot be read, is
/// not an archive of npy files of numbers, is damaged, or beyond the limits. See read_npy for what is read.
inline StateDict read_npz(const std::string& path, const NpzOptions& options = {}) {
  detail::ByteInput input("read_npz", path);
  return detail::read_npz(input, options);
}
/// The same of a file's bytes; `name` replaces the file's name in messages.
inline StateDict parse_npz(std::string_view bytes, std::string name = "bytes", const NpzOptions& options = {}) {
  detail::ByteInput input("read_npz", bytes, std::move(name));
  return detail::read_npz(input, options);
}

/// Writes the tensors of a state as an npz file, whole or not at all. NumPy's format has no place for metadata: a state
/// that has some is refused with ValueError, as are names that are not UTF-8. Throws DataError if the file cannot be
/// written.
inline void write_npz(const std::string& path, const StateDict& state) {
  if (!state.metadata().empty()) detail::fail<ValueError>({"write_npz: an npz file has no place for metadata"});
  detail::AtomicFile file("write_npz", path);
  detail::write_npz(file, state);
  file.commit();
}

}  // namespace minigrad::inline MINIGRAD_ABI
