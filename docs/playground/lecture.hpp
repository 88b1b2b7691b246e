// lecture.hpp - the lecture's question: how many minutes will a class take, judging from its slides?
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "lectures.inc"  // the text of examples/data/lectures.csv, written by run.sh
#include "text.hpp"

namespace lecture {
using namespace minigrad;

struct Settings {
  int features = 1;  ///< bits: pages, words, words per page
  int model = 0;     ///< a line, a sum of hinges, a deep network
  int width = 16;    ///< how many hinges, or neurons in each of two layers
  bool scale = true;  ///< standardise features and minutes
  bool adam = false;
  double lr = 0.05;
  int batch = 0;     ///< rows in a batch; 0: all
  int seed = 0;
};

/// A training on the lectures before, and a validation on the newest quarter of them: split by time, as the lecture does.
class Training {
 public:
  explicit Training(const Settings& s) : settings_(s), rng_(static_cast<std::uint64_t>(s.seed)), model_(make_model()) {
    read();
    reset_optimizer();
    note();
  }

  void step() {
    const std::size_t rows = train_.size(), batch = settings_.batch <= 0 ? rows : static_cast<std::size_t>(settings_.batch);
    for (std::size_t k = 0; k < (std::min)(batch, rows); ++k) {
      if (order_.empty()) {
        order_.resize(rows);
        for (std::size_t i = 0; i < rows; ++i) order_[i] = static_cast<std::int64_t>(i);
        rng_.shuffle(order_);
      }
      batch_.push_back(order_.back());
      order_.pop_back();
    }
    const auto picked = Tensor<std::int64_t>::from({batch_.size()}, batch_);
    batch_.clear();
    graph_.clear();
    const auto loss = mse_loss(model_(graph_.input(index_select(train_.x, picked))), index_select(train_.y, picked));
    zero_grad(model_);
    backward(loss);
    if (settings_.adam) adam_[0].step();
    else sgd_[0].step();
    ++updates_;
    note();
  }

  bool diverged() const { return diverges(train_loss_, first_loss_); }
  void lr(double value) {
    if (settings_.adam) adam_[0].lr(value);
    else sgd_[0].lr(value);
  }

  /// Losses in square minutes, whatever the scale that the model works in.
  std::string status() const {
    return "{\"updates\":" + std::to_string(updates_) + ",\"train\":" + json(train_loss_) + ",\"validation\":" +
           json(validation_loss_) + ",\"best\":" + json(best_) + ",\"bestAt\":" + std::to_string(best_at_) +
           ",\"diverged\":" + (diverged() ? "true" : "false") + ",\"parameters\":" + std::to_string(count()) +
           ",\"line\":" + line() + "}";
  }
  /// Of a line: b and the w of each feature, in minutes and pages or words, whatever the scale that it works in.
  std::string line() const {
    if (settings_.model != 0) return "null";
    const auto p = parameters(const_cast<Sequential<double>&>(model_));
    const std::size_t n = train_.x.shape()[1];
    std::vector<double> out{p[1].value().item()};
    for (std::size_t k = 0; k < n; ++k) out.push_back(p[0].value().data()[k]);
    if (settings_.scale) {
      out[0] = out[0] * y_scale_.scale().item() + y_scale_.mean().item();
      for (std::size_t k = 0; k < n; ++k) {
        out[k + 1] *= y_scale_.scale().item() / x_scale_.scale().data()[k];
        out[0] -= out[k + 1] * x_scale_.mean().data()[k];
      }
    }
    return list(n + 1, [&](std::size_t k) { return json(out[k]); });
  }

  /// For each lecture: pages, true and predicted minutes, whether it is for training. For one feature, the curve too.
  std::string fit_json() {
    const auto rows = [&](const Dataset<double>& data, const Tensor<double>& raw, int kind) {
      const Tensor<double> predicted = minutes(model_(data.x)), right = minutes(data.y);
      return list(data.size(), [&](std::size_t i) {
        return "[" + json(raw.data()[i * raw.shape()[1]]) + "," + json(right.data()[i]) + "," + json(predicted.data()[i]) +
               "," + std::to_string(kind) + "]";
      });
    };
    std::string curve = "null";
    if (train_.x.shape()[1] == 1) {
      const double end = 1.05 * *std::max_element(raw_train_.begin(), raw_train_.end());
      const auto x = linspace<double>(0, end, 121).reshape({121, 1});
      const auto y = minutes(model_(settings_.scale ? x_scale_.transform(x) : x));
      curve = list(121, [&](std::size_t i) { return "[" + json(x.data()[i]) + "," + json(y.data()[i]) + "]"; });
    }
    return "{\"train\":" + rows(train_, raw_train_, 1) + ",\"validation\":" + rows(validation_, raw_validation_, 0) +
           ",\"curve\":" + curve + "}";
  }

  /// A line of one feature: w and b, in the scale that the model works in.
  bool has_surface() const { return settings_.model == 0 && train_.x.shape()[1] == 1; }
  std::string weights_json() {
    const auto p = parameters(model_);
    return "[" + json(p[0].value().data()[0]) + "," + json(p[1].value().data()[0]) + "]";
  }
  /// Its training loss on side x side pairs of w in w0 .. w1 and b in b0 .. b1, in square minutes.
  const std::vector<float>& surface(std::size_t side, double w0, double w1, double b0, double b1) {
    surface_.clear();
    const double unit = settings_.scale ? y_scale_.scale().item() * y_scale_.scale().item() : 1;
    for (std::size_t i = 0; i < side; ++i)
      for (std::size_t j = 0; j < side; ++j) {
        const double w = w0 + (w1 - w0) * static_cast<double>(j) / static_cast<double>(side - 1);
        const double b = b1 - (b1 - b0) * static_cast<double>(i) / static_cast<double>(side - 1);
        surface_.push_back(static_cast<float>(unit * mse_loss(train_.x * w + b, train_.y).item()));
      }
    return surface_;
  }
  /// The w and b of least training loss, by the closed form.
  std::string closed_form() const {
    const auto best = lstsq(concatenate({train_.x, ones<double>({train_.size(), 1})}, 1), train_.y);
    return "[" + json(best.data()[0]) + "," + json(best.data()[best.size() - 1]) + "]";
  }

 private:
  Sequential<double> make_model() {
    std::size_t in = 0;
    for (int k = 0; k < 3; ++k) in += static_cast<std::size_t>(settings_.features >> k & 1);
    const auto width = static_cast<std::size_t>(settings_.width);
    if (settings_.model == 0) return Sequential<double>{Linear<double>(in, 1, rng_)};
    if (settings_.model == 1) return Sequential<double>{Linear<double>(in, width, rng_), ReLU(), Linear<double>(width, 1, rng_)};
    return Sequential<double>{Linear<double>(in, width, rng_), ReLU(), Linear<double>(width, width, rng_), ReLU(),
                              Linear<double>(width, 1, rng_)};
  }

  void read() {
    Table table = parse_csv(lectures_csv, "lectures.csv");
    if (settings_.features & 6) table = table.drop_missing({"words"});  // the words of ten decks are not known
    const auto pages = to_tensor<double>(table, {"pages"}), y = to_tensor<double>(table, {"minutes"});
    std::vector<Tensor<double>> chosen;
    if (settings_.features & 1) chosen.push_back(pages);
    if (settings_.features & 6) {
      const auto words = to_tensor<double>(table, {"words"});
      if (settings_.features & 2) chosen.push_back(words);
      if (settings_.features & 4) chosen.push_back(words / pages);
    }
    const auto x = concatenate(chosen, 1);
    const std::size_t rows = x.shape()[0], first = rows - rows / 4;  // the newest quarter is for validation
    raw_train_ = slice(x, 0, first), raw_validation_ = slice(x, first, rows);
    auto train_y = slice(y, 0, first), validation_y = slice(y, first, rows);
    auto train_x = raw_train_, validation_x = raw_validation_;
    if (settings_.scale) {
      train_x = x_scale_.fit_transform(train_x), validation_x = x_scale_.transform(validation_x);
      train_y = y_scale_.fit_transform(train_y), validation_y = y_scale_.transform(validation_y);
    }
    train_ = Dataset<double>(train_x, train_y), validation_ = Dataset<double>(validation_x, validation_y);
  }
  void reset_optimizer() {
    if (settings_.adam) adam_.emplace_back(model_, AdamOptions{.lr = settings_.lr});
    else sgd_.emplace_back(model_, SGDOptions{.lr = settings_.lr});
  }
  Tensor<double> minutes(const Tensor<double>& y) const { return settings_.scale ? y_scale_.inverse_transform(y) : y; }
  void note() {
    const double unit = settings_.scale ? y_scale_.scale().item() * y_scale_.scale().item() : 1;
    train_loss_ = unit * mse_loss(model_(train_.x), train_.y).item();
    validation_loss_ = unit * mse_loss(model_(validation_.x), validation_.y).item();
    if (updates_ == 0) first_loss_ = train_loss_;
    // What oscillates by rounding is no better: a loss counts as the lowest where it is lower by 0.1 %.
    if (updates_ == 0 || validation_loss_ < 0.999 * best_) best_ = validation_loss_, best_at_ = updates_;
  }
  std::size_t count() const {
    std::size_t out = 0;
    for (const auto& p : parameters(const_cast<Sequential<double>&>(model_))) out += p.value().size();
    return out;
  }

  Settings settings_;
  Rng rng_;
  Sequential<double> model_;
  Tensor<double> raw_train_, raw_validation_;
  Dataset<double> train_, validation_;
  StandardScaler<double> x_scale_, y_scale_;
  std::vector<SGD<Tensor<double>>> sgd_;
  std::vector<Adam<Tensor<double>>> adam_;
  Graph<Tensor<double>> graph_;
  std::vector<std::int64_t> order_, batch_;
  std::vector<float> surface_;
  std::size_t updates_ = 0, best_at_ = 0;
  double train_loss_ = 0, first_loss_ = 0, validation_loss_ = 0, best_ = 0;
};

}  // namespace lecture
