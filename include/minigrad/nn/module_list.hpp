// nn/module_list.hpp - ModuleList: layers of any type, which the module that holds them calls as it likes.
//
//   struct Net {
//     ModuleList<float> blocks;
//     auto operator()(auto x) const {
//       for (std::size_t i = 0; i < blocks.size(); ++i) x = x + blocks[i](x);
//       return x;
//     }
//     auto parts() { return std::tie(blocks); }
//   };
//
// Of layers that are all of one type a std::vector does the same.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "sequential.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A list of layers; see Sequential for what a layer is, and for the braces around several.
template <class T = float>
class ModuleList : public Sequential<T> {
  using X = Tensor<T>;

 public:
  /// Layer i, to be called.
  class Item {
   public:
    Var<X> operator()(const Var<X>& x) const { return layer_->forward(x); }
    X operator()(const X& x) const { return layer_->forward(x); }

   private:
    friend class ModuleList;
    explicit Item(const detail::AnyLayer<T>& layer) : layer_(&layer) {}
    const detail::AnyLayer<T>* layer_;
  };

  using Sequential<T>::Sequential;
  /// The number of layers. Throws GraphError for a list that was moved from.
  std::size_t size() const {
    if (Sequential<T>::size() == 0) this->require_layers("ModuleList");
    return Sequential<T>::size();
  }
  /// Throws IndexError if there is no layer i.
  Item operator[](std::size_t i) const {
    if (i >= this->size()) detail::fail<IndexError>({"ModuleList: layer ", i, " of ", this->size()});
    return Item(const_cast<ModuleList&>(*this).layer(i));
  }
  /// Deleted: a list does not say how its layers are called.
  void operator()(const X& x) const = delete;

  /// For parameters() and the like: visits all parts.
  void visit_parts(const detail::PartPlace& place, const detail::PartVisitor<X>& visitor) {
    if (size() > 0) Sequential<T>::visit_parts(place, visitor);
  }
  /// The name and the layers: "ModuleList(Linear(2, 8), Tanh)".
  std::string describe() const { return "ModuleList" + Sequential<T>::describe().substr(10); }
};

template <class First, class... Rest>
ModuleList(First, Rest...) -> ModuleList<typename detail::FirstScalar<First, Rest...>::type>;

}  // namespace minigrad::inline MINIGRAD_ABI
