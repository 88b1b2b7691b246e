// networks.cpp - the networks, and how they are trained.
#include "networks.hpp"

#include <cmath>
#include <future>

namespace course_length {

Sequential<double> sum_of_hinges(std::size_t inputs, Rng& rng) {
  return Sequential{Linear<double>(inputs, 100, rng), ReLU(), Linear<double>(100, 1, rng)};
}

Sequential<double> deep_network(std::size_t inputs, Rng& rng) {
  return Sequential{Linear<double>(inputs, 64, rng), ReLU(), Linear<double>(64, 64, rng), ReLU(),
                    Linear<double>(64, 1, rng)};
}

Training train_network(const Data& train, const Data& validation, const Recipe& recipe, std::uint64_t seed) {
  Rng rng(seed);
  Regressor regressor{StandardScaler<double>().fit(train.x, train.names()),
                      StandardScaler<double>().fit(train.y, {"minutes"}), recipe.network(train.x.shape()[1], rng)};
  const auto standardise = [&](const Data& data) {
    return Data(regressor.x_scale.transform(data.x), regressor.y_scale.transform(data.y), data.feature_names);
  };
  Adam optimizer(regressor.network, {.lr = recipe.lr});
  History history = fit(regressor.network, MSELoss(), optimizer, standardise(train), standardise(validation),
                        {.epochs = recipe.epochs,
                         .batch_size = train.size(),
                         .shuffle = false,
                         .patience = recipe.patience,
                         .restore_best = recipe.patience > 0,
                         .progress = false,
                         .checkpoint = recipe.checkpoint,
                         .checkpoint_every = recipe.checkpoint.empty() ? 1u : 100u,
                         .resume = recipe.checkpoint,
                         .stop = recipe.stop});
  const double scale = regressor.y_scale.scale().item();
  return {std::move(regressor), std::move(history), scale * scale};
}

Trainings train_networks(const Data& all_train, const Data& all_validation, const Recipe& recipe, std::uint64_t seed) {
  const std::vector<std::string> dropped = constant_features(all_train);
  const Data train = drop_features(all_train, dropped), validation = drop_features(all_validation, dropped);

  // The trainings share nothing, so that all cores can work at once, and the results are the same as one after another.
  std::vector<std::future<Training>> started;
  for (std::size_t k = 0; k < trainings; ++k)
    started.push_back(
        std::async(std::launch::async, train_network, std::cref(train), std::cref(validation), recipe, seed + k));

  Trainings all{train.names(), dropped, {}, {}, {}, {}};
  std::vector<double> train_errors, validation_errors, epochs;
  for (std::future<Training>& result : started) {
    all.runs.push_back(result.get());
    const Training& run = all.runs.back();
    train_errors.push_back(mean_squared_error(run.regressor, train));
    validation_errors.push_back(mean_squared_error(run.regressor, validation));
    epochs.push_back(static_cast<double>(run.history.best_epoch));
  }
  all.train = Spread(train_errors);
  all.validation = Spread(validation_errors);
  all.epoch = Spread(epochs);
  return all;
}

std::vector<Spread> Trainings::predict(const Tensor<double>& x) const {
  std::vector<Spread> spreads;
  for (std::size_t row = 0; row < x.shape()[0]; ++row) {
    std::vector<double> minutes;
    for (const Training& run : runs) minutes.push_back(run.regressor(slice(x, row, row + 1)).item());
    spreads.emplace_back(minutes);
  }
  return spreads;
}

double root_mean_square(const std::vector<double>& errors) {
  double sum = 0;
  for (const double error : errors) sum += error * error;
  return std::sqrt(sum / static_cast<double>(errors.size()));
}

}  // namespace course_length
