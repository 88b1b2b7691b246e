// The layers for images beside PyTorch's: values, gradients, second derivatives, states and first weights of
// fixtures/images.txt, in double to 12 digits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/images.hpp>
#include <minigrad/nn/module_list.hpp>
#include <minigrad/nn/state_dict.hpp>
#include <minigrad/tensor/create.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "../support/fixture.hpp"

using namespace minigrad;

namespace {

using V = Tensor<double>;
const support::Fixture fixture = support::read_fixture("images.txt");

/// The options of a case.
struct Options {
  const support::Case& one;

  std::size_t size(const std::string& key, std::size_t otherwise) const {
    return static_cast<std::size_t>(one.number(key, static_cast<double>(otherwise)));
  }
  bool flag(const std::string& key, bool otherwise = false) const {
    if (!one.has(key)) return otherwise;
    return one.word(key) != "0";
  }
  Shape shape(const std::string& key) const {
    Shape out;
    for (const double extent : one.numbers(key)) out.push_back(static_cast<std::size_t>(extent));
    return out;
  }
  template <std::size_t Axes>
  PerAxis<Axes> per_axis(const std::string& key, std::size_t otherwise) const {
    if (!one.has(key)) return otherwise;
    const Shape numbers = shape(key);
    if constexpr (Axes == 2)
      if (numbers.rank() == 2) return {numbers[0], numbers[1]};
    return numbers[0];
  }
  template <std::size_t Axes>
  std::optional<PerAxis<Axes>> maybe(const std::string& key) const {
    if (!one.has(key)) return {};
    return per_axis<Axes>(key, 0);
  }
};

template <std::size_t Axes>
ConvOptions<Axes> conv_options(const Options& o) {
  ConvOptions<Axes> out{.stride = o.per_axis<Axes>("stride", 1),
                        .padding = o.per_axis<Axes>("padding", 0),
                        .dilation = o.per_axis<Axes>("dilation", 1),
                        .groups = o.size("groups", 1)};
  if (o.flag("same")) out.padding = "same";
  if (o.flag("valid")) out.padding = "valid";
  return out;
}
template <std::size_t Axes>
ConvTransposeOptions<Axes> transpose_options(const Options& o) {
  return {.stride = o.per_axis<Axes>("stride", 1),
          .padding = o.per_axis<Axes>("padding", 0),
          .output_padding = o.per_axis<Axes>("output_padding", 0),
          .groups = o.size("groups", 1),
          .dilation = o.per_axis<Axes>("dilation", 1)};
}
template <std::size_t Axes>
MaxPoolOptions<Axes> max_options(const Options& o) {
  return {.stride = o.maybe<Axes>("stride"),
          .padding = o.per_axis<Axes>("padding", 0),
          .dilation = o.per_axis<Axes>("dilation", 1),
          .ceil_mode = o.flag("ceil_mode")};
}
template <std::size_t Axes>
AvgPoolOptions<Axes> avg_options(const Options& o) {
  return {.stride = o.maybe<Axes>("stride"),
          .padding = o.per_axis<Axes>("padding", 0),
          .ceil_mode = o.flag("ceil_mode"),
          .count_include_pad = o.flag("count_include_pad", true),
          .divisor_override = o.size("divisor_override", 0)};
}

Upsample upsample_of(const support::Case& one) {
  const Options o{one};
  const std::string& mode = one.words("mode")[0];
  UpsampleOptions options{.mode = mode == "nearest"  ? "nearest"
                                  : mode == "linear" ? "linear"
                                                     : "bilinear",
                          .align_corners = o.flag("align_corners")};
  if (one.has("scale_factor"))
    options.scale_factor = one.numbers("scale_factor")[0];
  else
    options.size = o.per_axis<2>("size", 0);
  if (one.has("scale_factor") && one.numbers("scale_factor").size() == 2)
    options.scale_factor_width = one.numbers("scale_factor")[1];
  return Upsample(options);
}

/// A layer with the state that the batches before have left, and weight and bias in place of its own.
template <class Layer>
Layer norm_of(const support::Case& one, const std::vector<V>& inputs);

V numbers(const Shape& shape, std::size_t k) {
  V x = V::empty(shape);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = -2 + 4 * static_cast<double>((i * 37 + k * 11 + 5) % 101) / 101;
  return x;
}

template <class Layer>
Layer norm_of(const support::Case& one, const std::vector<V>& inputs) {
  const Options o{one};
  BatchNormOptions options{.eps = one.number("eps", 1e-5),
                           .affine = o.flag("affine", true),
                           .track_running_stats = o.flag("track_running_stats", true)};
  if (one.has("momentum")) {
    if (one.word("momentum") == "none")
      options.momentum = std::nullopt;
    else
      options.momentum = one.number("momentum");
  }
  Layer layer(inputs[0].shape()[1], options);
  for (std::size_t b = 0; b < o.size("batches", 0); ++b)
    layer(numbers(inputs[0].shape(), b + 3) * static_cast<double>(b + 1) + static_cast<double>(b));
  if (inputs.size() > 1) layer.weight.set_value(inputs[1]), layer.bias.set_value(inputs[2]);
  layer.training = o.flag("training");
  return layer;
}

/// Counts what agrees.
struct Comparison {
  std::size_t records = 0;
  void operator()(const std::string& record, const V& ours, const std::vector<double>& expected) {
    ++records;
    REQUIRE_MESSAGE(ours.size() == expected.size(), record);
    double largest = 1e-3;
    for (const double value : expected) largest = (std::max)(largest, std::fabs(value));
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (!(std::fabs(ours[i] - expected[i]) <= 1e-12 * largest))
        FAIL_CHECK(record << " " << i << ": " << ours[i] << ", PyTorch: " << expected[i]);
  }
};

Var<V> weighted(const Var<V>& y, std::size_t begin, std::size_t period, double divisor) {
  V weights = V::empty(y.value().shape());
  for (std::size_t k = 0; k < weights.size(); ++k) weights[k] = static_cast<double>((begin + k) % period + 1) / divisor;
  return sum(y * weights);
}

/// Compares value, first and second derivatives of f(x...) with a case.
template <class F>
void compare(const std::string& name, const support::Case& one, const std::vector<V>& inputs, std::vector<Var<V>>& x,
             const F& f, Comparison& agrees) {
  const auto y = f(x);
  CHECK_MESSAGE(y.value().shape() == Options{one}.shape("y_shape"), name);
  agrees(name + " y", y.value(), one.numbers("y"));
  const auto loss = weighted(y, 0, 7, 4);
  auto total = x[0].graph().input(V::scalar(0));
  std::size_t begin = 0;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const auto g = grad(loss, x[k]);
    agrees(name + " recorded g" + std::to_string(k), g.value(), one.numbers("g" + std::to_string(k)));
    total = total + weighted(g, begin, 5, 3);
    begin += g.value().size();
  }
  backward(loss);
  for (std::size_t k = 0; k < inputs.size(); ++k)
    agrees(name + " g" + std::to_string(k), x[k].grad(), one.numbers("g" + std::to_string(k)));
  if (one.has("h0"))
    for (std::size_t k = 0; k < inputs.size(); ++k)
      agrees(name + " h" + std::to_string(k), grad(total, x[k]).value(), one.numbers("h" + std::to_string(k)));
}

std::vector<V> inputs_of(const support::Case& one) {
  std::vector<V> out;
  for (std::size_t k = 0; one.has("in" + std::to_string(k)); ++k)
    out.push_back(numbers(Options{one}.shape("in" + std::to_string(k)), k));
  return out;
}

/// f(x, options) for all cases of a kind, on variables.
template <class F>
std::size_t compare_all(const std::string& kind, const F& f) {
  Comparison agrees;
  const std::size_t cases = support::for_each_case(fixture, kind + "/", [&](const std::string& name, const auto& one) {
    Graph<V> graph;
    const auto inputs = inputs_of(one);
    std::vector<Var<V>> x;
    for (const V& input : inputs) x.push_back(graph.variable(input));
    compare(
        name, one, inputs, x, [&](const auto& v) { return f(v, one); }, agrees);
  });
  CHECK(agrees.records >= 3 * cases);
  return cases;
}

}  // namespace

TEST_CASE("convolutions, their gradients and second derivatives are PyTorch's to 12 digits") {
  const auto call = [](const auto& f) {
    return [f](const std::vector<Var<V>>& x, const support::Case& one) {
      return x.size() == 3 ? f(x[0], x[1], x[2], Options{one}) : f(x[0], x[1], Options{one});
    };
  };
#define CONV(FUNCTION, OPTIONS)                                                                           \
  call([](const auto&... x) {                                                                             \
    return [](const auto& all) {                                                                          \
      if constexpr (std::tuple_size_v<std::remove_cvref_t<decltype(all)>> == 4)                           \
        return FUNCTION(std::get<0>(all), std::get<1>(all), std::get<2>(all), OPTIONS(std::get<3>(all))); \
      else                                                                                                \
        return FUNCTION(std::get<0>(all), std::get<1>(all), OPTIONS(std::get<2>(all)));                   \
    }(std::tie(x...));                                                                                    \
  })
  CHECK(compare_all("conv1d", CONV(conv1d, conv_options<1>)) == 7);
  CHECK(compare_all("conv2d", CONV(conv2d, conv_options<2>)) == 18);
  CHECK(compare_all("conv_transpose1d", CONV(conv_transpose1d, transpose_options<1>)) == 4);
  CHECK(compare_all("conv_transpose2d", CONV(conv_transpose2d, transpose_options<2>)) == 6);
#undef CONV
}

TEST_CASE("pooling, its gradients and second derivatives are PyTorch's to 12 digits") {
  using Vars = std::vector<Var<V>>;
  CHECK(compare_all("max_pool1d", [](const Vars& x, const support::Case& one) {
          return MaxPool1d(Options{one}.per_axis<1>("kernel_size", 0), max_options<1>({one}))(x[0]);
        }) == 8);
  CHECK(compare_all("max_pool2d", [](const Vars& x, const support::Case& one) {
          return MaxPool2d(Options{one}.per_axis<2>("kernel_size", 0), max_options<2>({one}))(x[0]);
        }) == 9);
  CHECK(compare_all("avg_pool1d", [](const Vars& x, const support::Case& one) {
          return AvgPool1d(Options{one}.per_axis<1>("kernel_size", 0), avg_options<1>({one}))(x[0]);
        }) == 7);
  CHECK(compare_all("avg_pool2d", [](const Vars& x, const support::Case& one) {
          return AvgPool2d(Options{one}.per_axis<2>("kernel_size", 0), avg_options<2>({one}))(x[0]);
        }) == 9);
  CHECK(compare_all("adaptive_avg_pool1d", [](const Vars& x, const support::Case& one) {
          return AdaptiveAvgPool1d(Options{one}.per_axis<1>("output_size", 0))(x[0]);
        }) == 3);
  CHECK(compare_all("adaptive_avg_pool2d", [](const Vars& x, const support::Case& one) {
          return AdaptiveAvgPool2d(Options{one}.per_axis<2>("output_size", 0))(x[0]);
        }) == 3);
}

TEST_CASE("upsampling and its gradients are PyTorch's to 12 digits") {
  const auto call = [](const std::vector<Var<V>>& x, const support::Case& one) { return upsample_of(one)(x[0]); };
  CHECK(compare_all("upsample", call) == 39);
}

TEST_CASE("batch normalization, its gradients, second derivatives and running statistics are PyTorch's to 12 digits") {
  Comparison agrees;
  const auto test = [&]<class Layer>(const std::string& name, const support::Case& one, const Layer*) {
    const auto inputs = inputs_of(one);
    Layer layer = norm_of<Layer>(one, inputs);
    Graph<V> graph;
    std::vector<Var<V>> x{graph.variable(inputs[0])};
    if (inputs.size() > 1) x.push_back(graph.parameter(layer.weight)), x.push_back(graph.parameter(layer.bias));
    compare(
        name, one, inputs, x, [&](const auto& v) { return layer(v[0]); }, agrees);
    if (!one.has("running_mean")) return;
    agrees(name + " running_mean", layer.running_mean, one.numbers("running_mean"));
    agrees(name + " running_var", layer.running_var, one.numbers("running_var"));
    CHECK(static_cast<double>(layer.num_batches_tracked.item()) == one.number("num_batches_tracked"));
  };
  const std::size_t cases =
      support::for_each_case(fixture, "batch_norm/", [&](const std::string& name, const auto& one) {
        if (one.number("axes") == 1)
          test(name, one, static_cast<const BatchNorm1d<double>*>(nullptr));
        else
          test(name, one, static_cast<const BatchNorm2d<double>*>(nullptr));
      });
  CHECK(cases == 18);
}

TEST_CASE("Flatten and Unflatten are PyTorch's, with their first and second derivatives") {
  using Vars = std::vector<Var<V>>;
  CHECK(compare_all("flatten", [](const Vars& x, const support::Case& one) {
          const Flatten layer{static_cast<int>(one.number("start_dim")), static_cast<int>(one.number("end_dim"))};
          CHECK(layer(x[0].value()).shape() == Options{one}.shape("y_shape"));
          return square(layer(x[0]));
        }) == 9);
  CHECK(compare_all("unflatten", [](const Vars& x, const support::Case& one) {
          Shape sizes;
          for (const double n : one.numbers("sizes")) sizes.push_back(n < 0 ? TargetShape::inferred : std::size_t(n));
          const Unflatten layer(static_cast<int>(one.number("dim")), TargetShape(sizes));
          CHECK(layer(x[0].value()).shape() == Options{one}.shape("y_shape"));
          return square(layer(x[0]));
        }) == 8);
}

TEST_CASE("Dropout2d multiplies whole channels by PyTorch's factors, and leaves x in evaluation mode") {
  using Vars = std::vector<Var<V>>;
  Rng rng(1);
  CHECK(compare_all("dropout2d", [&](const Vars& x, const support::Case& one) {
          Dropout2d layer(one.number("p"), rng);
          layer.training = false;
          CHECK(layer(x[0].value()) == x[0].value());
          return layer(x[0]);
        }) == 6);
  const auto train = [&](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    const V x = numbers(Options{one}.shape("in0"), 0);
    const Dropout2d layer(one.number("p"), rng);
    const std::size_t planes = x.shape()[0] * x.shape()[1], size = planes ? x.size() / planes : 0;
    std::set<double> factors;
    const auto note = [&](const V& mask) {
      for (std::size_t i = 0; i < mask.size(); ++i) {
        REQUIRE(mask[i] == mask[i / size * size]);  // its channel's first
        factors.insert(mask[i]);
      }
    };
    for (int call = 0; call < 100; ++call) {
      Graph<V> graph;
      const auto v = graph.variable(x);
      const auto y = layer(v);
      backward(sum(y));
      CHECK(y.value() == x * v.grad());
      note(v.grad());
      note(layer(full<double>(x.shape(), 1)));  // without a graph
    }
    CHECK(std::vector<double>(factors.begin(), factors.end()) == one.numbers("factors"));
  };
  CHECK(support::for_each_case(fixture, "dropout2d_train/", train) == 6);
}

namespace {

/// The counterpart of Blocks in images.py.
struct Blocks {
  Conv2d<float> stem;
  ModuleList<float> blocks;
  std::vector<ModuleList<float>> heads;
  auto parts() { return std::tie(stem, blocks, heads); }
  static constexpr const char* part_names[] = {"stem", "blocks", "heads"};
};

}  // namespace

TEST_CASE("the names and shapes of what layers hold are PyTorch's") {
  Rng rng(1);
  std::size_t cases = 0;
  const auto check = [&](const std::string& name, auto layer) {
    CAPTURE(name);
    ++cases;
    std::vector<std::string> ours, expected;
    for (const StateEntry& one : state_dict(layer)) ours.push_back(one.name + to_string(one.shape));
    if (const auto found = fixture.find("state/" + name); found != fixture.end())
      for (const auto& key : found->second.keys())
        expected.push_back(key.substr(key.find(':') + 1) + to_string(Options{found->second}.shape(key)));
    else CHECK(name == "ModuleList_empty");
    std::sort(ours.begin(), ours.end());
    std::sort(expected.begin(), expected.end());
    CHECK(ours == expected);
  };
  check("Conv1d", Conv1d<float>(4, 6, 3, rng, {.groups = 2}));
  check("Conv2d", Conv2d<float>(4, 6, {3, 5}, rng, {.groups = 2}));
  check("Conv2d_no_bias", Conv2d<float>(4, 6, 3, rng, {.bias = false}));
  check("ConvTranspose1d", ConvTranspose1d<float>(4, 6, 3, rng, {.groups = 2}));
  check("ConvTranspose2d", ConvTranspose2d<float>(4, 6, {3, 5}, rng, {.groups = 2}));
  check("BatchNorm1d", BatchNorm1d<float>(3));
  check("BatchNorm2d", BatchNorm2d<float>(3));
  check("BatchNorm2d_no_statistics", BatchNorm2d<float>(3, {.track_running_stats = false}));
  check("Linear_no_bias", Linear<float>(4, 3, rng, {.bias = false}));
  check("ModuleList", ModuleList{Linear(2, 3, rng), Sequential{Conv2d(1, 2, 1, rng), BatchNorm2d(2)}});
  check("ModuleList_of_one", ModuleList{Linear(2, 3, rng)});
  check("ModuleList_empty", ModuleList<float>());
  check("Blocks", Blocks{Conv2d(3, 4, 3, rng),
                         ModuleList{Sequential{Conv2d(4, 4, 3, rng), BatchNorm2d(4)}, ReLU(), Linear(4, 2, rng, {.bias = false})},
                         {ModuleList{Linear(4, 5, rng), Linear(4, 3, rng)}, ModuleList<float>()}});
  check("Sequential", Sequential{Conv2d(1, 4, 3, rng), BatchNorm2d(4), ReLU(), MaxPool2d(2), Dropout2d(0.5, rng),
                                 Flatten(), Linear(16, 3, rng)});
  CHECK(cases == 14);
}

TEST_CASE("first weights have the bounds of PyTorch's") {
  Rng rng(1);
  const auto check = [&](const std::string& name, const auto& make) {
    double largest[2] = {0, 0};
    for (int k = 0; k < 300; ++k) {
      auto layer = make();
      for (const double w : layer.weight.value()) largest[0] = (std::max)(largest[0], std::fabs(w));
      for (const double b : layer.bias.value()) largest[1] = (std::max)(largest[1], std::fabs(b));
    }
    const auto bounds = fixture.at("init/" + name).numbers("bound");
    CHECK(largest[0] == doctest::Approx(bounds[0]).epsilon(0.01));
    CHECK(largest[1] == doctest::Approx(bounds[1]).epsilon(0.01));
  };
  check("Conv1d", [&] { return Conv1d<double>(4, 6, 3, rng, {.groups = 2}); });
  check("Conv2d", [&] { return Conv2d<double>(4, 6, {3, 5}, rng, {.groups = 2}); });
  check("Conv2d_no_bias", [&] { return Conv2d<double>(4, 6, 3, rng, {.bias = false}); });
  check("ConvTranspose1d", [&] { return ConvTranspose1d<double>(4, 6, 3, rng, {.groups = 2}); });
  check("ConvTranspose2d", [&] { return ConvTranspose2d<double>(4, 6, {3, 5}, rng, {.groups = 2}); });
}
