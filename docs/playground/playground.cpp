// playground.cpp - what the page calls. State, training and graphs are here; JavaScript draws and listens.
//
// Each function returns JSON, or the address of numbers. What goes wrong is {"error": "..."}: nothing is thrown into
// JavaScript.
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "classify.hpp"
#include "expression.hpp"
#include "lecture.hpp"

#if defined(__EMSCRIPTEN__)
#include <emscripten.h>
#define EXPORT extern "C" EMSCRIPTEN_KEEPALIVE
#else
#define EXPORT extern "C"
#endif

namespace {

std::unique_ptr<lecture::Training> lecture_;
std::unique_ptr<classify::Training> classify_;
std::unique_ptr<expression::Explorer> explorer_;

/// What was started last.
template <class T>
T& started(const std::unique_ptr<T>& one) {
  if (!one) throw minigrad::Error("nothing was started");
  return *one;
}

template <class F>
const char* guarded(const F& f) {
  try {
    return give(f());
  } catch (const Problem& problem) {
    return give("{\"error\":" + problem.json + "}");
  } catch (const std::exception& error) {
    return give("{\"error\":" + quoted(error.what()) + "}");
  }
}

}  // namespace

EXPORT const char* lecture_start(int features, int model, int width, int scale, int adam, double lr, int batch, int seed) {
  return guarded([&] {
    lecture_ = std::make_unique<lecture::Training>(
        lecture::Settings{features, model, width, scale != 0, adam != 0, lr, batch, seed});
    return started(lecture_).status();
  });
}
/// Runs `steps` updates, and gives the status after each.
EXPORT const char* lecture_run(int steps) {
  return guarded([&] {
    std::string out = "[";
    for (int k = 0; k < steps && !started(lecture_).diverged(); ++k) {
      started(lecture_).step();
      out += (out.size() > 1 ? "," : "") + started(lecture_).status();
    }
    return out + "]";
  });
}
/// Goes on with another learning rate.
EXPORT const char* lecture_lr(double lr) {
  return guarded([&] {
    started(lecture_).lr(lr);
    return started(lecture_).status();
  });
}
EXPORT const char* lecture_fit() { return guarded([] { return started(lecture_).fit_json(); }); }
EXPORT const char* lecture_weights() {
  return guarded([] { return started(lecture_).has_surface() ? started(lecture_).weights_json() : std::string("null"); });
}
EXPORT const char* lecture_closed_form() { return guarded([] { return started(lecture_).closed_form(); }); }
EXPORT const float* lecture_surface(int side, double w0, double w1, double b0, double b1) {
  return started(lecture_).surface(static_cast<std::size_t>(side), w0, w1, b0, b1).data();
}

/// hidden: "4,2", the neurons of each hidden layer.
EXPORT const char* classify_start(int data, int classes, double noise, double train_share, int batch, int features,
                                  int activation, int penalty, double penalty_rate, double lr, int seed,
                                  const char* hidden) {
  return guarded([&] {
    classify::Settings s{data, classes, noise, train_share, batch, features, activation, penalty, penalty_rate, lr, seed, {}};
    int width = 0;
    for (const char* c = hidden; *c; ++c) {
      if (*c == ',') s.hidden.push_back(width), width = 0;
      else width = 10 * width + (*c - '0');
    }
    if (width > 0) s.hidden.push_back(width);
    classify_ = std::make_unique<classify::Training>(s);
    return started(classify_).status();
  });
}
EXPORT const char* classify_run(int epochs) {
  return guarded([&] {
    for (int k = 0; k < epochs && !started(classify_).diverged(); ++k) started(classify_).epoch();
    return started(classify_).status();
  });
}
EXPORT const char* classify_lr(double lr) {
  return guarded([&] {
    started(classify_).lr(lr);
    return started(classify_).status();
  });
}
EXPORT const char* classify_status() { return guarded([] { return started(classify_).status(); }); }
EXPORT const char* classify_points() { return guarded([] { return started(classify_).points_json(); }); }
EXPORT const char* classify_weights() { return guarded([] { return started(classify_).weights_json(); }); }
EXPORT const char* classify_set_weight(int layer, int to, int from, double value) {
  return guarded([&] {
    started(classify_).set_weight(static_cast<std::size_t>(layer), static_cast<std::size_t>(to), static_cast<std::size_t>(from), value);
    return started(classify_).status();
  });
}
EXPORT const float* classify_pictures(int side) { return started(classify_).pictures(static_cast<std::size_t>(side)).data(); }
EXPORT const char* classify_program() { return guarded([] { return started(classify_).program(); }); }
EXPORT int classify_edited() { return classify_ && classify_->edited(); }

/// values: "x=2, y=3".
EXPORT const char* graph_start(const char* formula, const char* values) {
  return guarded([&] {
    explorer_.reset();
    explorer_ = std::make_unique<expression::Explorer>(formula, values);
    return started(explorer_).to_json();
  });
}
EXPORT const char* graph_differentiate(const char* variable) {
  return guarded([&] {
    started(explorer_).differentiate(variable);
    return started(explorer_).to_json();
  });
}

/// Trains a fixed network for so many epochs, and gives their number. tests/playground.sh times it in a browser and in a
/// native program.
EXPORT double benchmark_epochs(int epochs) {
  classify::Training training({.data = 0, .classes = 2, .hidden = {64, 64}});
  for (int k = 0; k < epochs; ++k) training.epoch();
  return static_cast<double>(training.epochs());
}

#if !defined(__EMSCRIPTEN__)
#include <chrono>
#include <cstdio>
/// Without a browser: prints what each function gives, and times the benchmark.
int main() {
  std::printf("%s\n", lecture_start(1, 0, 16, 1, 0, 0.05, 0, 0));
  std::printf("%.200s\n", lecture_run(100));
  std::printf("%s\n", lecture_weights());
  std::printf("%s\n", lecture_closed_form());
  std::printf("%s\n", classify_start(0, 2, 0, 0.5, 10, 3, 0, 0, 0, 0.03, 0, "4,2"));
  std::printf("%s\n", classify_run(10));
  std::printf("%s\n", graph_start("x*y + sin(x)", "x=2,y=3"));
  std::printf("%s\n", graph_differentiate("x"));
  std::printf("%s\n", graph_start("x*(y", ""));
  const auto start = std::chrono::steady_clock::now();
  const double epochs = benchmark_epochs(200);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f epochs in %.3f s\n", epochs, took.count());
}
#endif
