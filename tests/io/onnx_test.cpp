#include <doctest/doctest.h>

#include <minigrad/io/load_onnx.hpp>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <string>
#include <string_view>

#include "../support/onnx_models.hpp"

using namespace minigrad;
using detail::ProtoWriter;

namespace {

const std::string path = (std::filesystem::temp_directory_path() / "minigrad_onnx_test.onnx").string();

std::string message_of(const auto& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}
bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// A model of one parameter "w" [2] and one node: output = op(input, w), to be changed.
struct Pieces {
  std::int64_t opset = 17;
  std::string op = "Mul", second = "w", output = "y";
  ProtoWriter attribute{}, initializer{}, more{};  // more: fields of the graph

  Pieces() {
    initializer.integer(1, 2);
    initializer.integer(2, 1);
    initializer.text(8, "w");
    initializer.text(9, std::string_view("\0\0\0\0\0\0\200\77", 8));  // 0 and 1
  }
  std::string bytes() const {
    ProtoWriter node, tensor, type, x, y, graph, version, model;
    for (const std::string& in : {std::string("x"), second}) node.text(1, in);
    node.text(2, "y");
    node.text(4, op);
    if (!attribute.bytes.empty()) node.message(5, attribute);
    tensor.integer(1, 1);
    type.message(1, tensor);
    x.text(1, "x");
    x.message(2, type);
    y.text(1, output);
    y.message(2, type);
    graph.message(1, node);
    graph.text(2, "g");
    graph.message(5, initializer);
    graph.message(11, x);
    graph.message(12, y);
    graph.bytes += more.bytes;
    version.integer(2, opset);
    model.integer(1, 8);
    model.message(7, graph);
    model.message(8, version);
    return model.bytes;
  }
  OnnxModel<float> load() const { return OnnxModel<float>(parse_onnx(bytes(), "f"), "f"); }
  std::string refusal() const {
    return message_of([&] { load(); });
  }
};

struct Plain {
  auto operator()(const auto& x) const { return tanh(x) * 2; }
  auto parts() { return std::tie(); }
};

}  // namespace

TEST_CASE(
    "a model that was exported and loaded gives the same outputs, on Tensors and on Vars, and the same gradients") {
  support::for_few_onnx_models([](const std::string& name, auto& model, const auto& x) {
    CAPTURE(name);
    CHECK(support::onnx_round_trip(path, model, x) == "");
  });
}

TEST_CASE("a model without parameters is exported in the number type of its input") {
  Plain model;
  const Tensor<double> x{{1, 2}, {3, 4}};
  export_onnx(path, model, x);
  CHECK(load_onnx<double>(path)(x) == model(x));
}

TEST_CASE("a loaded model is trained, saved as safetensors and exported again") {
  Rng rng(1);
  Sequential model{Linear(2, 4, rng), Tanh(), Linear(4, 1, rng)};
  const auto x = normal({8, 2}, 0, 1, rng);
  export_onnx(path, model, x);
  auto loaded = load_onnx(path);
  CHECK(state_dict(loaded).find("2.weight"));
  load_state_dict(loaded, state_dict(model));
  Adam optimizer(loaded, {.lr = 0.1});
  auto step = capture([&](auto v) { return mean(square(loaded(v) - 3)); }, x);
  const float before = step(x).item();
  for (int k = 0; k < 20; ++k) {
    step(x);
    optimizer.zero_grad();
    step.backward();
    optimizer.step();
  }
  CHECK(step(x).item() < before / 2);
  const auto y = loaded(x);
  export_onnx(path, loaded, x);
  CHECK(load_onnx(path)(x) == y);
  load_state_dict(model, state_dict(loaded));
  CHECK(model(x) == y);
}

TEST_CASE("a loaded model with constants and masks is exported again, and stays the same") {
  support::for_few_onnx_models([](const std::string& name, auto& model, const auto& x) {
    CAPTURE(name);
    export_onnx(path, model, x);
    auto loaded = load_onnx(path);
    CHECK(support::onnx_round_trip(path, loaded, x) == "");
  });
}

TEST_CASE("the scalers of features and targets are part of the graph, and no parameters") {
  Rng rng(2);
  const auto x = normal({6, 2}, 20, 5, rng), y = normal({6, 1}, -3, 2, rng);
  StandardScaler features, targets;
  features.fit(x);
  targets.fit(y);
  Sequential model{Linear(2, 1, rng)};
  export_onnx(path, model, x, {.inputs = &features, .targets = &targets});
  auto loaded = load_onnx(path);
  CHECK(parameters(loaded).size() == 2);
  const auto wanted = targets.inverse_transform(model(features.transform(x))), found = loaded(x);
  for (std::size_t i = 0; i < 6; ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-5));
  CHECK(contains(message_of([&] { export_onnx(path, model, x, {.inputs = &targets}); }),
                 "the example [6, 2] does not fit the scaler of its inputs, [1]"));
  CHECK(contains(message_of([&] { export_onnx(path, model, x, {.targets = &features}); }),
                 "the result [2, 1] does not fit the scaler of the targets, [2]"));
}

TEST_CASE("what cannot be exported is an error that names the op, and leaves the old file") {
  Rng rng(3);
  const auto x = normal({5, 4}, 0, 1, rng);
  auto good = support::formula<float>(rng, [](const auto& v, const auto&, const auto&) { return v * 2; });
  export_onnx(path, good, x);
  const auto refusal = [&](auto f) {
    auto model = support::formula<float>(rng, f);
    return message_of([&] { export_onnx(path, model, x); });
  };
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return hypot(v, v); }),
                 "hypot: it has no counterpart in ONNX"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return v / shape_of(v)[0]; }),
                 "div: its number 2 depends on the batch size"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) {
                   return v + full<float>(Shape{shape_of(v)[0], 1}, 1);
                 }),
                 "add: its constant [2, 1] depends on the batch size"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) {
                   return reshape(v, {shape_of(v)[0], 4});
                 }),
                 "reshape: its shape [2, 4] depends on the batch size: write -1 for the rows"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return slice(v, 0, (shape_of(v)[0] + 1) / 2); }),
                 "slice(begin=0, end=1, axis=0) for 2 rows, and slice(begin=0, end=2, axis=0) for 3"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return slice(v, 0, shape_of(v)[0] / 2); }),
                 "slice: which places it takes depends on the batch size"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) {
                   return slice(v, 0, (std::min)(shape_of(v)[0], std::size_t{5}));
                 }),
                 "for 3: it depends on the batch size"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) {
                   return v + sum(index(v, {Slice(0, (shape_of(v)[0] + 1) / 2)}), 0);
                 }),
                 "strided_slice(starts=[0, 0], ends=[1, 4], steps=[1, 1]) for 2 rows, and strided_slice(starts=[0, 0], "
                 "ends=[2, 4], steps=[1, 1]) for 3: it depends on the batch size"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return norm(v, 3, 1); }),
                 "norm: with p = 3 it has no counterpart in ONNX"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return pad(v, {-1, 0}); }),
                 "pad: with places below 0, which cut off, it is not exported: take slice()"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) { return var(v, 0); }),
                 "var: over the batch it depends on the batch size"));
  CHECK(contains(refusal([](const auto& v, const auto&, const auto&) {
                   return concatenate(std::vector{v, v}, 0);
                 }),
                 "the model gives [4, 4] for 2 rows and [6, 4] for 3"));
  CHECK(load_onnx(path)(x) == x * 2);
  CHECK(contains(message_of([&] { export_onnx(path, good, zeros({0, 4})); }), "the example [0, 4] has no rows"));
}

TEST_CASE("an export leaves each module in its mode, also when it fails") {
  Rng rng(3);
  const auto x = normal({5, 4}, 0, 1, rng);
  Sequential model{Linear(4, 3, rng), Dropout(0.5, rng), Sequential{Dropout(0.1, rng)}};
  model.get<Dropout>(1).training = false;
  const auto modes = [&] {
    return std::pair{model.get<Dropout>(1).training, model.get<Sequential<float>>(2).get<Dropout>(0).training};
  };
  export_onnx(path, model, x);
  CHECK(modes() == std::pair{false, true});
  CHECK_THROWS_AS(export_onnx((std::filesystem::path(path) / "no_folder").string(), model, x), DataError);
  CHECK(modes() == std::pair{false, true});
  CHECK_THROWS_AS(export_onnx(path, model, zeros({5, 7})), ShapeError);
  CHECK(modes() == std::pair{false, true});
}

namespace {
/// A graph of an input "x", to be filled.
struct Parts {
  OnnxFile file{};
  explicit Parts(std::int64_t opset = 17) {
    file.opset = opset;
    file.inputs.push_back({"x", OnnxType::real32});
    file.outputs.push_back({"y", OnnxType::real32});
  }
  template <class T>
  Parts& value(const std::string& name, const Tensor<T>& numbers) {
    file.initializers.push_back(to_onnx_tensor(numbers));
    file.initializers.back().name = name;
    return *this;
  }
  Parts& node(const std::string& op, std::vector<std::string> inputs, const std::string& output,
              std::vector<OnnxAttribute> attributes = {}) {
    file.nodes.push_back({op, "", "", std::move(inputs), {output}, std::move(attributes)});
    return *this;
  }
  OnnxModel<float> load() { return OnnxModel<float>(std::move(file), "f"); }
};
OnnxAttribute whole(const char* name, std::int64_t value) { return {.name = name, .real = 0, .integer = value}; }
OnnxAttribute list(const char* name, std::vector<std::int64_t> values) {
  OnnxAttribute out{.name = name};
  out.integers = std::move(values);
  return out;
}
}  // namespace

TEST_CASE("an op, attribute, type or opset that is not supported is an error that names the node") {
  CHECK(Pieces().load()(Tensor<float>{5, 7}) == Tensor<float>{0, 7});
  Pieces p;
  p.op = "LSTM";
  CHECK(p.refusal() == "minigrad: load_onnx: \"f\": node \"y\", LSTM: this op is not supported");
  p = {};
  p.attribute.text(1, "axis");
  CHECK(contains(p.refusal(), "node \"y\", Mul: the attribute axis is not supported"));
  p = {};
  p.opset = 6;
  CHECK(contains(p.refusal(), "opset 6 is not supported: 7 to 22 are"));
  p = {};
  p.second = "nowhere";
  CHECK(contains(p.refusal(), "node \"y\", Mul: there is no value \"nowhere\" before it"));
  p = {};
  p.output = "z";
  CHECK(contains(p.refusal(), "there is no value \"z\""));
  p = {};
  p.more.message(5, p.initializer);
  CHECK(contains(p.refusal(), "two values are called \"w\""));
  p = {};
  p.initializer.integer(2, 10);
  CHECK(contains(p.refusal(), "element type 10 of the tensor \"w\" is not supported"));
  for (const std::int64_t type : {256 + 9, 256 + 1, 7, -247}) {  // the low bytes of two are those of a mask
    const auto cast = Parts().node("Cast", {"x"}, "y", {whole("to", type)}).load();
    CHECK(message_of([&] { cast(Tensor<float>{1, 2}); }) ==
          "minigrad: load_onnx: node y, Cast: a cast to type " + std::to_string(type) + " is not supported");
  }
  const auto model = Pieces().load();
  CHECK(contains(message_of([&] { model(); }), "the graph has 1 inputs, and not 0"));
  CHECK(contains(message_of([&] {
                   model(Tensor<std::int64_t>{1, 2});
                 }),
                 "input 0 of the graph is not of whole numbers"));
}

TEST_CASE("a shape may be computed from the input's, as x.view(x.size(0), -1) does, and the rows stay free") {
  Parts p;
  p.value("zero", Tensor<std::int64_t>::scalar(0)).value("rest", Tensor<std::int32_t>{-1});
  p.value("axes", Tensor<std::int64_t>{0}).value("w", ones({12, 2}));
  p.node("Shape", {"x"}, "shape").node("Gather", {"shape", "zero"}, "rows").node("Unsqueeze", {"rows", "axes"}, "list");
  p.node("Concat", {"list", "rest"}, "target", {whole("axis", 0)}).node("Reshape", {"x", "target"}, "flat");
  p.node("MatMul", {"flat", "w"}, "y");
  auto model = p.load();
  Rng rng(0);
  const auto x = normal({5, 3, 4}, 0, 1, rng);
  const auto wanted = matmul(x.reshape({5, 12}), ones({12, 2}));
  CHECK(model(x) == wanted);
  Graph<Tensor<float>> graph;
  CHECK(model(graph.input(x)).value() == wanted);
  export_onnx(path, model, x);
  CHECK(load_onnx(path)(x) == wanted);
}

TEST_CASE("shape arithmetic is done in whole numbers") {
  const auto shape_of_result = [](auto build, const Shape& shape) {
    Parts p;
    p.value("two", Tensor<std::int64_t>::scalar(2)).value("minus", Tensor<std::int64_t>{-1});
    p.node("Shape", {"x"}, "s");
    build(p);
    p.node("Reshape", {"x", "t"}, "y");
    return p.load()(zeros(shape)).shape();
  };
  const auto halved = [](Parts& p) {
    p.node("Shape", {"x"}, "last", {whole("start", -1)}).node("Div", {"last", "two"}, "half");
    p.node("Mul", {"half", "two"}, "even").node("Concat", {"minus", "even"}, "t", {whole("axis", 0)});
  };
  CHECK(shape_of_result(halved, {3, 4}) == Shape{3, 4});
  const auto sliced = [](Parts& p) {
    p.value("one", Tensor<std::int64_t>{1}).value("end", Tensor<std::int64_t>{1000});
    p.node("Slice", {"s", "one", "end"}, "tail").node("Concat", {"minus", "tail"}, "t", {whole("axis", 0)});
  };
  CHECK(shape_of_result(sliced, {2, 3, 4}) == Shape{2, 3, 4});
  const auto divided = [](Parts& p) { p.node("Sub", {"two", "two"}, "zero").node("Div", {"s", "zero"}, "t"); };
  CHECK(message_of([&] { shape_of_result(divided, {2}); }) ==
        "minigrad: load_onnx: node t, Div: a whole number is divided by 0");
  const auto cast_to = [&](std::int64_t type) {
    return message_of([&] {
      shape_of_result([type](Parts& q) { q.node("Cast", {"s"}, "t", {whole("to", type)}); }, {2});
    });
  };
  CHECK(cast_to(7) == "nothing was thrown");
  CHECK(cast_to(256 + 7) == "minigrad: load_onnx: node t, Cast: a cast to type 263 is not supported");
  const auto scaled = [](Parts& p) {  // x / sqrt(size)
    p.node("Size", {"x"}, "n").node("Cast", {"n"}, "real", {whole("to", 1)}).node("Sqrt", {"real"}, "root");
    p.node("Div", {"x", "root"}, "y");
  };
  Parts p;
  scaled(p);
  CHECK(p.load()(full({2, 8}, 8)) == full({2, 8}, 2));
}

TEST_CASE("BatchNormalization is computed as in inference, and its statistics are buffers") {
  Parts p;
  p.value("scale", Tensor<float>{1, 2}).value("bias", Tensor<float>{0, 1});
  p.value("mean", Tensor<float>{1, -1}).value("var", Tensor<float>{4, 1});
  p.node("BatchNormalization", {"x", "scale", "bias", "mean", "var"}, "y", {{.name = "epsilon", .real = 0}});
  auto model = p.load();
  CHECK(model(Tensor<float>{{3, 1}, {1, -1}}) == Tensor<float>{{1, 5}, {0, 1}});
  CHECK(model(full({1, 2, 3}, 1)) == Tensor<float>{{{0, 0, 0}, {5, 5, 5}}});
  CHECK(parameters(model).size() == 2);
  CHECK(state_dict(model).size() == 4);
}

TEST_CASE("activations and norms of other libraries' layers are computed") {
  const auto compute = [](const char* op, std::vector<OnnxAttribute> attributes = {}) {
    OnnxFile file;
    file.opset = 20;
    file.inputs.push_back({"x", OnnxType::real32});
    file.outputs.push_back({"y", OnnxType::real32});
    file.initializers.push_back(to_onnx_tensor(Tensor<float>{0.25f, 2}));
    file.initializers.back().name = "w";
    std::vector<std::string> inputs{"x"};
    if (std::string(op) == "PRelu" || std::string(op) == "LayerNormalization") inputs.push_back("w");
    file.nodes.push_back({op, "", "", inputs, {"y"}, std::move(attributes)});
    return OnnxModel<float>(std::move(file), "f")(Tensor<float>{{1, -1}});
  };
  const auto check = [](const Tensor<float>& found, double first, double second) {
    CHECK(found[0] == doctest::Approx(first).epsilon(1e-6));
    CHECK(found[1] == doctest::Approx(second).epsilon(1e-6));
  };
  OnnxAttribute approximate{};
  approximate.name = "approximate";
  approximate.text = "tanh";
  check(compute("Gelu"), 0.8413447461, -0.1586552539);  // +-1 times the normal distribution's F(+-1)
  const double t = std::tanh(std::sqrt(2 / std::numbers::pi) * 1.044715);
  check(compute("Gelu", {approximate}), 0.5 * (1 + t), -0.5 * (1 - t));
  check(compute("Mish"), std::tanh(std::log1p(std::exp(1))), -std::tanh(std::log1p(std::exp(-1))));
  check(compute("Selu"), 1.0507009874, 1.0507009874 * 1.6732632424 * std::expm1(-1));
  check(compute("HardSigmoid"), 0.7, 0.3);
  check(compute("HardSwish"), 2.0 / 3, -1.0 / 3);
  check(compute("Softsign"), 0.5, -0.5);
  check(compute("PRelu"), 1, -2);
  check(compute("LayerNormalization"), 0.25 / std::sqrt(1 + 1e-5), -2 / std::sqrt(1 + 1e-5));
}

TEST_CASE("MatMul multiplies lists of matrices, and vectors") {
  Rng rng(0);
  const auto product = [](const Tensor<float>& a, const Tensor<float>& b) {
    Parts p;
    p.value("b", b).node("MatMul", {"x", "b"}, "y");
    return p.load()(a);
  };
  const auto a = normal({2, 3, 4}, 0, 1, rng), b = normal({2, 4, 5}, 0, 1, rng);
  const auto part = [](const Tensor<float>& x, std::size_t k) {
    return slice(x, k, k + 1).reshape({x.shape()[1], x.shape()[2]});
  };
  const auto y = product(a, b);
  for (const std::size_t k : {0u, 1u}) CHECK(part(y, k) == matmul(part(a, k), part(b, k)));
  CHECK(part(product(a, slice(b, 0, 1)), 1) == matmul(part(a, 1), part(b, 0)));
  CHECK(product(Tensor<float>{1, 2}, Tensor<float>{3, 4}).item() == 11);
  CHECK(product(ones({3, 2}), Tensor<float>{3, 4}) == full({3}, 7));
  CHECK(product(Tensor<float>{1, 2}, ones({2, 3})) == full({3}, 3));
}

TEST_CASE("older opsets mean what they meant") {
  Parts softmax(9);
  softmax.node("Softmax", {"x"}, "y");
  CHECK(softmax.load()(zeros({2, 2, 4})) == full({2, 2, 4}, 0.125));
  Parts softmax13;
  softmax13.node("Softmax", {"x"}, "y");
  CHECK(softmax13.load()(zeros({2, 2, 4})) == full({2, 2, 4}, 0.25));
  Parts axes(11);
  axes.node("Unsqueeze", {"x"}, "u", {list("axes", {0})}).node("ReduceSum", {"u"}, "s", {list("axes", {2})});
  axes.node("Squeeze", {"s"}, "y", {list("axes", {0, 2})});
  CHECK(axes.load()(ones({2, 3})) == full({2}, 3));
  Parts clip(9);
  clip.node("Clip", {"x"}, "c", {{.name = "min", .real = -1}, {.name = "max", .real = 2}});
  clip.node("Slice", {"c"}, "y", {list("starts", {1}), list("ends", {3})});
  CHECK(clip.load()(Tensor<float>{0, -5, 5}) == Tensor<float>{-1, 2});
}

TEST_CASE("a file of very many small pieces is refused before they take more than 10 times its memory") {
  ProtoWriter node, nodes, model;
  node.text(4, "A");
  for (int k = 0; k < 100'000; ++k) nodes.message(1, node);
  model.message(7, nodes);
  CHECK(message_of([&] { parse_onnx(model.bytes, "f"); }) ==
        "minigrad: read_onnx: \"f\": what it holds takes more than 10 times the memory of the file");
}

TEST_CASE("a hostile ONNX file is refused before there is room for what it asks for") {
  const auto refusal = [](std::string_view bytes) { return message_of([&] { parse_onnx(bytes, "f"); }); };
  const auto tensor_refusal = [](std::initializer_list<std::int64_t> extents, std::string_view raw) {
    Pieces p;
    p.initializer = {};
    for (const std::int64_t extent : extents) p.initializer.integer(1, extent);
    p.initializer.integer(2, 1);
    p.initializer.text(8, "w");
    p.initializer.text(9, raw);
    return p.refusal();
  };
  CHECK(contains(refusal(""), "it has no graph"));
  CHECK(contains(refusal(std::string(11, '\xff')), "a varint has more than 64 bits"));
  CHECK(contains(refusal("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "it ends in the middle of a field"));
  CHECK(contains(refusal("\x3a\x05"
                         "ab"),
                 "it ends in the middle of a field"));
  CHECK(contains(refusal("\x3b"), "a field is of kind 3"));
  CHECK(contains(refusal(std::string_view("\x38\x00", 2)), "field 7 is of kind 0 and not 2"));
  CHECK(contains(refusal(std::string_view("\x3a\x00\x3a\x00", 4)), "it has two graphs"));
  const std::int64_t large = std::int64_t{1} << 32;
  CHECK(contains(tensor_refusal({large, large}, ""), "has an axis of 4294967296 elements"));
  CHECK(contains(tensor_refusal({0, large, large}, ""), "has an axis of 4294967296 elements"));
  CHECK(contains(tensor_refusal({large}, "abcd"), "has 4 bytes instead of 17179869184"));
  CHECK(contains(tensor_refusal({-1}, ""), "has an axis of -1 elements"));
  CHECK(contains(tensor_refusal({1, 1, 1, 1, 1, 1, 1}, "abcd"), "has 7 axes"));
  Pieces p;
  p.initializer.integer(14, 1);
  CHECK(contains(p.refusal(), "a tensor with its data in another file is not supported"));
  p = {};
  p.initializer.text(13, "");
  CHECK(contains(p.refusal(), "a tensor with its data in another file is not supported"));
  const auto of_bytes = [](std::int64_t type, std::int64_t number) {
    Pieces q;
    q.initializer = {};
    q.initializer.integer(1, 1);
    q.initializer.integer(2, type);
    q.initializer.text(8, "w");
    q.initializer.integer(5, number);
    return message_of([&] { parse_onnx(q.bytes(), "f"); });
  };
  for (const std::int64_t number : {-128, -1, 0, 255}) CHECK(of_bytes(2, number) == "nothing was thrown");
  CHECK(contains(of_bytes(2, 256), "the tensor \"w\" has the number 256, and elements of 1 bytes"));
  CHECK(contains(of_bytes(3, -129), "the tensor \"w\" has the number -129, and elements of 1 bytes"));
  CHECK(contains(of_bytes(5, 1 << 16), "the tensor \"w\" has the number 65536, and elements of 2 bytes"));
  CHECK(contains(of_bytes(6, large), "the tensor \"w\" has the number 4294967296, and elements of 4 bytes"));
  const std::string whole = Pieces().bytes();
  for (std::size_t n = 0; n < whole.size(); ++n)  // a file that is cut off is refused, or lacks what comes last
    CHECK_THROWS_AS(OnnxModel<float>(parse_onnx(std::string_view(whole).substr(0, n), "f"), "f"), DataError);
}

TEST_CASE("a shape in a file that no memory can hold is an error of the node") {
  Pieces p;
  p.op = "Expand";
  p.second = "s";
  ProtoWriter shape;
  shape.integer(1, 2);
  shape.integer(2, 7);
  shape.text(8, "s");
  shape.text(9, std::string_view("\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0", 16));  // 2^32 and 2^32
  p.more.message(5, shape);
  const auto expand = p.load();
  CHECK(
      contains(message_of([&] { expand(Tensor<float>{1}); }), "node y, Expand: a shape with an extent of 4294967296"));
  p.op = "Reshape";
  const auto reshaped = p.load();
  CHECK(contains(message_of([&] { reshaped(zeros({0})); }), "node y, Reshape: a shape with an extent of 4294967296"));
}
