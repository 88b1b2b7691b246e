// lectures.hpp - the data: real lectures by course, and five features that a computer can read off a slide deck.
#pragma once

#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

namespace course_length {

using namespace minigrad;

/// Numbers are doubles throughout: the lines need the digits, and a training of a thousand updates in double comes out
/// the same, to the digits printed, whatever compiler built it.
using Data = Dataset<double>;

/// The rows of lectures.csv, course by course. Whatever needs words trains on ML2021 and the first half of GenAI2024
/// and is validated on the second half: the order of time, as one would have to do it in real life.
struct Lectures {
  std::string file;
  Table ml2021, genai2024, ml2026;
  Table first_half, second_half;  // of GenAI2024
  Table test;                     // the lecture that asks the question: one row
};

/// The order in which the stages add them.
inline const std::vector<std::string> all_features = {"pages", "words", "words/pages", "title length",
                                                      "has \"Learning\""};

/// The first `count` of all_features.
std::vector<std::string> features(std::size_t count);

/// Reads and checks the lectures. Throws DataError, which names file and culprit, for rows that no lecture can have,
/// for columns from which nothing can be learned and for courses without rows.
Lectures read_lectures(const std::string& file);

/// Reads the reconstructed points: pages and minutes.
Data read_moments(const std::string& file);

/// These features of these lectures, and the minutes.
Data dataset(const Table& lectures, const std::vector<std::string>& features);

/// The same for the rows to train on, and for those to validate on.
Data training_rows(const Lectures& lectures, const std::vector<std::string>& features);
Data validation_rows(const Lectures& lectures, const std::vector<std::string>& features);

/// The rows of both.
Data join(const Data& a, const Data& b);

/// A line for each feature of the one row x that lies outside what the training rows have.
std::vector<std::string> extrapolations(const Data& train, const Tensor<double>& x);

/// All five features of these lectures, [rows, 5].
Tensor<double> read_features(const Table& lectures);

/// One lecture that is no row of any file, as a table with the columns pages, words and title.
Table one_lecture(std::size_t pages, std::size_t words, const std::string& title);

}  // namespace course_length
