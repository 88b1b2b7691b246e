// plot.cpp - the way to gnuplot and back. (POSIX: popen, mkdtemp.)
#include "plot.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <minigrad/core/error.hpp>

namespace course_length {
namespace {

namespace fs = std::filesystem;

/// A new folder for gnuplot's output, gone when its time is over.
struct TemporaryFolder {
  std::string path = (fs::temp_directory_path() / "course_length_XXXXXX").string();
  TemporaryFolder() {
    if (!mkdtemp(path.data())) throw minigrad::Error("cannot make a folder like " + path);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

bool have_gnuplot() { return std::system("command -v gnuplot > /dev/null 2>&1") == 0; }

Plot::Plot(const std::string& name, int width, int height) : name_(name) {
  *this << "set encoding utf8";
  *this << "set terminal svg size " + std::to_string(width) + "," + std::to_string(height) +
               " dynamic noenhanced font 'sans-serif,15' background '#ffffff' name '" + name + "'";
  *this << "set border 3 lc rgb '#555555'";
  *this << "set tics nomirror";
  *this << "set grid lc rgb '#e4e4e4' lt 1 lw 1";
  *this << "set key noautotitle samplen 2 spacing 1.1";
}

Plot& Plot::operator<<(const std::string& line) {
  script_ += line + "\n";
  return *this;
}

std::string Plot::data(const Rows& rows) {
  const std::string block = "$data" + std::to_string(++blocks_);
  script_ += block + " << end_of_data\n";
  for (const std::vector<double>& row : rows) {
    for (const double number : row) script_ += minigrad::format_number(number, 7) + " ";
    script_ += "\n";
  }
  script_ += "end_of_data\n";
  return block;
}

std::string quote(const std::string& text) {
  std::string out = "'";  // between single quotes nothing is special, and above all no `command` is run
  for (const char c : text) {
    if (c == '\'') out += c;  // is written twice
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "'";
}

std::string tic(double at, const std::string& text) {
  std::string format;
  for (const char c : text) format += c == '%' ? "%%" : std::string(1, c);
  return quote(format) + " " + minigrad::format_number(at);
}

std::string Plot::svg() const {
  const TemporaryFolder folder;
  std::string place = folder.path;
  replace_all(place, "'", "'\\''");  // for the shell
  const std::string command = "gnuplot > '" + place + "/svg' 2> '" + place + "/errors'";
  std::signal(SIGPIPE, SIG_IGN);  // a gnuplot that stops reading is reported below
  std::FILE* pipe = popen(command.c_str(), "w");
  if (!pipe) throw minigrad::Error("cannot start gnuplot");
  std::fwrite(script_.data(), 1, script_.size(), pipe);
  const int status = pclose(pipe);
  std::string svg = read_file(folder.path + "/svg");
  const std::size_t begin = svg.find("<svg"), end = svg.rfind("</svg>");
  if (status != 0 || begin == std::string::npos || end == std::string::npos) {
    std::string errors = read_file(folder.path + "/errors");
    replace_all(errors, "\n", " ");
    throw minigrad::Error("gnuplot cannot draw \"" + name_ + "\": " + errors.substr(0, 300));
  }
  svg = svg.substr(begin, end + 6 - begin) + "\n";  // without the XML prolog, as HTML wants it
  for (const std::string id : {"gpDot", "gpPt", "gnuplot_canvas", "textbox", "greybox"})
    replace_all(svg, id, name_ + "_" + id);
  return svg;
}

}  // namespace course_length
