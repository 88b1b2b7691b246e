// plot.hpp - a small writer for gnuplot: a script with its data inside goes in, a picture as SVG text comes out.
#pragma once

#include <string>
#include <vector>

namespace course_length {

/// Rows of numbers for gnuplot; a row without numbers is a gap, where a line breaks.
using Rows = std::vector<std::vector<double>>;

/// Whether there is a program named gnuplot.
bool have_gnuplot();

/// Colours that differ for colour-blind eyes as well (Okabe and Ito), and a grey.
inline const char* const black = "'#000000'";
inline const char* const blue = "'#0072B2'";
inline const char* const orange = "'#E69F00'";
inline const char* const green = "'#009E73'";
inline const char* const red = "'#D55E00'";
inline const char* const pink = "'#CC79A7'";
inline const char* const sky = "'#56B4E9'";
inline const char* const grey = "'#999999'";

/// A picture in the making. Plot picture("surface", 900, 600);
/// const std::string points = picture.data({{1, 2}, {3, 4}});
/// picture << "plot " + points + " with lines title " + quote("loss");
class Plot {
 public:
  /// `name` becomes part of the picture's ids, so that several pictures can stand in one page.
  Plot(const std::string& name, int width, int height);

  /// Adds a line of gnuplot's language.
  Plot& operator<<(const std::string& line);

  /// Adds rows of numbers as a data block and returns the name that plot commands call it by: "$data1".
  std::string data(const Rows& rows);

  /// Runs gnuplot. Throws minigrad::Error with what gnuplot has to say.
  std::string svg() const;

 private:
  std::string name_, script_;
  int blocks_ = 0;
};

/// Any text as a string of gnuplot's language.
std::string quote(const std::string& text);

/// A text beside an axis: set ytics (<tic>, <tic>, ...).
std::string tic(double at, const std::string& text);

}  // namespace course_length
