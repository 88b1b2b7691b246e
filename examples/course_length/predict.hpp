// predict.hpp - the lecture's question, asked about any slide deck.
#pragma once

#include <cstdint>
#include <string>

#include "story.hpp"

namespace course_length {

/// What predict is asked. Without a title the networks look at three features, with one at all five.
struct Question {
  std::size_t pages = 0, words = 0;
  bool has_title = false;
  std::string title;
};

/// Trains the early-stopped networks and prints what they say, and how far off they were on the validation rows.
void predict(const Question& question, const std::string& file, std::uint64_t seed);

}  // namespace course_length
