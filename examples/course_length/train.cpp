// train.cpp - training with a checkpoint that Ctrl-C does not lose, and answers of the saved network.
#include "train.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>

#include <minigrad/io/export_onnx.hpp>
#include <minigrad/io/load_model.hpp>

namespace course_length {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // only then may a signal handler set it

/// Sets `stop` at the first Ctrl-C. At the second the program ends at once, as without this.
struct StopOnInterrupt {
  StopOnInterrupt() { before = std::signal(SIGINT, handle); }
  ~StopOnInterrupt() { std::signal(SIGINT, before); }
  static void handle(int) {
    stop = true;
    std::signal(SIGINT, SIG_DFL);
  }
  void (*before)(int);
};

}  // namespace

void train(const Order& order, const std::string& file, std::uint64_t seed) {
  const Lectures lectures = read_lectures(file);
  const std::vector<std::string> wanted = features(order.has_title ? 5 : 3);
  const Data all = training_rows(lectures, wanted);
  const std::vector<std::string> dropped = constant_features(all);
  const StopOnInterrupt guard;
  Recipe recipe{.epochs = order.epochs, .patience = order.patience};
  recipe.checkpoint = order.checkpoint;
  recipe.stop = &stop;
  Training done = train_network(drop_features(all, dropped), drop_features(validation_rows(lectures, wanted), dropped),
                                recipe, seed);
  const History& history = done.history;
  if (history.interrupted && !order.checkpoint.empty()) {
    std::printf("interrupted after %zu epochs; the same command goes on from %s\n", history.epochs.size(),
                order.checkpoint.c_str());
    return;
  }
  const Regressor& regressor = done.regressor;
  ModelInfo<double> info{.x_scaler = regressor.x_scale, .y_scaler = regressor.y_scale};
  for (const std::string& name : wanted)
    if (std::find(dropped.begin(), dropped.end(), name) == dropped.end()) info.features.push_back(name);
  save(order.save, done.regressor.network, info);
  std::printf("%s after %zu epochs; ", history.interrupted ? "interrupted" : "trained", history.epochs.size());
  if (history.best_epoch > 0)
    std::printf("best was epoch %zu, validation error %s min^2; ", history.best_epoch,
                one_decimal(history.best().validation_loss * done.loss_unit).c_str());
  std::printf("saved to %s\n", order.save.c_str());
}

void predict_by(const std::string& model, const Question& question) {
  const LoadedModel<double> loaded = load_model<double>(model);
  const std::vector<std::string>& wanted = loaded.info.features;
  for (const std::string& name : wanted) {
    const auto at = std::find(all_features.begin(), all_features.end(), name);
    if (at == all_features.end())
      throw Error("course_length: \"" + model + "\" looks at \"" + name + "\", which is no feature of a lecture");
    if (at - all_features.begin() >= 3 && !question.has_title)
      throw Error("course_length: \"" + model + "\" looks at the title: give --title");
  }
  const Tensor<double> asked = read_features(one_lecture(question.pages, question.words, question.title));
  const Tensor<double> x = select_features(Data(asked, zeros<double>({1, 1}), all_features), wanted).x;
  std::printf("%s minutes\n", rounded(loaded.predict(x).item()).c_str());
}

void export_model(const std::string& model, const std::string& onnx) {
  LoadedModel<double> loaded = load_model<double>(model);
  const ModelInfo<double>& info = loaded.info;
  if (info.features.empty() || !info.x_scaler || !info.y_scaler)
    throw Error("course_length: \"" + model + "\" was not saved by train: it has no features or scalers");
  export_onnx(onnx, loaded.model, zeros<double>({1, info.features.size()}),
              {.inputs = &*info.x_scaler, .targets = &*info.y_scaler});
  std::string names;
  for (const std::string& name : info.features) names += (names.empty() ? "" : ", ") + name;
  std::printf("exported to %s: from rows of %s to minutes, in double\n", onnx.c_str(), names.c_str());
}

}  // namespace course_length
