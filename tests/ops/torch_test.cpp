// The op table beside PyTorch's: values, gradients and second derivatives of fixtures/ops.txt, in double to 12 digits
// and, values and gradients, in float to 5. The few places where minigrad decides otherwise stand in `deviations`.
#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <minigrad/ops/ops.hpp>
#include <string>

#include "../support/torch_case.hpp"

using namespace minigrad;
using support::Comparison;
using support::Function;
using support::Options;
using support::Vars;

namespace {

const support::Fixture fixture = support::read_fixture("ops.txt");

#define OP(...) \
  []([[maybe_unused]] const Vars<V>& x, [[maybe_unused]] const Options& o) -> Var<V> { return __VA_ARGS__; }

/// The counterparts of ops.py, by name.
template <class V>
const std::map<std::string, Function<V>>& functions() {
  static const std::map<std::string, Function<V>> table = {
      {"neg", OP(-x[0])},
      {"sign", OP(sign(x[0]) * x[0])},
      {"abs", OP(abs(x[0]))},
      {"square", OP(square(x[0]))},
      {"sqrt", OP(sqrt(x[0]))},
      {"reciprocal", OP(reciprocal(x[0]))},
      {"exp", OP(exp(x[0]))},
      {"expm1", OP(expm1(x[0]))},
      {"log", OP(log(x[0]))},
      {"log1p", OP(log1p(x[0]))},
      {"sin", OP(sin(x[0]))},
      {"cos", OP(cos(x[0]))},
      {"tan", OP(tan(x[0]))},
      {"atan", OP(atan(x[0]))},
      {"erf", OP(erf(x[0]))},
      {"tanh", OP(tanh(x[0]))},
      {"sigmoid", OP(sigmoid(x[0]))},
      {"relu", OP(relu(x[0]))},
      {"leaky_relu", OP(leaky_relu(x[0]))},
      {"leaky_relu_0.3", OP(leaky_relu(x[0], 0.3))},
      {"elu", OP(elu(x[0]))},
      {"elu_0.7", OP(elu(x[0], 0.7))},
      {"softplus", OP(softplus(x[0]))},
      {"silu", OP(silu(x[0]))},
      {"gelu", OP(gelu(x[0]))},
      {"clamp", OP(clamp(x[0], -0.7, 1))},
      {"pow_0", OP(pow(x[0], 0))},
      {"pow_1", OP(pow(x[0], 1))},
      {"pow_2", OP(pow(x[0], 2))},
      {"pow_3", OP(pow(x[0], 3))},
      {"pow_0.5", OP(pow(x[0], 0.5))},
      {"pow_-1.5", OP(pow(x[0], -1.5))},
      {"exponential_2", OP(pow(2, x[0]))},
      {"add", OP(x[0] + x[1])},
      {"sub", OP(x[0] - x[1])},
      {"mul", OP(x[0] * x[1])},
      {"div", OP(x[0] / x[1])},
      {"pow", OP(pow(x[0], x[1]))},
      {"maximum", OP(maximum(x[0], x[1]))},
      {"minimum", OP(minimum(x[0], x[1]))},
      {"where", OP(where(greater(x[0], 0.2), x[0] * x[0], x[1]))},
      {"sum", OP(sum(x[0], o.axis(), o.keepdim()))},
      {"mean", OP(mean(x[0], o.axis(), o.keepdim()))},
      {"max", OP((max)(x[0], o.axis(), o.keepdim()))},
      {"min", OP((min)(x[0], o.axis(), o.keepdim()))},
      {"logsumexp", OP(logsumexp(x[0], o.axis(), o.keepdim()))},
      {"var_0", OP(var(x[0], o.axis(), o.keepdim(), o.correction()))},
      {"var_1", OP(o.correction() == 1 ? var(x[0], o.axis(), o.keepdim()) : x[0])},
      {"std_0", OP(minigrad::std(x[0], o.axis(), o.keepdim(), o.correction()))},
      {"std_1", OP(o.correction() == 1 ? minigrad::std(x[0], o.axis(), o.keepdim()) : x[0])},
      {"softmax", OP(softmax(x[0], o.axis()))},
      {"log_softmax", OP(log_softmax(x[0], o.axis()))},
      {"reshape", OP(square(reshape(x[0], o.shape())))},
      {"transpose", OP(square(transpose(x[0])))},
      {"transpose_0_2", OP(square(transpose(x[0], static_cast<int>(o.size("first")),
                                            static_cast<int>(o.size("second")))))},
      {"slice", OP(square(slice(x[0], o.size("begin"), o.size("end"), o.axis())))},
      {"unslice", OP(square(unslice(x[0], o.shape(), o.size("begin"), o.axis())))},
      {"index_select", OP(square(index_select(x[0], o.indices())))},
      {"index_add", OP(square(index_add(x[0], o.indices(), o.size("rows"))))},
      {"broadcast_to", OP(square(broadcast_to(x[0], o.shape())))},
      {"sum_to", OP(square(sum_to(x[0], o.shape())))},
      {"concatenate", OP(square(concatenate({x[0], x[1], x[0]}, o.axis())))},
      {"stack", OP(square(stack({x[0], x[1], x[0]}, o.axis())))},
      {"matmul", OP(matmul(x[0], x[1]))},
      {"matmul_nt", OP(matmul_nt(x[0], x[1]))},
      {"matmul_tn", OP(matmul_tn(x[0], x[1]))},
      {"linear", OP(linear(x[0], x[1], x[2]))},
  };
  return table;
}
#undef OP

/// The records in which minigrad decides otherwise than PyTorch 1.13, on purpose or by the order of rounding.
const std::map<std::string, std::string> deviations = {
    {"one/abs/edge g0 13", "the slope at NaN is NaN, not 0"},
    {"one/softplus/edge g0 10", "the slope at 800 is 1; PyTorch computes inf / inf"},
    {"one/silu/edge h0 9", "the second derivative at 20 is -3.7100764881019e-8; PyTorch rounds 1 - sigmoid(20)"},
    {"two/pow/edge h0 0", "d2/dx2 of x^0 at 0 is 0; PyTorch computes 0 * inf"},
    {"two/pow/edge h0 1", "d2/dx2 of x^1 at 0 is 0; PyTorch computes 0 * inf"},
    {"two/pow/edge h0 2", "d2/dx2 of x^2 at 0 is 2; PyTorch computes 0 * inf"},
    {"two/pow/edge h1 0", "d2/dxdp at x = 0, p = 0 does not exist: 1 here, NaN in PyTorch"},
    {"two/pow/edge h1 1", "d2/dxdp at x = 0, p = 1 is infinite: 1 here, NaN in PyTorch"},
    {"two/pow/edge h1 2", "d2/dxdp at x = 0, p = 2 is 0; PyTorch computes 0 * inf"},
    {"two/pow/edge h1 4", "d2/dxdp of x^p at x = 2, p = 0 is 1/2; PyTorch takes p = 0 for a constant, and has 0"},
};

/// one/relu/2x3 calls relu; move/slice_0_0_2 calls slice, and its options are records of their own.
template <class V>
Function<V> function_of(const std::string& name) {
  const std::size_t first = name.find('/') + 1;
  std::string op = name.substr(first, name.find('/', first) - first);
  const auto& table = functions<V>();
  if (const auto found = table.find(op); found != table.end()) return found->second;
  const auto found = table.find(op.substr(0, op.find('_')));
  return found == table.end() ? nullptr : found->second;
}

}  // namespace

TEST_CASE("the op table's values, first and second derivatives are PyTorch's to 12 digits in double") {
  Comparison agrees;
  agrees.deviations = deviations;
  const std::size_t cases = support::for_each_case(
      fixture, "", [&](const std::string& name, const support::Case& one) {
        support::compare<double>(name, one, function_of<Tensor<double>>(name), true, 1e-12, agrees);
      });
  MESSAGE(cases << " cases, " << agrees.records << " records, " << agrees.numbers << " numbers, of which "
                << agrees.deviating.size() << " differ as listed");
  CHECK(cases > 400);
  for (const auto& deviation : deviations)
    if (!agrees.deviating.count(deviation.first)) FAIL_CHECK(deviation.first << " is a deviation no more: unlist it");
}

TEST_CASE("the op table's values and derivatives are PyTorch's to 5 digits in float") {
  Comparison agrees;
  support::for_each_case(fixture, "", [&](const std::string& name, const support::Case& one) {
    // Edges are numbers that a float does not have.
    if (name.find("/edge") == name.npos)
      support::compare<float>(name, one, function_of<Tensor<float>>(name), false, 1e-5, agrees);
  });
  CHECK(agrees.records > 800);
}
