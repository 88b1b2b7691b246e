#include <minigrad/io/file.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#ifndef _WIN32
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <csignal>
#endif

using minigrad::DataError;
using minigrad::detail::AtomicFile;
using minigrad::detail::ByteInput;
using minigrad::detail::write_file;

namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "minigrad_file_test";
  Folder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

#ifndef _WIN32
/// The exit status of a process that runs `work`, or -1 if it was killed.
int in_process(const std::function<int()>& work, bool kill_it = false) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  if (kill_it) {
    usleep(20000);
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#endif

}  // namespace

TEST_CASE("a file is replaced as a whole, and no other file stays") {
  const Folder folder;
  write_file("test", folder / "a", "old");
  write_file("test", folder / "a", "new");
  CHECK(content(folder / "a") == "new");
  CHECK(folder.count() == 1);
}

TEST_CASE("a file that is not committed leaves the old one, and no trace") {
  const Folder folder;
  write_file("test", folder / "a", "old");
  {
    AtomicFile file("test", folder / "a");
    file.write("new", 3);
    CHECK(folder.count() == 2);
  }
  CHECK(content(folder / "a") == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("where a file cannot be written, the error says why") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(write_file("save", folder / "no/a", "x"),
                       ("minigrad: save: \"" + folder / "no/a" + "\": cannot write: No such file or directory").c_str(),
                       DataError);
#ifndef _WIN32
  CHECK_THROWS_WITH_AS(write_file("save", folder.path.string(), "x"),
                       ("minigrad: save: \"" + folder.path.string() + "\": cannot write: it is not a file").c_str(),
                       DataError);
  CHECK_THROWS_WITH_AS(write_file("save", "/dev/null", "x"),
                       "minigrad: save: \"/dev/null\": cannot write: it is not a file", DataError);
#endif
}

#ifndef _WIN32
TEST_CASE("a link stays a link, and permissions stay") {
  const Folder folder;
  write_file("test", folder / "a", "old");
  std::filesystem::permissions(folder / "a", std::filesystem::perms(0600));
  std::filesystem::create_symlink("a", folder.path / "link");
  write_file("test", folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder.path / "link"));
  CHECK(content(folder / "a") == "new");
  CHECK(std::filesystem::status(folder / "a").permissions() == std::filesystem::perms(0600));
}

TEST_CASE("a write that fails, as on a full disk, costs neither the old file nor disk space") {
  const Folder folder;
  write_file("test", folder / "a", "old");
  const int status = in_process([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{1 << 16, 1 << 16};
    setrlimit(RLIMIT_FSIZE, &most);
    try {
      write_file("save", folder / "a", std::string(1 << 20, 'x'));
      return 1;
    } catch (const DataError& error) {
      return error.what() == "minigrad: save: \"" + folder / "a" + "\": cannot write: File too large" ? 0 : 2;
    }
  });
  CHECK(status == 0);
  CHECK(content(folder / "a") == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("a program that is killed while it writes leaves one of the files that it wrote") {
  const Folder folder;
  const std::string a(1 << 20, 'a'), b(1 << 20, 'b');
  write_file("test", folder / "a", a);
  for (int round = 0; round < 3; ++round) {
    CHECK(in_process(
              [&] {
                for (;;) write_file("test", folder / "a", b), write_file("test", folder / "a", a);
                return 0;
              },
              true) == -1);
    const std::string left = content(folder / "a");
    CHECK((left == a || left == b));
    write_file("test", folder / "a", a);
    CHECK(folder.count() == 1);
  }
}

TEST_CASE("the unfinished files of programs that were killed are removed by the next writer, those of running ones are not") {
  const Folder folder;
  for (const char* name : {"a.tmp0", "a.tmp2", "a.tmp3", "b.tmp0", "a.tmp"}) std::ofstream(folder / name) << "theirs";
  std::filesystem::create_directory(folder / "a.tmp4");
  AtomicFile slow("test", folder / "a");
  slow.write("slow", 4);
  write_file("test", folder / "a", "new");
  CHECK(content(folder / "a") == "new");
  CHECK(in_process([&] {
          write_file("test", folder / "a", "child");
          return content(folder / "a") == "child" ? 0 : 1;
        }) == 0);
  CHECK(std::filesystem::exists(folder / "a.tmp0"));
  slow.commit();
  CHECK(content(folder / "a") == "slow");
  CHECK(content(folder / "b.tmp0") == "theirs");
  CHECK(content(folder / "a.tmp") == "theirs");
  CHECK(folder.count() == 4);
}

TEST_CASE("several programs may write one file at the same time, and none takes the other's") {
  const Folder folder;
  CHECK(in_process([&] {
          int failed = 0;
          for (int k = 0; k < 4; ++k)
            if (fork() == 0) {
              const std::string own(5000, static_cast<char>('a' + k));
              try {
                for (int round = 0; round < 50; ++round) write_file("test", folder / "a", own);
              } catch (const DataError&) {
                _exit(1);
              }
              _exit(0);
            }
          for (int k = 0, status = 0; k < 4; ++k) failed += wait(&status) < 0 || status != 0;
          return failed;
        }) == 0);
  const std::string left = content(folder / "a");
  CHECK(left == std::string(5000, left.at(0)));
  CHECK(folder.count() == 1);
}

TEST_CASE("in a folder that is read-only, the error says so, and the old file stays") {
  const Folder folder;
  write_file("test", folder / "a", "old");
  std::filesystem::permissions(folder.path, std::filesystem::perms(0555));
  const int status = in_process([&] {
    if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0)) return 0;
    try {
      write_file("save", folder / "a", "new");
      return 1;
    } catch (const DataError& error) {
      return error.what() == "minigrad: save: \"" + folder / "a" + "\": cannot write: Permission denied" ? 0 : 2;
    }
  });
  std::filesystem::permissions(folder.path, std::filesystem::perms(0755));
  CHECK(status == 0);
  CHECK(content(folder / "a") == "old");
}
#endif

TEST_CASE("an input says what is wrong with its file") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(ByteInput("load", folder / "no"),
                       ("minigrad: load: \"" + folder / "no" + "\": cannot open: No such file or directory").c_str(),
                       DataError);
  write_file("test", folder / "a", "123");
  ByteInput input("load", folder / "a");
  CHECK(input.size() == 3);
  char bytes[4];
  input.seek(1);
  input.read(bytes, 2);
  CHECK(bytes[1] == '3');
  CHECK_THROWS_WITH_AS(
      input.read(bytes, 1),
      ("minigrad: load: \"" + folder / "a" + "\": ends after 3 bytes, in the middle of what it holds").c_str(),
      DataError);
#ifndef _WIN32
  ByteInput directory("load", folder.path.string());
  CHECK_THROWS_AS(directory.read(bytes, 1), DataError);
#endif
}

TEST_CASE("a file without a name is refused before anything is written") {
  CHECK_THROWS_WITH_AS(minigrad::detail::write_file("save", "", "x"),
                       "minigrad: save: \"\": cannot write: a file has a name", DataError);
}
