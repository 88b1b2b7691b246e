// find_data.hpp - what lets an example run from any folder: it finds the data, and an error becomes one line.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <minigrad/core/error.hpp>

/// The path of a CSV file: the program's argument number `position` or, without that, the file of this name that came
/// with the project. That one lies in data/ beside this source, or in examples/data under the folder where the program
/// is run, or under the one where the program lies, or under one above it.
inline std::string find_data(int argc, char** argv, const std::string& name, int position = 1) {
  namespace fs = std::filesystem;
  if (argc > position) return argv[position];
  std::error_code none;  // a folder that cannot be looked into is one without the file
  const fs::path running = fs::read_symlink("/proc/self/exe", none);  // empty where there is no such thing
  const fs::path program = running.empty() ? fs::absolute(argv[0], none) : running;

  std::vector<fs::path> places{fs::path(__FILE__).parent_path() / "data", "examples/data"};
  for (fs::path folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    places.push_back(folder / "examples" / "data");
    if (folder == folder.parent_path()) break;
  }
  for (const fs::path& place : places)
    if (fs::exists(place / name, none)) return (place / name).string();
  throw minigrad::Error("cannot find " + name + ": give its path as argument " + std::to_string(position));
}

/// Runs story(argc, argv). Where it meets bad input, that becomes one line on the error stream and exit status 2.
template <class Story>
int run(int argc, char** argv, const Story& story) {
  try {
    story(argc, argv);
    return 0;
  } catch (const minigrad::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
