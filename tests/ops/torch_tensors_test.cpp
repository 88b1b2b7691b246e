// The ops that are included by name, products of many matrices and reductions over several axes beside PyTorch's: values,
// gradients and second derivatives of fixtures/tensor_ops.txt, in double to 12 digits.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <minigrad/ops/all.hpp>
#include <string>

#include "../support/torch_case.hpp"

using namespace minigrad;

namespace {

using V = Tensor<double>;
using Indices = Tensor<std::int64_t>;
using support::Options;
using support::Vars;
constexpr double inf = std::numeric_limits<double>::infinity();
const Indices at{{2, 0, 1, 1}, {0, 0, 2, 1}};

#define ONE(...) [](const Vars<V>& v, const Options&) -> Var<V> { const Var<V>& x = v[0]; return __VA_ARGS__; }
#define TWO(...) \
  [](const Vars<V>& v, const Options&) -> Var<V> { const Var<V>&x = v[0], &y = v[1]; return __VA_ARGS__; }

/// The counterparts of tensor_ops.py, by name.
const std::map<std::string, support::Function<V>> functions = {
    {"sum_02", ONE(square(sum(x, {0, 2})))},
    {"mean_20_keep", ONE(square(mean(x, {2, 0}, true)))},
    {"max_02", ONE(square((max)(x, {0, 2})))},
    {"min_12", ONE(square((min)(x, {-2, -1})))},
    {"var_02", ONE(var(x, {0, 2}))},
    {"std_01", ONE(minigrad::std(x, {0, 1}, false, 0))},
    {"logsumexp_02", ONE(logsumexp(x, {0, 2}))},
    {"permute_201", ONE(square(permute(x, {2, 0, 1})))},
    {"permute_0312", ONE(square(permute(x, {0, 3, 1, 2})))},
    {"index", ONE(square(index(x, {1, Slice(0, 3, 2), ellipsis, Slice(-2, to_end)})))},
    {"slice_step", ONE(square(slice(x, 1, 5, 1, 3)))},
    {"index_select_1", ONE(square(index_select(x, Indices{2, 0, 2}, 1)))},
    {"embedding", ONE(square(index_select(x, Indices{{2, 0, 2}, {1, 1, 0}})))},
    {"gather_1", ONE(square(gather(x, at, 1)))},
    {"gather_0", ONE(square(gather(x, Indices{{1, 0}, {0, 0}, {1, 1}}, 0)))},
    {"take_along_dim", ONE(square(take_along_dim(x, Indices{{1}, {0}}, 1)))},
    {"take_along_rows", ONE(square(take_along_dim(x, Indices{{1, 0, 2}}, 0)))},
    {"take_along_all", ONE(square(take_along_dim(x, Indices{5, 0, 5})))},
    {"masked_fill", ONE(square(masked_fill(x, greater(x, 0.3), -1.5)))},
    {"masked_fill_columns", ONE(square(masked_fill(x, Tensor<bool>{true, false, true}, 0.5)))},
    {"index_add", ONE(square(index_add(x, Indices{2, 0, 2}, 4)))},
    {"tril", ONE(square(tril(x)))},
    {"tril_-1", ONE(square(tril(x, -1)))},
    {"triu_1", ONE(square(triu(x, 1)))},
    {"pad_constant", ONE(square(pad(x, {1, 2, 0, 1}, PadMode::constant, 0.5)))},
    {"pad_crop", ONE(square(pad(x, {-1, 1, 1, -1})))},
    {"pad_reflect", ONE(square(pad(x, {2, 1}, PadMode::reflect)))},
    {"pad_reflect_2d", ONE(square(pad(x, {2, 1, 1, 0}, PadMode::reflect)))},
    {"pad_circular_2d", ONE(square(pad(x, {2, 1, 1, 0}, PadMode::circular)))},
    {"pad_replicate", ONE(square(pad(x, {2, 1}, PadMode::replicate)))},
    {"pad_replicate_2d", ONE(square(pad(x, {2, 1, 1, 0}, PadMode::replicate)))},
    {"pad_circular", ONE(square(pad(x, {2, 1}, PadMode::circular)))},
    {"cumsum_0", ONE(square(cumsum(x, 0)))},
    {"cumsum_1", ONE(square(cumsum(x, -1)))},
    {"cumsum_rest", ONE(square(cumsum(x, 1, true, true)))},
    {"cumprod_before", ONE(cumprod(x, 1, true))},
    {"cumprod_0", ONE(cumprod(x, 0))},
    {"cumprod_1", ONE(cumprod(x, 1))},
    {"prod", ONE(x.value().rank() == 2 && x.value()(0, 0) == 0 ? prod(slice(x, 0, 1)) : prod(x))},
    {"prod_1", ONE(prod(x, 1))},
    {"prod_0_keep", ONE(prod(x, 0, true))},
    {"sort", ONE(square(sort(x).first))},
    {"sort_0_descending", ONE(square(sort(x, 0, true).first))},
    {"topk", ONE(square(topk(x, 2).first))},
    {"topk_0_smallest", ONE(square(topk(x, 2, 0, false).first))},
    {"split", ONE(square(split(x, 2, 1)[1]))},
    {"split_sizes", ONE(square(split(x, {1, 3}, 1)[1]))},
    {"chunk", ONE(square(chunk(x, 3)[1]))},
    {"repeat", ONE(square(repeat(x, {2, 1, 3})))},
    {"tile", ONE(square(tile(x, {2})))},
    {"flip_1", ONE(square(flip(x, 1)) * x)},
    {"flip_02", ONE(square(flip(x, {0, 2})) * x)},
    {"flip", ONE(square(flip(x)) * x)},
    {"roll_1", ONE(square(roll(x, 2, 1)) * x)},
    {"roll", ONE(square(roll(x, -1)) * x)},
    {"norm", ONE(norm(x))},
    {"norm_0", ONE(norm(x, 0, 1) * square(sum(x, 1)))},
    {"norm_0.5", ONE(norm(x, 0.5, 1))},
    {"norm_1", ONE(norm(x, 1, 1))},
    {"norm_1.5", ONE(norm(x, 1.5, 1))},
    {"norm_3_keep", ONE(norm(x, 3, 0, true))},
    {"norm_inf", ONE(norm(x, inf, 1))},
    {"norm_-inf", ONE(norm(x, -inf, 1))},
    {"norm_2_02", ONE(norm(x, 2, {0, 2}))},
    {"trace", ONE(einsum("ii->", x) * einsum("ii->i", x))},
    {"einsum_three", ONE(einsum("ij,kj,kl->li", x, x, x))},
    {"einsum_one", ONE(square(einsum("ijk->ki", x)))},
    {"matmul", TWO(matmul(x, y))},
    {"matmul_nt", TWO(matmul_nt(x, y))},
    {"matmul_tn", TWO(matmul_tn(x, y))},
    {"bij_bjk", TWO(einsum("bij,bjk->bik", x, y))},
    {"bhtd_bhsd", TWO(einsum("bhtd,bhsd->bhts", x, y))},
    {"ij_kj_implicit", TWO(einsum("ij,kj", x, y))},
    {"ijk_jl_summed", TWO(einsum("ijk,jl->li", x, y))},
    {"ellipsis", TWO(einsum("...ij,...jk->...ik", x, y))},
    {"hadamard", TWO(einsum("ij,ij->ij", x, y))},
    {"diagonal_times", TWO(einsum("iij,jk->ik", x, y))},
    {"outer", TWO(outer(x, y))},
    {"scatter_add", TWO(square(scatter_add(x, Indices{{0, 0}, {2, 1}}, y, 1)))},
    {"scatter_add_0", TWO(square(scatter_add(x, Indices{{1, 1, 0}}, y, 0)))},
    {"stack_permuted", TWO(square(permute(stack({x, y}, 1), {2, 0, 1})))},
};

}  // namespace

TEST_CASE("ops that are included by name have PyTorch's values, first and second derivatives to 12 digits in double") {
  support::Comparison agrees;
  const support::Fixture fixture = support::read_fixture("tensor_ops.txt");
  const std::size_t cases =
      support::for_each_case(fixture, "", [&](const std::string& name, const support::Case& one) {
        const std::string op = name.substr(4, name.find('/', 4) - 4);
        const auto found = functions.find(op);
        const bool at_zero = name.find("/zero") != name.npos;  // PyTorch has no second derivative there
        support::compare<double>(name, one, found == functions.end() ? nullptr : found->second, !at_zero, 1e-12, agrees);
      });
  MESSAGE(cases << " cases, " << agrees.records << " records, " << agrees.numbers << " numbers");
  CHECK(cases > 170);
}
