// Layers in a pair, a tuple, an optional, a variant or a reference_wrapper would be missed, and never trained.
#include <functional>
#include <minigrad/nn/layers.hpp>
#include <optional>
#include <utility>
#include <variant>

using Layer = minigrad::Linear<float>;
/// A module whose second part hides what it holds, or is nothing that could be missed.
template <class Second>
struct Net {
  Layer first;
  Second second;
  auto parts() { return std::tie(first, second); }
};

template <class Part>
constexpr bool is_hidden = minigrad::detail::parts_fault<Net<Part>, minigrad::Tensor<float>>() ==
                           minigrad::detail::PartsFault::hidden;
static_assert(is_hidden<std::pair<int, Layer>> && is_hidden<std::tuple<Layer>> && is_hidden<std::optional<Layer>>);
static_assert(is_hidden<std::variant<minigrad::ReLU, Layer>> && is_hidden<std::reference_wrapper<Layer>>);
static_assert(is_hidden<std::pair<int, minigrad::Parameter<float>>> && is_hidden<std::tuple<minigrad::Dropout>>);
static_assert(is_hidden<std::pair<int, std::vector<Layer>>> && is_hidden<std::tuple<std::pair<Layer, Layer>, int>>);
static_assert(is_hidden<std::pair<Layer, int>[2]> && is_hidden<std::vector<std::variant<Layer, minigrad::Tanh>>>);
static_assert(is_hidden<std::pair<minigrad::Tensor<float>, int>> && is_hidden<std::tuple<minigrad::Rng>>);
static_assert(!is_hidden<std::pair<int, double>> && !is_hidden<std::variant<minigrad::ReLU, minigrad::Tanh>>);
static_assert(!is_hidden<Layer[2]> && !is_hidden<std::reference_wrapper<int>> && !is_hidden<Net<int>>);

int main() {
  minigrad::Rng rng(1);
  Net<int> net{Layer(2, 1, rng), 1};
  Net<std::pair<Layer, Layer>> wrong{Layer(2, 1, rng), {Layer(2, 1, rng), Layer(2, 1, rng)}};
  minigrad::parameters(wrong);  // error: of a pointer or another container list what it holds
  return static_cast<int>(minigrad::parameters(net).size()) - 2 + net.second - 1;
}
