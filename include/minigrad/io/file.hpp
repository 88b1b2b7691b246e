// io/file.hpp - reading bytes, and writing files that are whole or not there.
//
// A file is written under another name in the same folder, flushed to the disk, and renamed. So whatever happens in
// between, a full disk or a program that is killed, the file under the old name stays as it was. After a power failure
// this holds on POSIX systems, where fsync() waits for the disk; elsewhere the operating system decides. A program that
// is killed may leave its unfinished file, "model.safetensors.tmp0", which the next writer of that file removes: a
// running program keeps its own locked.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#ifdef _WIN32
#include <filesystem>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "../core/error.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Throws DataError: minigrad: read_npy: "x.npy": pieces.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail_file(const char* op, const std::string& name,
                                                             std::initializer_list<FormatArg> pieces) {
  throw DataError(concat({"minigrad: ", op, ": \"", name, "\": ", concat(pieces)}), name);
}

/// Bytes from which a reader takes what comes next.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Writes up to n bytes to `to`, and returns how many there were: fewer only at the end.
  virtual std::size_t take(void* to, std::size_t n) = 0;
};

/// A file, or bytes in memory, of which the size is known.
class ByteInput : public ByteStream {
 public:
  /// Throws DataError if the file cannot be opened, or has no size, as a pipe.
  ByteInput(const char* op, const std::string& path) : op_(op), name_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) fail({"cannot open: ", std::strerror(errno)});
    if (const std::int64_t end = move(0, SEEK_END) ? tell() : -1; end < 0 || !move(0, SEEK_SET)) {
      std::fclose(file_);
      fail({"cannot read: it has no size; read from a file"});
    } else {
      size_ = static_cast<std::uint64_t>(end);
    }
  }
  /// The bytes must outlive this.
  ByteInput(const char* op, std::string_view bytes, std::string name)
      : op_(op), name_(std::move(name)), bytes_(bytes), size_(bytes.size()) {}
  ByteInput(const ByteInput&) = delete;
  ByteInput& operator=(const ByteInput&) = delete;
  ~ByteInput() override {
    if (file_) std::fclose(file_);
  }

  const char* op() const { return op_; }
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t left() const { return size_ - at_; }

  void seek(std::uint64_t at) {
    if (file_ && !move(static_cast<std::int64_t>(at), SEEK_SET)) fail({"cannot read: ", std::strerror(errno)});
    at_ = at;
  }
  std::size_t take(void* to, std::size_t n) override {
    if (n > left()) n = static_cast<std::size_t>(left());
    if (n == 0) return 0;
    if (!file_)
      std::memcpy(to, bytes_.data() + at_, n);
    else if (std::fread(to, 1, n, file_) != n)
      fail({"cannot read: ", std::ferror(file_) ? std::strerror(errno) : "it became shorter while it was read"});
    at_ += n;
    return n;
  }
  /// n bytes. Throws DataError if there are fewer.
  void read(void* to, std::size_t n) {
    if (n > left()) fail({"ends after ", size_, " bytes, in the middle of what it holds"});
    take(to, n);
  }

  [[noreturn]] void fail(std::initializer_list<FormatArg> pieces) const { fail_file(op_, name_, pieces); }

 private:
#ifdef _WIN32
  bool move(std::int64_t at, int from) const { return _fseeki64(file_, at, from) == 0; }
  std::int64_t tell() const { return _ftelli64(file_); }
#else
  bool move(std::int64_t at, int from) const { return fseeko(file_, at, from) == 0; }
  std::int64_t tell() const { return ftello(file_); }
#endif

  const char* op_;
  std::string name_;
  std::FILE* file_ = nullptr;
  std::string_view bytes_;
  std::uint64_t size_ = 0, at_ = 0;
};

/// Where a writer puts its bytes: a text, or a file.
class ByteOutput {
 public:
  virtual ~ByteOutput() = default;
  virtual void write(const void* from, std::size_t n) = 0;
};
class TextOutput : public ByteOutput {
 public:
  std::string text;
  void write(const void* from, std::size_t n) override { text.append(static_cast<const char*>(from), n); }
};

/// A new file that replaces the one at `path` when commit() is called, and else leaves no trace. A link stays, and the
/// file that it leads to is replaced; the permissions of the old file stay. Throws DataError where the file cannot be
/// written, and for what is not a file, such as a folder or a device.
template <class = void>
class AtomicFile : public ByteOutput {
 public:
  AtomicFile(const char* op, const std::string& path) : op_(op), name_(path), path_(path) {
    if (path.empty()) fail_file(op_, name_, {"cannot write: a file has a name"});
#ifndef _WIN32
    if (char* const real = realpath(path.c_str(), nullptr)) {
      path_ = real;
      std::free(real);
    }
    struct stat old {};
    const bool exists = stat(path_.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) fail_file(op_, name_, {"cannot write: it is not a file"});
#endif
    for (unsigned k = 0; k < (file_ ? 16 : 1000); ++k) {
      const std::string temporary = concat({path_, ".tmp", k});
      remove_stale(temporary);
      if (!file_ && (file_ = open_new(temporary))) temporary_ = temporary;
      if (!file_ && errno != EEXIST) break;
    }
    if (!file_) fail_file(op_, name_, {"cannot write: ", std::strerror(errno)});
#ifndef _WIN32
    if (exists && fchmod(fileno(file_), old.st_mode & 07777) != 0) fail("cannot set the permissions of the new file");
#endif
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() override { discard(); }

  void write(const void* from, std::size_t n) override {
    if (n > 0 && std::fwrite(from, 1, n, file_) != n) fail("cannot write");
  }
  /// Flushes the file to the disk and gives it its name.
  void commit() {
    bool written = std::fflush(file_) == 0;
#ifndef _WIN32
    written = written && fsync(fileno(file_)) == 0;
#endif
    if (!written) fail("cannot write");
#ifdef _WIN32
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot write");
    std::error_code error;  // std::rename does not replace a file there
    std::filesystem::rename(temporary_, path_, error);
    const bool renamed = !error;
#else
    const bool renamed = std::rename(temporary_.c_str(), path_.c_str()) == 0;  // still open, and so locked
#endif
    if (!renamed) fail("cannot rename the new file");
    temporary_.clear();
#ifndef _WIN32
    std::fclose(std::exchange(file_, nullptr));
    const std::size_t slash = path_.rfind('/');  // the name too should survive a power failure
    const int folder = ::open(slash == std::string::npos ? "." : path_.substr(0, slash + 1).c_str(), O_RDONLY);
    if (folder >= 0) {
      fsync(folder);
      ::close(folder);
    }
#endif
  }

 private:
#ifdef _WIN32
  /// Removes the file of a program that was killed: that of a running one is open, and cannot be removed.
  static void remove_stale(const std::string& name) { std::remove(name.c_str()); }
  /// Opens a file that was not there, or gives null: its older C library knows no "x".
  static std::FILE* open_new(const std::string& name) {
    if (std::FILE* const old = std::fopen(name.c_str(), "rb")) return std::fclose(old), errno = EEXIST, nullptr;
    return std::fopen(name.c_str(), "wb");
  }
#else
  static bool lock(int file) { return flock(file, LOCK_EX | LOCK_NB) == 0; }
  static bool has_name(int file, const std::string& name) {
    struct stat own {}, there {};
    return fstat(file, &own) == 0 && lstat(name.c_str(), &there) == 0 && own.st_ino == there.st_ino &&
           own.st_dev == there.st_dev && S_ISREG(own.st_mode);
  }
  /// Removes the file of a program that was killed: that of a running one is locked.
  static void remove_stale(const std::string& name) {
    const int file = ::open(name.c_str(), O_RDONLY | O_NONBLOCK);
    if (file < 0) return;
    if (lock(file) && has_name(file, name)) ::unlink(name.c_str());
    ::close(file);
  }
  /// Opens and locks a file that was not there. Null with EEXIST where it was, or another writer takes it for stale,
  /// which removes it then.
  static std::FILE* open_new(const std::string& name) {
    std::FILE* const file = std::fopen(name.c_str(), "wbx");
    if (!file || ((lock(fileno(file)) || errno != EWOULDBLOCK) && has_name(fileno(file), name))) return file;
    return std::fclose(file), errno = EEXIST, nullptr;
  }
#endif
  [[noreturn]] void fail(const char* what) {
    const std::string reason = std::strerror(errno);
    discard();
    fail_file(op_, name_, {what, ": ", reason});
  }
  void discard() {
#ifndef _WIN32
    if (!temporary_.empty()) std::remove(temporary_.c_str());  // while it is locked
#endif
    if (file_) std::fclose(std::exchange(file_, nullptr));
#ifdef _WIN32
    if (!temporary_.empty()) std::remove(temporary_.c_str());
#endif
    temporary_.clear();
  }

  const char* op_;
  std::string name_, path_, temporary_;
  std::FILE* file_ = nullptr;
};

/// Writes a text to a file, whole or not at all.
template <class = void>
void write_file(const char* op, const std::string& path, std::string_view text) {
  AtomicFile file(op, path);
  file.write(text.data(), text.size());
  file.commit();
}

}  // namespace detail
}  // namespace minigrad
