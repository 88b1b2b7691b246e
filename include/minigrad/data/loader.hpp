// data/loader.hpp - DataLoader: a dataset in batches, in a new random order in each epoch.
//
//   for (auto [x, y] : loader) ...   is one epoch: every row once, batch_size rows at a time.
//
// A small batch gives a noisy gradient at little cost, the whole dataset an exact gradient at a high cost. Shuffling
// puts different rows together in each epoch. A batch is a copy of its rows, in memory from the pool: from the second
// epoch on nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/ownership.hpp"
#include "../core/random.hpp"
#include "../tensor/create.hpp"
#include "../tensor/load_state.hpp"
#include "../tensor/rearrange.hpp"
#include "dataset.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of DataLoader.
struct DataLoaderOptions {
  std::size_t batch_size = 32;  ///< rows in a batch; at most the number of rows of the dataset
  bool shuffle = true;          ///< a new random order in every epoch, instead of the order of the dataset
  bool drop_last = false;       ///< leaves out the last batch if it has fewer rows
  std::size_t rank = 0;         ///< of several processes that share each batch: the number of this one
  std::size_t ranks = 1;        ///< how many there are; each takes its part of a batch, of nearly the same size
};

/// Some rows of a dataset.
template <class T, class Y>
struct Batch {
  typename Dataset<T, Y>::Features x;  ///< the features of the rows
  typename Dataset<T, Y>::Targets y;   ///< their targets
};

/// DataLoader loader(data, {.batch_size = 32}, rng);
///
/// The loader refers to a dataset that is an lvalue, which must outlive it, and owns one that is a temporary or moved:
/// std::move(data). It takes one number from rng, as the seed of its own random stream. So its batches depend only on
/// that number, not on later uses of rng, and two loaders made from one rng differ. A copy of a loader continues with
/// the same random stream as the original.
template <class T = float, class Y = T>
class DataLoader {
  struct End {};
  class Iterator;

 public:
  /// The constructors throw ValueError for batch_size 0, for a rank that is not below ranks, for shuffling without an
  /// rng, and if drop_last leaves no batch.
  DataLoader(const Dataset<T, Y>& data, const DataLoaderOptions& options, Rng& rng)
      : DataLoader({}, &data, options, Rng(rng())) {}
  DataLoader(Dataset<T, Y>&& data, const DataLoaderOptions& options, Rng& rng)
      : DataLoader(Kept::make(std::move(data)), nullptr, options, Rng(rng())) {}
  DataLoader(const Dataset<T, Y>& data, const DataLoaderOptions& options)
      : DataLoader({}, &data, unshuffled(options), Rng()) {}
  DataLoader(Dataset<T, Y>&& data, const DataLoaderOptions& options)
      : DataLoader(Kept::make(std::move(data)), nullptr, unshuffled(options), Rng()) {}
  DataLoader(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// The number of batches in an epoch: rows / batch_size, rounded down with drop_last, and up without.
  std::size_t batches() const {
    const std::size_t rows = dataset().size(), whole = rows / options_.batch_size;
    return options_.drop_last || rows % options_.batch_size == 0 ? whole : whole + 1;
  }

  /// The row of the dataset that is row k of a batch of this epoch.
  std::size_t row(std::size_t batch, std::size_t k) const {
    const std::size_t at = first_row(batch, options_.rank) + k;
    return options_.shuffle ? static_cast<std::size_t>(order_[at]) : at;
  }

  /// The dataset whose rows it gives, and the options, where batch_size is at most the number of rows. Throws Error for a
  /// loader that owned its dataset and was moved from.
  const Dataset<T, Y>& dataset() const {
    if (!kept_ && !named_)
      detail::fail<Error>({"DataLoader: this loader was moved from: use the one that it was moved to"});
    return kept_ ? *kept_ : *named_;
  }
  const DataLoaderOptions& options() const { return options_; }

  /// Begins an epoch in a new order. Only one loop over a shuffling loader may run at a time: after a second one has begun,
  /// the next batch of the first throws Error. Without shuffling several may, and state_dict() has the position of the
  /// one that began or took a batch last.
  Iterator begin() {
    dataset().validate();
    const std::size_t first = std::exchange(resume_at_, 0);
    if (options_.shuffle && first == 0) {
      if (order_.size() != dataset().size()) order_ = arange<std::int64_t>(dataset().size());
      rng_.shuffle(order_);
      ++epoch_;
    }
    position_ = first;
    return Iterator(*this, first);
  }
  /// What the iterator of an epoch is compared with.
  End end() const { return {}; }

  /// Where the loader is: the order of this epoch, the number of its batches that were taken, and the generator that
  /// orders the next epoch. The options too, which must be the same where the state is loaded.
  StateDict state_dict() const {
    StateDict out;
    out.add("position", static_cast<std::int64_t>(position_));
    out.add("order", order_);
    detail::add_generator(out, "generator", rng_);
    DataLoaderOptions options = options_;
    out.add("options.", detail::fields_to_state(fields(options)));
    return out;
  }
  /// The next loop goes on with the batch after the last one that was taken, or begins a new epoch if that was the
  /// epoch's last. A loop that is running ends with an Error. Throws ValueError if the state is that of a loader with
  /// other options or another number of rows; the loader is then unchanged. The number of ranks may be another.
  void load_state_dict(const StateDict& state) {
    constexpr const char* op = "DataLoader: load_state_dict";
    DataLoaderOptions options;
    detail::load_fields(op, state.part("options."), fields(options));
    if (options.batch_size != options_.batch_size || options.shuffle != options_.shuffle ||
        options.drop_last != options_.drop_last)
      detail::fail<ValueError>({op, ": the state is that of a loader with batch_size ", options.batch_size,
                                ", shuffle ", options.shuffle, " and drop_last ", options.drop_last});
    const StateEntry* entry = state.find("order");
    const bool begun = entry && entry->bytes.size() > 0;
    std::int64_t position = 0;
    auto order = Tensor<std::int64_t>::empty(Shape{begun ? dataset().size() : 0});
    std::vector<detail::StateTarget> targets{detail::state_target("position", position),
                                             detail::state_target("order", order),
                                             detail::generator_target("generator")};
    for (const detail::StateField& field : fields(options))
      targets.push_back({std::string("options.") + field.name, field.dtype, Shape{}, nullptr});
    detail::require_same(op, detail::differences(state, targets));
    const Rng rng = detail::read_generator(state, "generator");
    targets.resize(2);
    detail::copy_to(targets, state);
    if (position < 0 || std::cmp_greater(position, batches()) || (options_.shuffle && position > 0 && !begun) ||
        !is_permutation(order))
      detail::fail<ValueError>({op, ": position ", position, " of ", batches(),
                                " batches, or an order that does not "
                                "have each row once"});
    rng_ = rng;
    order_ = std::move(order);
    position_ = static_cast<std::size_t>(position);
    resume_at_ = position_ < batches() ? position_ : 0;
    ++epoch_;
  }

 private:
  using Kept = detail::Shared<const Dataset<T, Y>>;

  static const DataLoaderOptions& unshuffled(const DataLoaderOptions& options) {
    if (options.shuffle)
      detail::fail<ValueError>({"DataLoader: shuffling needs an Rng as the last argument; or say .shuffle = false"});
    return options;
  }

  DataLoader(Kept kept, const Dataset<T, Y>* data, const DataLoaderOptions& options, const Rng& rng)
      : kept_(std::move(kept)), named_(data), options_(options), rng_(rng) {
    dataset().validate();
    if (options_.batch_size == 0) detail::fail<ValueError>({"DataLoader: batch_size is 0"});
    if (options_.rank >= options_.ranks)
      detail::fail<ValueError>({"DataLoader: rank is ", options_.rank, " of ", options_.ranks, " ranks"});
    if (batches() == 0 && dataset().size() > 0)
      detail::fail<ValueError>({"DataLoader: batch_size ", options_.batch_size, " of ", dataset().size(),
                                " rows: drop_last leaves no batch at all"});
  }

  /// Where the part of a rank in a batch begins, among the rows in the order of this epoch.
  std::size_t first_row(std::size_t batch, std::size_t rank) const {
    const std::size_t begin = batch * options_.batch_size;
    const std::size_t rows = (std::min)(options_.batch_size, dataset().size() - begin);
    return begin + rows * rank / options_.ranks;
  }

  Batch<T, Y> batch(std::size_t index) const {
    const std::size_t begin = first_row(index, options_.rank), end = first_row(index, options_.rank + 1);
    if (!options_.shuffle) return {slice(dataset().x, begin, end), slice(dataset().y, begin, end)};
    const Tensor<std::int64_t> rows = slice(order_, begin, end);
    return {index_select(dataset().x, rows), index_select(dataset().y, rows)};
  }

  static std::array<detail::StateField, 3> fields(DataLoaderOptions& o) {
    return {{{"batch_size", o.batch_size}, {"shuffle", o.shuffle}, {"drop_last", o.drop_last}}};
  }
  static bool is_permutation(const Tensor<std::int64_t>& order) {
    std::vector<bool> seen(order.size());
    for (const std::int64_t row : order) {
      if (std::cmp_less(row, 0) || std::cmp_greater_equal(row, seen.size()) || seen[static_cast<std::size_t>(row)])
        return false;
      seen[static_cast<std::size_t>(row)] = true;
    }
    return true;
  }

  Kept kept_;  // the dataset, unless the caller keeps it
  const Dataset<T, Y>* named_;
  DataLoaderOptions options_;
  Rng rng_;
  Tensor<std::int64_t> order_;  // the rows in the order of this epoch
  std::size_t epoch_ = 0;
  std::size_t position_ = 0;   // the batches of this epoch that were taken
  std::size_t resume_at_ = 0;  // where the next loop begins
};

/// A position in an epoch; *it makes the next batch.
template <class T, class Y>
class DataLoader<T, Y>::Iterator {
 public:
  Iterator(DataLoader& loader, std::size_t first)
      : loader_(&loader), index_(first), batches_(loader.batches()), epoch_(loader.epoch_) {}

  Batch<T, Y> operator*() const {
    if (epoch_ != loader_->epoch_)
      detail::fail<Error>({"DataLoader: another loop over this loader has begun: each loop needs a loader of its own"});
    loader_->position_ = index_ + 1;
    return loader_->batch(index_);
  }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  friend bool operator!=(const Iterator& place, End) { return place.index_ < place.batches_; }

 private:
  DataLoader* loader_;
  std::size_t index_, batches_, epoch_;
};

}  // namespace minigrad::inline MINIGRAD_ABI
