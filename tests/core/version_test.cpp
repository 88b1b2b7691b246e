#include <doctest/doctest.h>

#include <fstream>
#include <minigrad/core/version.hpp>
#include <string>

TEST_CASE("the version of the headers is that of the project") {
  std::ifstream file(MINIGRAD_HEADER_DIR "/../../CMakeLists.txt");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::string version = std::to_string(MINIGRAD_VERSION_MAJOR) + "." + std::to_string(MINIGRAD_VERSION_MINOR) +
                              "." + std::to_string(MINIGRAD_VERSION_PATCH);
  CHECK(text.find("project(minigrad VERSION " + version + " ") != std::string::npos);
  CHECK(version == MINIGRAD_VERSION);
  CHECK(10000 * MINIGRAD_VERSION_MAJOR + 100 * MINIGRAD_VERSION_MINOR + MINIGRAD_VERSION_PATCH == MINIGRAD_VERSION_NUMBER);
}

#define MINIGRAD_TEXT(text) #text
#define MINIGRAD_TEXT_OF(macro) MINIGRAD_TEXT(macro)
TEST_CASE("the version is part of every name") {
  std::string name = "v" MINIGRAD_VERSION;
  for (char& c : name)
    if (c == '.') c = '_';
  if (minigrad::checked_build) name += "_checked";
  CHECK(name == MINIGRAD_TEXT_OF(MINIGRAD_ABI));
}
