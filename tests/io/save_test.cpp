#include <minigrad/io/load_model.hpp>
#include <minigrad/minigrad.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

using namespace minigrad;

namespace {

struct File {
  std::string path = (std::filesystem::temp_directory_path() / "minigrad_save_test.safetensors").string();
  ~File() { std::filesystem::remove(path); }
};

template <class Call>
std::string message(const File& file, const Call& call) {
  try {
    call();
  } catch (const DataError& error) {
    std::string what = error.what();
    CHECK(error.file == file.path);
    return what.replace(what.find(file.path), file.path.size(), "f");
  }
  return "no error";
}

struct Net {
  Linear<float> hidden;
  Tensor<float> mean;
  explicit Net(Rng& rng) : hidden(2, 3, rng), mean{5, 6} {}
  auto operator()(const auto& x) const { return hidden(x - mean); }
  auto parts() { return std::tie(hidden, mean); }
  static constexpr const char* part_names[] = {"hidden", "mean"};
};

struct Numbered {  // as the layers of a Sequential are
  Linear<float> layer;
  auto operator()(const auto& x) const { return tanh(layer(x)) + x; }
  auto parts() { return std::tie(layer); }
  static constexpr const char* part_names[] = {"0"};
};
struct Named {
  Linear<float> layer;
  auto operator()(const auto& x) const { return layer(x); }
  auto parts() { return std::tie(layer); }
  static constexpr const char* part_names[] = {"layer"};
};

}  // namespace

TEST_CASE("a model comes back from its file") {
  const File file;
  Rng rng(0);
  Net saved(rng), loaded(rng);
  loaded.mean = {0, 0};
  save(file.path, saved);
  const StateDict extra = load(file.path, loaded);
  const Tensor<float> x{{1, 2}};
  CHECK(saved(x) == loaded(x));
  CHECK(extra.metadata("layers") == "hidden: Linear(2, 3)\n");
}

TEST_CASE("a const model is saved like any other, alone and with what a program needs") {
  const File file;
  Rng rng(0);
  const Net saved(rng);
  Net loaded(rng);
  save(file.path, saved);
  load(file.path, loaded);
  const Tensor<float> x{{1, 2}};
  CHECK(saved(x) == loaded(x));

  const Sequential model{Linear(2, 2, rng)};
  save(file.path, model, ModelInfo<float>{.classes = {"no", "yes"}});
  CHECK(load_model(file.path).predict(x) == model(x));
}

TEST_CASE("what a program needs to use the model is saved with it") {
  const File file;
  Rng rng(0);
  Net model(rng);
  StandardScaler scaler, other;
  scaler.fit({{1, 2}, {3, 8}});
  StateDict extra;
  extra.add("scaler.", scaler.state_dict());
  extra.metadata("features", "pages,words");
  save(file.path, model, extra);
  CHECK(read_safetensors(file.path).find("minigrad.scaler.mean"));
  const StateDict found = load(file.path, model);
  other.load_state_dict(found.part("scaler."));
  CHECK(other.transform({{2, 2}}) == scaler.transform({{2, 2}}));
  CHECK(found.metadata("features") == "pages,words");
}

TEST_CASE("what load gave may be saved with another model, whose layers the file then has") {
  const File file;
  Rng rng(0);
  Sequential<float> first{Linear<float>(2, 3, rng), Tanh(), Linear<float>(3, 1, rng)};
  Sequential<float> second{Linear<float>(2, 3, rng), ReLU(), Linear<float>(3, 4, rng)};
  StateDict extra;
  extra.metadata("features", "pages,words");
  save(file.path, first, extra);
  save(file.path, second, load(file.path, first));
  const StateDict found = load(file.path, second);
  CHECK(found.metadata("features") == "pages,words");
  CHECK(found.metadata("layers") == "0: Linear(2, 3)\n1: ReLU\n2: Linear(3, 4)\n");
  CHECK(load_model(file.path).model.size() == 3);
}

TEST_CASE("load says in which layers and tensors a file is of another model, and changes nothing") {
  const File file;
  Rng rng(0);
  Sequential saved{Linear(2, 3, rng), Tanh(), Linear(3, 1, rng)};
  save(file.path, saved);
  Sequential other{Linear(2, 3, rng), ReLU(), Linear(3, 1, rng)};
  const auto before = state_dict(other).get<float>("0.weight");
  CHECK(message(file, [&] { load(file.path, other); }) ==
        "minigrad: load: \"f\": this is another model: 1: Tanh in the file, and 1: ReLU here");
  CHECK(state_dict(other).get<float>("0.weight") == before);
  Sequential wider{Linear(2, 3, rng), Tanh(), Linear(3, 1, rng), Linear(1, 1, rng)};
  CHECK(message(file, [&] { load(file.path, wider); }) ==
        "minigrad: load: \"f\": this is another model: no layer in the file, and 3: Linear(1, 1) here; missing: "
        "3.weight, "
        "3.bias");
  Sequential doubles{Linear<double>(2, 3, rng), Tanh(), Linear<double>(3, 1, rng)};
  CHECK(message(file, [&] { load(file.path, doubles); }).find("0.weight is F32 [3, 2] in the state, and F64 [3, 2]") !=
        std::string::npos);
}

TEST_CASE("load_model rebuilds every layer of the library, in evaluation mode") {
  const File file;
  Rng rng(0);
  Sequential saved{Linear(2, 8, rng),
                   ReLU(),
                   LeakyReLU{1.0 / 3},
                   ELU{0.7},
                   Dropout(0.3, rng),
                   Linear(8, 4, rng),
                   Tanh(),
                   Sigmoid(),
                   Sequential{Softplus(), Linear(4, 4, rng), Sequential<float>(), GELU()},
                   SiLU(),
                   Softmax(),
                   LogSoftmax{0},
                   Linear(4, 3, rng, {.bias = false})};
  save(file.path, saved);
  auto [model, info, extra] = load_model(file.path);
  CHECK(info.features.empty());
  CHECK(model.describe() == saved.describe());
  CHECK(model.get<LeakyReLU>(2).slope == 1.0 / 3);
  CHECK(model.get<LogSoftmax>(11).axis == 0);
  saved.eval();
  const Tensor<float> x{{1, 2}, {3, 4}};
  CHECK(model(x) == saved(x));
  const std::string other = message(file, [&] { load_model<double>(file.path); });
  CHECK(other.find("its tensors do not fit its layers: 0.weight is F32 [8, 2] in the state") != std::string::npos);
  CHECK(other.find("; for a model of float call load_model<float>(path)") != std::string::npos);
}

TEST_CASE("a model goes out with its scalers and names, and predicts in the units of the data") {
  const File file;
  Rng rng(0);
  Sequential model{Linear(2, 4, rng), Dropout(0.5, rng), Linear(4, 1, rng)};
  const Tensor<float> x{{1, 200}, {3, 800}, {2, 100}}, y{{10}, {30}, {70}};
  const StandardScaler x_scaler = StandardScaler().fit(x), y_scaler = StandardScaler().fit(y);
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back("a \"name\",\n" + std::to_string(i));
  const ModelInfo<float> info{{"pages", "words, in all"}, {"minutes"}, x_scaler, y_scaler};
  save(file.path, model, info);
  const LoadedModel<float> loaded = load_model(file.path);
  model.eval();
  CHECK(loaded.predict(x) == y_scaler.inverse_transform(model(x_scaler.transform(x))));
  CHECK(loaded.info.features == info.features);
  CHECK(loaded.info.classes == info.classes);

  Sequential wide{Linear(2, names.size(), rng)};
  save(file.path, wide, ModelInfo<float>{.classes = names});
  CHECK(load_model(file.path).info.classes == names);

  save(file.path, model, ModelInfo<float>{.classes = {"no", "yes"}});
  const LoadedModel<float> plain = load_model(file.path);
  CHECK(plain.predict(x) == model(x));
  CHECK(plain.info.classes == std::vector<std::string>{"no", "yes"});
  CHECK_FALSE(plain.info.x_scaler);

  CHECK_THROWS_WITH_AS(save(file.path, model, ModelInfo<float>{.features = {"one"}, .x_scaler = x_scaler}),
                       "minigrad: ModelInfo: 1 features, and a scaler of 2", ShapeError);
  CHECK_THROWS_WITH_AS(save(file.path, model, ModelInfo<float>{.features = {"a", "b", "a"}}),
                       "minigrad: ModelInfo: the feature \"a\" is named twice", ValueError);
  CHECK_THROWS_WITH_AS(save(file.path, model, ModelInfo<float>{.classes = {"no", "no"}}),
                       "minigrad: ModelInfo: the class \"no\" is named twice", ValueError);
  StateDict gap;
  gap.metadata("features.0", "pages");
  gap.metadata("features.2", "words");
  save(file.path, model, gap);
  CHECK(message(file, [&] { load_model(file.path); }) ==
        "minigrad: load_model: \"f\": ModelInfo: of 2 texts named features.0, features.1, ..., features.1 is missing");
  StateDict bad;
  bad.add("x_scaler.mean", Tensor<double>{1, 2});
  save(file.path, model, bad);
  CHECK(message(file, [&] { load_model(file.path); }) ==
        "minigrad: load_model: \"f\": StandardScaler: load_state_dict: the state does not fit: missing: scale");
}

TEST_CASE("names and scalers that have not the width of the model are refused, and nothing is written") {
  const File file;
  Rng rng(0);
  Sequential model{Dropout(0.5, rng), Linear(2, 4, rng), Tanh(), Linear(4, 3, rng), LogSoftmax()};
  const auto two = StandardScaler().fit(Tensor<float>{{1, 2}, {3, 5}});
  const auto three = StandardScaler().fit(Tensor<float>{{1, 2, 3}, {3, 5, 7}});
  const auto refused = [&](const ModelInfo<float>& info, const char* text) {
    CHECK_THROWS_WITH_AS(save(file.path, model, info), text, ValueError);
    CHECK_FALSE(std::filesystem::exists(file.path));
  };
  refused({.features = {"a", "b", "c"}},
          "minigrad: save: ModelInfo: 3 features, and the model has 2 inputs: its layer 1 is Linear(2, 4)");
  refused({.x_scaler = three},
          "minigrad: save: ModelInfo: 3 columns in x_scaler, and the model has 2 inputs: its layer 1 is Linear(2, 4)");
  refused({.classes = {"no", "yes"}},
          "minigrad: save: ModelInfo: 2 classes, and the model has 3 outputs: its layer 3 is Linear(4, 3)");
  refused({.y_scaler = two},
          "minigrad: save: ModelInfo: 2 columns in y_scaler, and the model has 3 outputs: its layer 3 is Linear(4, 3)");
  save(file.path, model, ModelInfo<float>{{"a", "b"}, {"x", "y", "z"}, two, three});
  Sequential own{[](const auto& x) { return 2 * x; }, Linear(2, 1, rng)};  // the function may want other features
  save(file.path, own, ModelInfo<float>{.features = {"a", "b", "c"}, .classes = {"no", "yes"}});
  Named other{Linear(2, 1, rng)};  // which does not tell its width
  save(file.path, other, ModelInfo<float>{.features = {"a", "b", "c"}});
}

TEST_CASE("a model may have a member named layer") {
  const File file;
  Rng rng(0);
  Named saved{Linear(2, 1, rng)}, loaded{Linear(2, 1, rng)};
  save(file.path, saved);
  CHECK(load(file.path, loaded).metadata("layers") == "layer: Linear(2, 1)\n");
  CHECK(saved.layer.weight.value() == loaded.layer.weight.value());
}

TEST_CASE("load_model refuses what it cannot rebuild") {
  const File file;
  Rng rng(0);
  Sequential own{Linear(1, 1, rng), [](const auto& x) { return 2 * x; }};
  save(file.path, own);
  CHECK(
      message(file, [&] { load_model(file.path); }) ==
      "minigrad: load_model: \"f\": layer 1 is \"function\", which is not one of the library's: make the model in the "
      "program, and call load(path, model)");
  Named named{Linear(2, 1, rng)};
  save(file.path, named);
  CHECK(message(file, [&] { load_model(file.path); }) ==
        "minigrad: load_model: \"f\": its model is no Sequential, but one of the program's own: \"layer: Linear(2, 1)\": "
        "make the model in the program, and call load(path, model)");
  save(file.path, named.layer);
  CHECK(message(file, [&] { load_model(file.path); }).find("its model is no Sequential") != std::string::npos);
  StateDict checkpoint;
  checkpoint.metadata("minigrad.training", "1");
  write_safetensors(file.path, checkpoint);
  CHECK(message(file, [&] { load_model(file.path); }).find("\"f\": this is a checkpoint of fit(), not a model alone") !=
        std::string::npos);
  Numbered numbered{Linear(2, 2, rng)};
  save(file.path, numbered);
  CHECK(message(file, [&] { load_model(file.path); }).find("its model is no Sequential") != std::string::npos);
  load(file.path, numbered);
  const auto with = [&](const std::string& layers) {
    StateDict state;
    state.add("0.weight", Tensor<float>{{1}});
    state.add("0.bias", Tensor<float>{1});
    if (!layers.empty()) state.metadata("minigrad.layers", layers);
    write_safetensors(file.path, state);
    return message(file, [&] { load_model(file.path); });
  };
  CHECK(with("0: Linear(1, 1)\n") == "no error");
  CHECK(with("") ==
        "minigrad: load_model: \"f\": it does not say of which layers its model is: make the model in the program, and "
        "call load(path, model)");
  CHECK(with("0.0: Linear(1, 1)\n") ==
        "minigrad: load_model: \"f\": its model is no Sequential, but one of the program's own: \"0.0: Linear(1, 1)\": make "
        "the model in the program, and call load(path, model)");
  CHECK(with("0: Linear(1)\n1: Tanh\n") ==
        "minigrad: load_model: \"f\": the description of its layers is not valid: \"0: Linear(1)\": make the model in the "
        "program, and call load(path, model)");
  CHECK(with("0: Linear(1000000000, 1000000000)\n") == "minigrad: load_model: \"f\": layer 0 does not fit its weight");
  CHECK(with("0: Linear(nan, 1)\n").find("is not valid") != std::string::npos);
  std::string deep = "0: ";
  for (int i = 0; i < 100000; ++i) deep += "Sequential(";
  CHECK(with(deep).find("not one of the library's") != std::string::npos);
  for (const char* layers :
       {"1: Tanh", "0:Tanh", "0: Linear(1, 1", "0: Linear(1)", "0: Tanh(1)", "0: Linear(1, 1, 1)", "0: Sequential",
        "0: Sequential(", "0: Sequential(Tanh", "0: Sequential(Tanh,Tanh)", "0: Tanh x", "0: Linear(1, 1))", "\n",
        "0: Dropout(0.5), Tanh", "0: Dropout(1.5)", "0: Softmax(1e300)", "0: Softmax(0.5)", "0: Softmax(no bias)", "0: Linear(1, 1, no bias, 1)"})
    CHECK_MESSAGE(with(layers).find("is not valid") != std::string::npos, layers);
}

TEST_CASE("save and load refuse a model that was moved from, and the file stays as it is") {
  const File file;
  Rng rng(0);
  Sequential model{Linear(2, 3, rng), Tanh()};
  save(file.path, model);
  const auto size = std::filesystem::file_size(file.path);
  Sequential taken = std::move(model);
  const char* const why = "minigrad: Sequential: used after it was moved from";
  CHECK_THROWS_WITH_AS(save(file.path, model), why, GraphError);
  CHECK_THROWS_WITH_AS(load(file.path, model), why, GraphError);
  CHECK(std::filesystem::file_size(file.path) == size);
  load(file.path, taken);
}
