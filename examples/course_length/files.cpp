// files.cpp - files that are there whole or not at all.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "report.hpp"

namespace course_length {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& path, const std::string& reason) {
  throw Error("course_length: cannot write \"" + path.string() + "\": " + reason);
}

/// Names that are removed in the end, unless they are let go.
struct CleanUp {
  std::vector<fs::path> paths;
  ~CleanUp() {
    std::error_code ignored;
    for (auto path = paths.rbegin(); path != paths.rend(); ++path) fs::remove(*path, ignored);  // folders only if empty
  }
};

/// Makes a folder and those above it, and notes which were not there before.
void make_folders(const fs::path& folder, CleanUp& made) {
  std::error_code error;
  if (folder.empty()) cannot_write(folder, "a folder needs a name");
  if (fs::is_directory(folder, error)) return;
  if (fs::exists(folder, error)) cannot_write(folder, "it is there already, and not a folder");
  if (folder.has_parent_path() && folder.parent_path() != folder) make_folders(folder.parent_path(), made);
  if (fs::create_directory(folder, error))
    made.paths.push_back(folder);
  else if (!fs::is_directory(folder))
    cannot_write(folder, error.message());
}

void write_file(const fs::path& path, const std::string& content, CleanUp& made) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) cannot_write(path, std::strerror(errno));
  made.paths.push_back(path);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  if (std::fclose(file) != 0 || !written) cannot_write(path, std::strerror(errno));
}

/// Where `name` is written before it gets its name.
fs::path draft(const fs::path& folder, const std::string& name) { return folder / ("." + name + ".part"); }

}  // namespace

void require_writable(const std::string& folder) {
  CleanUp made;
  make_folders(folder, made);
  write_file(draft(folder, "report.html"), "", made);
}

void write_files(const std::string& folder, const std::vector<std::pair<std::string, std::string>>& files) {
  CleanUp made;
  make_folders(folder, made);
  for (const auto& [name, content] : files) write_file(draft(folder, name), content, made);
  for (const auto& [name, content] : files) {
    std::error_code error;
    fs::rename(draft(folder, name), fs::path(folder) / name, error);
    if (error) cannot_write(fs::path(folder) / name, error.message());
  }
  made.paths.clear();
}

}  // namespace course_length
