// nn/sequential.hpp - Sequential: layers in a row, chosen at run time. Each is called on the result of the one before.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

#include "layers.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class T>
struct AnyLayer;

template <class T>
using OwnLayer = Own<AnyLayer<T>>;

template <class T>
struct AnyLayer {
  using X = Tensor<T>;
  virtual ~AnyLayer() = default;
  virtual Var<X> forward(const Var<X>& x) const = 0;
  virtual X forward(const X& x) const = 0;
  virtual OwnLayer<T> clone() const = 0;
  virtual void visit_parts(const PartPlace& place, const PartVisitor<X>& visitor) = 0;
  virtual void set_training(const ModeChange& change) = 0;
  virtual std::string describe() const = 0;
  virtual const void* type() const = 0;
  /// Moves the values of a layer of the same type into this one, which keeps its parameters, and returns true. Returns
  /// false if the types differ or the move assignment may throw.
  virtual bool take(AnyLayer& other) noexcept = 0;
};

/// An object whose address identifies the type M, without run-time type information.
template <class M>
inline constexpr char type_tag{};

template <class T, class M>
struct LayerOf final : AnyLayer<T> {
  using X = Tensor<T>;
  M module;

  explicit LayerOf(M&& m) : module(std::move(m)) {}
  explicit LayerOf(const M& m) : module(m) {}
  Var<X> forward(const Var<X>& x) const override { return module(x); }
  X forward(const X& x) const override { return module(x); }
  OwnLayer<T> clone() const override { return OwnLayer<T>(new LayerOf(module)); }
  void visit_parts(const PartPlace& place, const PartVisitor<X>& visitor) override {
    detail::visit_parts(module, place, visitor);
  }
  void set_training(const ModeChange& change) override { detail::set_training(module, change); }
  std::string describe() const override {
    if constexpr (requires { module.describe(); }) return module.describe();
    else return HasParts<M> ? "module" : "function";
  }
  const void* type() const override { return &type_tag<M>; }
  bool take(AnyLayer<T>& other) noexcept override {
    if constexpr (std::is_nothrow_move_assignable_v<M>) {
      if (other.type() == type()) return module = std::move(static_cast<LayerOf&>(other).module), true;
    }
    return false;
  }
};

template <class... M>
struct FirstScalar {
  using type = float;
};
template <class M, class... Rest>
struct FirstScalar<M, Rest...> : FirstScalar<Rest...> {};
template <class M, class... Rest>
  requires(is_tensor<value_of_model<M>>)
struct FirstScalar<M, Rest...> {
  using type = typename value_of_model<M>::value_type;
};

}  // namespace detail

/// y = layer_n(... layer_2(layer_1(x))). A layer is anything that can be called on a Tensor<T> and on a
/// Var<Tensor<T>>: the layers of this library, a user's module, a generic lambda. A copy copies all layers.
///
///   Sequential model{Linear(2, 8, rng), Tanh(), Linear(8, 1, rng)};
///
/// Use braces: they evaluate the layers from left to right. In parentheses the order depends on the compiler, and so
/// would the weights for a given seed.
template <class T = float>
class Sequential {
 public:
  using X = Tensor<T>;        ///< what the layers take and give
  using parameter_value = X;  ///< tells generic code what its parameters hold

  Sequential() = default;
  template <class First, class... Rest>
    requires(!std::is_base_of_v<Sequential, First> || sizeof...(Rest) > 0)
  explicit Sequential(First first, Rest... rest) {
    layers_.reserve(1 + sizeof...(Rest));
    append(first);
    (append(rest), ...);
  }
  Sequential(detail::AnyArgument, ...) = delete;  // minigrad: layers are objects: Tanh() or a lambda, not a function
  Sequential(const Sequential& other) : moved_from_(other.moved_from_) {
    for (const auto& layer : other.layers_) layers_.push_back(layer->clone());
  }
  Sequential(Sequential&& other) noexcept
      : layers_(std::move(other.layers_)), moved_from_(std::exchange(other.moved_from_, true)) {}
  /// A layer whose counterpart in `other` has the same type takes over its values and keeps its parameters, so that an
  /// optimizer still refers to them. This needs a type with a move assignment that does not throw; all layers of this
  /// library have one. The other layers are replaced by those of `other` or by copies of them, which an optimizer of
  /// this model refuses at its next step. If a copy throws, this model does not change.
  Sequential& operator=(const Sequential& other) {
    if (this != &other) *this = Sequential(other);
    return *this;
  }
  Sequential& operator=(Sequential&& other) noexcept {
    if (this == &other) return *this;
    auto layers = std::move(other.layers_);  // first, since `other` may be part of a layer of this model
    for (std::size_t i = 0; i < layers.size() && i < size(); ++i)
      if (layers_[i]->take(*layers[i])) std::swap(layers_[i], layers[i]);
    layers_ = std::move(layers);
    moved_from_ = std::exchange(other.moved_from_, true);
    return *this;
  }

  /// Appends a layer.
  template <class M>
  Sequential& add(M layer) {
    return append(layer);
  }

  /// Of no layers: x. Throws GraphError for a model that was moved from.
  Var<X> operator()(Var<X> x) const& {
    if (layers_.empty()) require_layers();
    for (const auto& layer : layers_) x = layer->forward(x);
    return x;
  }
  /// Of a temporary model: a compile error.
  template <std::same_as<X> V>
  void operator()(const Var<V>&) && {
    detail::refuse_temporary<V>();
  }
  X operator()(const X& x) const& {
    if (layers_.empty()) return require_layers(), x;
    X y = layers_[0]->forward(x);
    for (std::size_t i = 1; i < layers_.size(); ++i) y = layers_[i]->forward(y);
    return y;
  }

  /// The number of layers.
  std::size_t size() const { return layers_.size(); }

  /// Layer i, which must be an M. Throws IndexError if there is no layer i, ValueError if it has another type.
  template <class M>
  M& get(std::size_t i) {
    return const_cast<M&>(std::as_const(*this).template get<M>(i));
  }
  template <class M>
  const M& get(std::size_t i) const {
    if (i >= size()) detail::fail<IndexError>({"Sequential: layer ", i, " of ", size()});
    if (layers_[i]->type() != &detail::type_tag<M>)
      detail::fail<ValueError>({"Sequential: layer ", i, " is ", layers_[i]->describe(), ", not what get() asks for"});
    return static_cast<const detail::LayerOf<T, M>&>(*layers_[i]).module;
  }

  /// Set all layers to training or to evaluation mode; see minigrad::train().
  void train() { set_training({true}); }
  void eval() { set_training({false}); }

  /// For parameters(), buffers(), train() and summary(): visits all parts, sets the mode, describes; layer i unchecked.
  /// The parts of a model that was moved from are refused: as those of an empty one they would be saved over a good file.
  void visit_parts(const detail::PartPlace& place, const detail::PartVisitor<X>& visitor) {
    if (layers_.empty()) require_layers();
    for (std::size_t i = 0; i < size(); ++i) layers_[i]->visit_parts({&place, nullptr, i}, visitor);
  }
  void set_training(const detail::ModeChange& change) {
    for (const auto& layer : layers_) layer->set_training(change);
  }
  std::string describe() const {
    std::string out = "Sequential(";
    for (const auto& layer : layers_) detail::append(out, {&layer == &layers_[0] ? "" : ", ", layer->describe()});
    out += ')';
    return out;
  }
  detail::AnyLayer<T>& layer(std::size_t i) { return *layers_[i]; }

 protected:
  /// Throws GraphError for a model that was moved from, and has been given no layers since.
  [[gnu::cold, gnu::noinline]] void require_layers(const char* name = "Sequential") const {
    if (moved_from_) detail::fail<GraphError>({name, ": used after it was moved from"});
  }

 private:
  /// Appends a layer, from which it moves.
  template <class M>
  [[gnu::cold, gnu::noinline]] Sequential& append(M& layer) {
    using V = detail::value_of_model<M>;
    constexpr bool one_type = std::is_void_v<V> || std::is_same_v<V, X>;
    static_assert(one_type, "minigrad: the layers of a Sequential compute with one number type: Linear<double> in a "
                            "Sequential<double>");
    if constexpr (one_type) {
      constexpr bool callable = requires(const M& m, const X& x, const Var<X>& v) { m(x), m(v); };
      static_assert(callable,
                    "minigrad: a layer must be callable, as const, on a Tensor<T> and on a Var<Tensor<T>>, with the T "
                    "of the Sequential");
      static_assert(std::is_copy_constructible_v<M>, "minigrad: a layer must be copyable, since a Sequential is");
      if constexpr (callable) layers_.emplace_back(new detail::LayerOf<T, M>(std::move(layer)));
      moved_from_ = false;
    }
    return *this;
  }

  detail::PoolArray<detail::OwnLayer<T>> layers_;
  bool moved_from_ = false;
};

namespace detail {
/// Sequential, or what derives from it; and such a one whose parts are its layers, as it has no parts() of its own.
template <class M>
concept DerivesFromSequential = requires(M& module) { []<class T>(Sequential<T>&) {}(module); };
template <class M>
concept IsSequential = DerivesFromSequential<M> && !HasParts<M>;
}  // namespace detail

// First is a parameter of its own so that this guide is as specialized as the constructor. Otherwise the guide from the
// constructor would be chosen, and T would always be float.
template <class First, class... Rest>
Sequential(First, Rest...) -> Sequential<typename detail::FirstScalar<First, Rest...>::type>;

}  // namespace minigrad
