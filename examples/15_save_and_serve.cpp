// 15 save and serve
// One program trains, another answers questions. Between them is one file: the weights, the layers, and what the other
// program cannot know, namely the names of the features and of the answers, and the scales of the features. Here both
// are this program, run twice: "train FILE" writes the file, "serve FILE" reads it and answers from four threads at
// once. Without arguments it does one after the other.
//
//   g++ -std=c++20 -O2 -Iinclude examples/15_save_and_serve.cpp -o 15_save_and_serve && ./15_save_and_serve
//
// (Add -pthread where the C library is older than glibc 2.34.) The data are real: chemical analyses of Italian
// wines (see data/README.md).

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <minigrad/io/load_model.hpp>
#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

// --- the program that trains ---

void train_and_save(const std::string& data, const std::string& path) {
  const Table wines = read_csv(data);
  std::vector<std::string> features = wines.columns();
  features.pop_back();  // the last column is the label
  const ClassLabels growers = class_labels(wines, "cultivar");
  const Dataset<float, std::int64_t> all(to_tensor<float>(wines, features), growers.codes);
  Rng rng(1);
  auto [train, validation] = train_test_split(all, 0.5, rng);
  const StandardScaler<float> scaler = StandardScaler<float>().fit(train.x, features);
  train.x = scaler.transform(train.x);
  validation.x = scaler.transform(validation.x);

  Sequential model{Linear(features.size(), 16, rng), ReLU(), Linear(16, growers.names.size(), rng)};
  Adam optimizer(model, {.lr = 0.01});
  fit(model, CrossEntropyLoss(), optimizer, train, validation, {.epochs = 30});
  std::printf("trained on %zu wines; accuracy on the other %zu: %.3f\n", train.size(), validation.size(),
              accuracy_score(validation.y, argmax(model(validation.x), 1)));
  save(path, model, ModelInfo<float>{.features = features, .classes = growers.names, .x_scaler = scaler});
}

// --- the program that answers: it knows the file, and nothing else of the above ---

/// Answers one request after another: which class has the largest score? Its ops are recorded once, so that an answer
/// allocates nothing. Each thread needs a server of its own; the model they share.
auto make_server(const LoadedModel<float>& loaded) {
  const auto one_row = zeros({1, loaded.info.features.size()});
  return [&loaded, score = capture([&loaded](auto x) { return loaded.model(x); }, one_row)](
             const Tensor<float>& request) mutable {
    return argmax(score(loaded.info.x_scaler->transform(request)), 1)[0];
  };
}

void serve(const std::string& data, const std::string& path) {
  LoadedModel<float> loaded = load_model(path);
  std::printf("loaded %s, %zu features, %zu classes\n", loaded.model.describe().c_str(), loaded.info.features.size(),
              loaded.info.classes.size());
  for (const auto& parameter : parameters(loaded.model)) parameter.requires_grad(false);  // no gradients are asked for

  // The requests: all wines of the table, whose columns are found by the names in the file.
  const auto requests = to_tensor<float>(read_csv(data), loaded.info.features);
  const std::size_t count = requests.shape()[0];
  std::vector<std::int64_t> answers(count);
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int k = 0; k < 4; ++k)
    threads.emplace_back([&] {
      auto server = make_server(loaded);
      for (std::size_t i; (i = next++) < count;) answers[i] = server(slice(requests, i, i + 1));
    });
  for (std::thread& thread : threads) thread.join();

  const auto all_at_once = argmax(loaded.predict(requests), 1);
  std::size_t equal = 0;
  for (std::size_t i = 0; i < count; ++i) equal += answers[i] == all_at_once[i];
  std::printf("answered %zu requests from 4 threads; %zu answers are those of one call for all rows\n", count, equal);
  for (const std::size_t i : {0u, 70u, 177u})
    std::printf("  wine %3zu is from grower %s\n", i, loaded.info.classes[static_cast<std::size_t>(answers[i])].c_str());
}

void story(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const std::string path = argc > 2 ? argv[2] : "wine.safetensors";
  if (argc > 1 && (argc == 2 || (mode != "train" && mode != "serve")))
    throw Error("usage: 15_save_and_serve [train FILE [DATA] | serve FILE [DATA]]");
  const std::string data = find_data(argc, argv, "wine.csv", 3);
  if (mode != "serve") train_and_save(data, path);
  if (mode != "train") serve(data, path);
  if (mode.empty()) std::remove(path.c_str());
}

int main(int argc, char** argv) { return run(argc, argv, story); }
