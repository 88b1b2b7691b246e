#include <minigrad/train/history.hpp>
#include <minigrad/train/read_history.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

using minigrad::DataError;
using minigrad::Epoch;
using minigrad::Error;
using minigrad::History;
using minigrad::IndexError;
using minigrad::TrainingError;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

/// Two epochs, the first one without validation.
History two_epochs() {
  History history;
  Epoch first{.epoch = 1, .updates = 3, .train_loss = 0.1};
  first.lr = 0.001;
  first.grad_norm = 12.5;
  first.seconds = 0.25;
  Epoch second{.epoch = 2, .updates = 6, .train_loss = 240.0 / 7, .validation_loss = 1e-12};
  second.lr = 0.0001;
  second.grad_norm = 1e20;
  second.seconds = 61.5;
  history.epochs = {first, second};
  history.best_epoch = 2;
  return history;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TEST_CASE("a new history is empty, and a new epoch has no validation loss") {
  CHECK(History().epochs.empty());
  CHECK(History().best_epoch == 0);
  CHECK_FALSE(History().stopped_early);
  CHECK(minigrad::detail::is_nan(Epoch().validation_loss));
}

TEST_CASE("the best epoch's record is found by best(), and is asked for in vain without validation") {
  CHECK(two_epochs().best().validation_loss == 1e-12);
  CHECK(two_epochs().best().epoch == 2);
  CHECK_THROWS_WITH_AS(History().best(),
                       "minigrad: History: no best epoch: there was no validation, or its loss was never finite",
                       IndexError);
}

TEST_CASE("a history as CSV has a header and a line for each epoch, and leaves out a validation loss that there was not") {
  CHECK(two_epochs().to_csv() ==
        "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds\n"
        "1,3,0.1,,0.001,12.5,0.25\n"
        "2,6,34.2857143,1e-12,0.0001,1e+20,61.5\n");
  CHECK(History().to_csv() == "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds\n");
}

TEST_CASE("an infinite validation loss is written as such") {
  History history;
  history.epochs.push_back({.epoch = 1, .validation_loss = infinity});
  CHECK(history.to_csv() == "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds\n1,0,0,inf,0,0,0\n");
}

TEST_CASE("write_csv writes a file, over one that is there") {
  const auto name = "minigrad_history_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(&content_of)) + ".csv";
  const auto path = std::filesystem::temp_directory_path() / name;
  std::ofstream(path) << std::string(10'000, 'x');
  two_epochs().write_csv(path.string());
  CHECK(content_of(path) == two_epochs().to_csv());
  std::filesystem::remove(path);
}

TEST_CASE("read_history gives back the metrics too, also those that are not finite") {
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_read_history_test.csv").string();
  History history = two_epochs();
  history.metric_names = {"validation_auc", "train_auc"};
  history.epochs[0].metrics = {0.5, infinity};
  history.epochs[1].metrics = {0.75, 0.25};
  history.write_csv(path);
  const History back = minigrad::read_history(path);
  CHECK(back.to_csv() == history.to_csv());
  CHECK(back.metric("train_auc") == std::vector<double>{infinity, 0.25});
  CHECK(back.best_epoch == 2);
  two_epochs().write_csv(path);
  CHECK(minigrad::read_history(path).metric_names.empty());
  std::filesystem::remove(path);
}

TEST_CASE("the state of a history has every digit, and a state that is not one is refused as a whole") {
  History history = two_epochs();
  history.metric_names = {"validation_auc", "train_auc"};
  history.epochs[0].metrics = {1.0 / 3, infinity};
  history.epochs[1].metrics = {0.75, 0.25};
  history.stopped_early = true;
  History back;
  back.load_state_dict(history.state_dict());
  CHECK(back.epochs[1].train_loss == history.epochs[1].train_loss);
  CHECK(back.metric("validation_auc") == history.metric("validation_auc"));
  CHECK(back.to_csv() == history.to_csv());
  CHECK(back.best_epoch == 2);
  CHECK(back.stopped_early);

  back.load_state_dict(History().state_dict());
  CHECK(back.epochs.empty());
  CHECK(back.metric_names.empty());

  minigrad::StateDict state = history.state_dict();
  state.metadata("metric_names", "validation_auc,");
  CHECK_THROWS_WITH_AS(back.load_state_dict(state),
                       "minigrad: History: load_state_dict: the state does not fit: epochs is F64 [2, 9] in the state, "
                       "and F64 [2, 8] here",
                       minigrad::ValueError);
  history.best_epoch = 3;
  CHECK_THROWS_WITH_AS(back.load_state_dict(history.state_dict()),
                       "minigrad: History: load_state_dict: the best epoch is 3 of 2", minigrad::ValueError);
  CHECK(back.epochs.empty());
}

TEST_CASE("write_csv says which file cannot be written") {
  const std::string path = "/no such folder/history.csv";
  CHECK_THROWS_WITH_AS(two_epochs().write_csv(path),
                       "minigrad: write_csv: \"/no such folder/history.csv\": cannot write: No such file or directory",
                       DataError);
  try {
    two_epochs().write_csv(path);
  } catch (const DataError& error) {
    CHECK(error.file == path);
    CHECK(error.line == 0);
  }
#if defined(__linux__)
  CHECK_THROWS_AS(two_epochs().write_csv("/dev/full"), DataError);  // opens, and then takes nothing
#endif
}

TEST_CASE("a TrainingError is an Error that carries the epochs before it") {
  try {
    throw TrainingError("minigrad: no more", two_epochs());
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "minigrad: no more");
    const auto* training_error = dynamic_cast<const TrainingError*>(&error);
    REQUIRE(training_error != nullptr);
    CHECK(training_error->history.epochs.size() == 2);
    CHECK(training_error->history.best_epoch == 2);
  }
}
