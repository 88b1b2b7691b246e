// train.hpp - one network, trained, kept in a file, and asked later.
#pragma once

#include <cstdint>
#include <string>

#include "predict.hpp"

namespace course_length {

/// What train is told.
struct Order {
  std::string save, checkpoint;  // the file of the model; that of the training, or empty
  bool has_title = false;        // look at all five features
  std::size_t epochs = 1000, patience = 100;
};

/// Trains one early-stopped network and saves it with its scalers and the names of its features. Ctrl-C ends the
/// training after the step in hand. With a checkpoint the same command then goes on where it stopped. Without, what has
/// been learned so far is saved.
void train(const Order& order, const std::string& file, std::uint64_t seed);

/// Writes a saved network as an ONNX file, which takes the features as they are and gives minutes.
void export_model(const std::string& model, const std::string& onnx);

/// Prints what a saved network says.
void predict_by(const std::string& model, const Question& question);

}  // namespace course_length
