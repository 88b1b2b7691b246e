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
}
