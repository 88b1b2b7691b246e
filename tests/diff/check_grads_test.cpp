#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/diff/check_grads.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>

using namespace minigrad;

namespace {

/// x^2 with a derivative of 3 x.
auto wrong_square(const auto& x) {
  return elementwise("wrong_square", [](auto v) { return v * v; },
                     [](auto g, auto&&, auto v) { return 3 * g * v; })(x);
}

/// x^2 with a derivative that is right, but that the next derivative cannot see through.
auto opaque_square(const auto& x) {
  return elementwise("opaque_square", [](auto v) { return v * v; },
                     [](auto g, auto&&, auto v) { return 2 * g * value_of(v); })(x);
}

/// a b whose second derivative is NaN where b is 0: (a b / b) b is not a b there.
auto undefined_at_zero(const auto& a, const auto& b) {
  return record("undefined_at_zero", [](const auto& x, const auto& y) { return x * y; },
                [](const auto& g, auto&&, auto&&, const auto& y) { return g * y; },
                [](const auto& g, auto&&, const auto& x, const auto& y) { return g * x * y / y; })(a, b);
}

/// What <stdlib.h> declares: of a double it takes the whole part.
namespace c_functions {
[[maybe_unused]] int abs(int v) { return v < 0 ? -v : v; }
int abs(double v) { return abs(static_cast<int>(v)); }
}  // namespace c_functions

Var<double> signed_zero(const Var<double>& x) { return x - x; }

template <class Check>
std::string message_of(const Check& check) {
  try {
    check();
  } catch (const GradientError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("check_grads accepts right derivatives of numbers to any order") {
  check_grads([](auto x) { return tanh(x); }, {0.5});
  check_grads([](auto x) { return tanh(x); }, {0.5}, 4);
  check_grads([](auto x, auto y) { return sin(x) * y / (1 + x * x); }, {0.5, -2.0}, 3);
}

TEST_CASE("check_grads accepts right derivatives of tensors of any shape, alone or together") {
  const Tensor<double> a{{1, 2, 3}, {-1, 0.5, 2}}, b{{1, 2}, {3, 4}, {0.5, 0.25}};
  check_grads([](auto x, auto y) { return matmul(x, y); }, {a, b}, 3);
  check_grads([](auto x) { return sum(exp(x)); }, {a}, 3);
  check_grads([](auto x) { return tanh(x); }, {Tensor<double>::scalar(0.5)}, 3);
  check_grads([](auto x) { return tanh(x); }, {Tensor<double>::empty({2, 0})}, 2);
  check_grads([](auto x, auto y, auto z) { return x * y + z; }, {a, a, Tensor<double>{1, 2, 3}}, 2);
}

TEST_CASE("check_grads works in float, with fewer digits") {
  const Tensor<float> a{{1, 2, 3}, {-1, 0.5, 2}}, b{{1, 2}, {3, 4}, {0.5, 0.25}};
  check_grads([](auto x, auto y) { return tanh(matmul(x, y)); }, {a, b}, 2);
  check_grads([](auto x) { return tanh(x); }, {0.5f}, 3);
  CHECK_THROWS_AS(check_grads([](auto x) { return wrong_square(x); }, {a}), GradientError);
}

TEST_CASE("check_grads checks an input of many elements, and finds one that is wrong") {
  Rng rng(1);
  const auto x = normal<double>({40, 25}, 0, 1, rng);
  check_grads([](auto v) { return square(v); }, {x}, 2);
  const auto wrong_at_777 = [](auto v) {
    return record("wrong_at_777", [](const auto& u) { return u * u; },
                  [](const auto& g, auto&&, const auto& u) {
                    auto factor = full<double>({40, 25}, 2);
                    factor[777] = 3;
                    return g * u * factor;
                  })(v);
  };
  const std::string message = message_of([&] { check_grads(wrong_at_777, {x}); });
  CHECK(message.find("order 1, input 0, element (31, 2): backward() gives") != message.npos);
}

TEST_CASE("check_grads finds one derivative in 100,000 that is wrong by 1 %, in float too") {
  Rng rng(1);
  const auto x = uniform({1000, 100}, 1, 2, rng);
  check_grads([](auto v) { return v * v; }, {x});
  const auto fewer = slice(x, 0, 100);
  check_grads([](auto v) { return sum(v * v); }, {fewer}, 2);
  check_grads([](auto v) { return tanh(sum(v, 1) / 100); }, {fewer});
  check_grads([](auto v) { return softmax(v, 0) * 100; }, {fewer});
  const auto wrong = [](auto v) {
    return record("wrong", [](const auto& u) { return u * u; },
                  [](const auto& g, auto&&, const auto& u) {
                    auto factor = full<float>({1000, 100}, 2);
                    factor[77777] = 2.02f;
                    return g * u * factor;
                  })(v);
  };
  const std::string message = message_of([&] { check_grads(wrong, {x}); });
  CHECK(message.find("minigrad: check_grads: order 1, input 0, element (777, 77)") == 0);
}

TEST_CASE("check_grads finds a wrong gradient of few numbers that many outputs depend on, in float") {
  Rng rng(1);
  const auto x = normal({100, 100}, 0, 1, rng), bias = normal({100}, 0, 1, rng);
  check_grads([&](auto b) { return x + b; }, {bias});
  check_grads([&](auto b) { return x * b; }, {uniform({2, 1, 1}, 1, 2, rng)});
  const auto wrong = [&](auto b) {
    return record("wrong", [&](const auto& v) { return x + v; }, [](const auto& g) { return sum(g, 0) * 1.01f; })(b);
  };
  CHECK(message_of([&] { check_grads(wrong, {bias}); }).find("input 0, element (") != std::string::npos);
  CHECK(message_of([&] { check_grads(wrong, {slice(bias, 0, 1)}); }).find("no error") == std::string::npos);
}

TEST_CASE("check_grads says where a rule (g, x) of one input is read as (g, y)") {
  const auto square_of = [](auto x) {
    return elementwise("square_of", [](auto v) { return v * v; }, [](auto g, auto v) { return 2 * g * v; })(x);
  };
  CHECK(message_of([&] { check_grads([&](auto x) { return exp(square_of(x)); }, {1.5}); }).find(
            ": the rule of square_of is right if it gets x in place of y: for an op of one input a rule (g, x) means "
            "(g, y), so write (g, auto&&, x)") != std::string::npos);
  CHECK(message_of([&] { check_grads([&](auto x) { return square_of(square_of(x)); }, {Tensor<double>{1.5, -2}}); })
            .find(": the rule of square_of is right") != std::string::npos);
  CHECK(message_of([] { check_grads([](auto x) { return tanh(wrong_square(x)); }, {0.5}); }).find("is right if") ==
        std::string::npos);
}

TEST_CASE("check_grads names order, input, element and both values") {
  CHECK(message_of([] { check_grads([](auto x) { return wrong_square(x); }, {2.0}); }) ==
        "minigrad: check_grads: order 1, input 0: backward() gives 6, finite differences give 4");
  CHECK(message_of([] {
          check_grads([](auto x, auto y) { return sum(x + wrong_square(y)); },
                      {Tensor<double>{{1, 1}}, Tensor<double>{{0, 0}, {0, 2}}});
        }) == "minigrad: check_grads: order 1, input 1, element (1, 1): backward() gives 6, finite differences give 4");
}

TEST_CASE("check_grads finds a rule that is wrong only when it is differentiated again") {
  check_grads([](auto x) { return opaque_square(x); }, {2.0}, 1);
  CHECK(message_of([] { check_grads([](auto x) { return opaque_square(x); }, {2.0}, 2); }) ==
        "minigrad: check_grads: order 2, input 0: backward() gives 0, finite differences give 2");
}

TEST_CASE("check_grads finds a rule that gives another result on Vars than on values") {
  const auto two_faced = [](auto x) {
    return record("two_faced", [](const auto& v) { return v * v; },
        [](const auto& g, auto&&, const auto& v) {
          if constexpr (is_var<std::decay_t<decltype(g)>>)
            return 3 * g * v;
          else
            return 2 * g * v;
        })(x);
  };
  CHECK(message_of([&] { check_grads(two_faced, {2.0}); }) ==
        "minigrad: check_grads: order 1, input 0: grad() gives 6, finite differences give 4: a rule gives another "
        "value for numbers, which backward() computes with, than for Vars, as for grad(). A plain abs(v) does, which is "
        "that of C and makes a whole number of v: write minigrad::abs(v)");
}

TEST_CASE("check_grads says where a plain abs(v) in a rule is that of C") {
  // x |x| / 2 with its derivative |x|. Of a double, abs may be C's; here it is, on each system.
  const auto signed_square = [](auto x) {
    return elementwise("signed_square", [](auto v) { return v * std::abs(v) / 2; },
                       [](auto g, auto&&, auto v) {
                         using c_functions::abs;
                         return g * abs(v);
                       })(x);
  };
  const std::string hint = ": a rule gives another value for numbers";
  CHECK(message_of([&] { check_grads(signed_square, {0.75}); })
            .find("backward() gives 0, finite differences give 0.75" + hint) != std::string::npos);
  CHECK(message_of([&] { check_grads(signed_square, {Tensor<double>{1.5, 2.5}}); })
            .find(", finite differences give ") != std::string::npos);
  CHECK(message_of([&] { check_grads(signed_square, {Tensor<double>{1.5, 2.5}}); }).find(hint) != std::string::npos);
  const auto many = full<double>({10, 10}, 1.5);
  CHECK(message_of([&] { check_grads(signed_square, {many}); }).find(hint) != std::string::npos);
  check_grads(signed_square, {2.0});  // where the two are the same
}

TEST_CASE("check_grads says where a function gives plain numbers another value than Vars") {
  const auto signed_square = [](auto x) {
    using c_functions::abs;  // of a Var minigrad's, of a double C's
    return x * abs(x) / 2;
  };
  CHECK(message_of([&] { check_grads(signed_square, {0.75}); }) ==
        "minigrad: check_grads: f(0.75) is 0 for plain numbers, and 0.28125 for Vars: f calls another function for "
        "numbers. A plain abs(v) is that of C, which makes a whole number of v: write minigrad::abs(v)");
  CHECK(message_of([&] { check_grads(signed_square, {-2.5}); }).find("f(-2.5) is -2.5 for plain numbers, and -3.125") !=
        std::string::npos);
  const auto distance = [](auto a, auto b) {
    using c_functions::abs;
    return abs(a - b);
  };
  CHECK(message_of([&] { check_grads(distance, {1.0, 3.5}); }).find("f(1, 3.5) is 2 for plain numbers, and 2.5 for Vars") !=
        std::string::npos);
  check_grads(signed_square, {-3.0});                                     // where the two are the same
  check_grads([](auto x) { return x * minigrad::abs(x) / 2; }, {0.75});   // and where one function serves both
  check_grads([](const Var<double>& x) { return signed_zero(x); }, {0.75});  // one that takes Vars alone
  check_grads(signed_square, {Tensor<double>{0.75, -1.5}});               // of tensors abs is minigrad's
}

TEST_CASE("several outputs are weighted at random, which the message says") {
  const std::string message =
      message_of([] { check_grads([](auto x) { return wrong_square(x); }, {Tensor<double>{1, 2}}); });
  CHECK(message.find("minigrad: check_grads: order 1, input 0, element (0): backward() gives ") == 0);
  CHECK(message.find(", for the outputs weighted at random") != message.npos);
  CHECK(message == message_of([] { check_grads([](auto x) { return wrong_square(x); }, {Tensor<double>{1, 2}}); }));
}

TEST_CASE("errors that would cancel in a plain sum of the outputs are found") {
  const auto swapped = [](auto x) {
    return record("swapped", [](const auto& v) { return 2 * v; },
                  [](const auto& g, auto&&, auto&&) { return concatenate({slice(g, 1, 2), slice(g, 0, 1)}) * 2; })(x);
  };
  CHECK_THROWS_AS(check_grads(swapped, {Tensor<double>{1, 2}}), GradientError);
}

TEST_CASE("check_grads notices what is not finite") {
  CHECK(message_of([] { check_grads([](auto x) { return sqrt(x); }, {0.0}); }) ==
        "minigrad: check_grads: order 1, input 0: backward() gives inf, finite differences give nan");
  const std::string message = message_of(
      [] { check_grads([](auto x, auto y) { return undefined_at_zero(x, y); }, {2.0, 0.0}); });
  CHECK(message.find("order 1, input 1: backward() gives") != message.npos);
  CHECK(message.find("nan, finite differences give 2") != message.npos);
  CHECK_THROWS_AS(check_grads([](auto x) { return exp(x); }, {1000.0}), GradientError);
  CHECK_THROWS_AS(check_grads([](auto x) { return x * std::numeric_limits<double>::quiet_NaN(); }, {1.0}),
                  GradientError);
}

TEST_CASE("a function may ignore an input, or all of them") {
  check_grads([](auto x, auto) { return x * x; }, {2.0, 3.0}, 3);
  check_grads([](const Var<double>& x) { return x.graph().input(5); }, {2.0}, 2);
  check_grads([](auto x) { return sign(x); }, {Tensor<double>{-1, 2}}, 2);
}

TEST_CASE("check_grads allows for the rounding of large values") {
  check_grads([](auto x) { return x + 1e9; }, {1.0}, 2);
  check_grads([](auto x) { return 1e6 * sin(x); }, {1.0}, 3);
}

TEST_CASE("tolerance and step may be chosen") {
  const auto nearly = [](auto x) {
    return elementwise("nearly", [](auto v) { return v * v; },
                       [](auto g, auto&&, auto v) { return 2.001 * g * v; })(x);
  };
  CHECK_THROWS_AS(check_grads(nearly, {2.0}), GradientError);
  check_grads(nearly, {2.0}, {.tolerance = 1e-2});
  check_grads([](auto x) { return log(x); }, {1e-6}, {.tolerance = 1e-4, .step = 1e-9});
  check_grads([](auto x) { return tanh(x); }, {2.0}, {.order = 3});
}

TEST_CASE("an order below 1 is refused") {
  CHECK_THROWS_WITH_AS(check_grads([](auto x) { return x * 1; }, {2.0}, 0),
                       "minigrad: check_grads: order 0 is not 1 or more", ValueError);
}

TEST_CASE("check_grads() leaves the gradients of parameters that the function uses alone") {
  using T = Tensor<double>;
  Parameter<T> w(T{2, 3});
  Graph<T> graph;
  backward(sum(graph.input({1, 2}) * w));
  check_grads([&](auto x) { return sum(square(x * w)); }, {T{3, 4}}, 2);
  CHECK(w.grad() == T{1, 2});
}
