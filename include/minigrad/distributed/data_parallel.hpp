// distributed/data_parallel.hpp - DistributedDataParallel: backward() that also averages the gradients of all ranks.
//
// Gradients become final from the last layer to the first. They are copied into buckets in that order, and the sum of a
// bucket over the ranks begins while backward still computes the gradients of the layers before (Li et al., "PyTorch
// Distributed", 2020).
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "../diff/hooks.hpp"
#include "../nn/module.hpp"
#include "../tensor/inner_loop.hpp"
#include "mpi.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // in the macros of mpi.h
#endif

namespace minigrad::inline MINIGRAD_ABI {

/// Options of DistributedDataParallel.
struct DistributedOptions {
  std::size_t bucket_bytes = std::size_t{1}
                             << 20;  ///< gradients are summed over the ranks in pieces of about this size
};

/// DistributedDataParallel parallel(model, mpi);     gives all ranks the parameters and buffers of rank 0
///
///   for (auto [x, y] : loader) {                    DataLoader loader(data, {.rank = mpi.rank(), .ranks = mpi.size()},
///   rng)
///     graph.clear();
///     const auto loss = mse_loss(model(graph.input(x)), y);
///     optimizer.zero_grad();
///     parallel.backward(loss, x.shape()[0]);        in place of backward(loss)
///     optimizer.step();
///   }
template <class V>
class DistributedDataParallel {
 public:
  /// Refers to the model's parameters and to mpi, which must outlive it. Throws ShapeError if the ranks' models differ.
  template <class Model>
  DistributedDataParallel(Model& model, const Mpi& mpi, const DistributedOptions& options = {}) : mpi_(mpi) {
    for (const ParameterRef<V>& parameter : parameters(model)) {
      mpi_.broadcast(parameter.edit());
      parameters_.push_back(parameter);
    }
    for (V* buffer : buffers(model)) mpi_.broadcast(*buffer);
    std::reverse(parameters_.begin(), parameters_.end());
    for (const ParameterRef<V>& parameter : parameters_) {
      const std::size_t size = parameter.value().size() + 1;  // one more: on how many ranks there is a gradient
      if (buckets_.empty() || buckets_.back().sums.size() * sizeof(T) >= options.bucket_bytes) buckets_.emplace_back();
      Bucket& bucket = buckets_.back();
      ++bucket.parameters;
      bucket.sums.resize(bucket.sums.size() + size);
    }
  }
  DistributedDataParallel(const DistributedDataParallel&) = delete;
  DistributedDataParallel& operator=(const DistributedDataParallel&) = delete;

  /// backward(loss). Afterwards every gradient is the mean over the ranks, weighted by `rows`, of how many rows of data
  /// the loss is the mean, or by loss.weight_of(targets) of a loss that is a weighted mean; a rank without rows, or with
  /// rows that are all left out, passes 0, and its loss is not differentiated. Every rank must call this
  /// as often as the others. A gradient that was there before is averaged with it: to accumulate gradients, call
  /// backward() for all parts of a step but the last. A parameter that no rank's loss uses has no gradient.
  template <class Rows = std::size_t>
    requires std::is_arithmetic_v<Rows>
  void backward(const Var<V>& loss, Rows rows = 1) {
    if (mpi_.size() == 1) return minigrad::backward(loss);
    hook(loss.graph());
    begin(rows);
    if (rows > 0) minigrad::backward(loss);
    end();
  }
  /// The same for a captured step: step.backward(). The hooks stay in it, so that the step must not outlive this.
  template <class Step, class Rows = std::size_t>
    requires requires(Step& step, Rows rows) { step.backward(), static_cast<double>(rows); }
  void backward(Step& step, Rows rows = 1) {
    if (mpi_.size() == 1) return step.backward();
    if (hooked_ != &step.graph()) hook(step.graph());
    hooked_ = &step.graph();
    begin(rows);
    if (rows > 0) step.backward();
    end();
  }

  /// In how many pieces the gradients are summed; see DistributedOptions::bucket_bytes.
  std::size_t buckets() const { return buckets_.size(); }

 private:
  using T = typename V::value_type;
  struct Bucket {
    std::size_t parameters = 0, ready = 0;
    std::vector<T> sums{};  // of each parameter: its weighted gradient, and then whether there is one
  };

  void hook(Graph<V>& graph) {
    std::size_t bucket = 0, taken = 0;
    for (const ParameterRef<V>& parameter : parameters_) {
      if (taken == buckets_[bucket].parameters) ++bucket, taken = 0;
      ++taken;
      register_post_accumulate_grad_hook(graph, parameter, [this, bucket](const auto&) {
        ++buckets_[bucket].ready;
        start_ready();
      });
    }
  }

  void begin(auto rows) {
    weight_ = static_cast<T>(rows);
    total_ = static_cast<double>(rows);
    started_ = 0;
    for (Bucket& bucket : buckets_) bucket.ready = 0;
    requests_.assign(1, MPI_REQUEST_NULL);
    MPI_Iallreduce(MPI_IN_PLACE, &total_, 1, MPI_DOUBLE, MPI_SUM, mpi_.communicator(), requests_.data());
  }

  // Buckets start in one order on all ranks, whichever is ready first.
  void start_ready() {
    while (started_ < buckets_.size() && buckets_[started_].ready == buckets_[started_].parameters) start();
    int done = 0;  // MPI advances while it is called
    MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
  }

  void start() {
    Bucket& bucket = buckets_[started_];
    for_each(started_, [&](const ParameterRef<V>& parameter, T* sums) {
      const std::size_t n = parameter.value().size();
      const bool has_grad = weight_ != 0 && parameter.requires_grad() && parameter.has_grad();
      sums[n] = has_grad;
      if (has_grad)
        detail::for_each_element([weight = weight_](auto& sum, const auto& g) { sum = weight * g; }, n, sums,
                                 parameter.grad().data());
      else
        std::fill(sums, sums + n, T{});
    });
    detail::in_pieces(bucket.sums.size(), [&](std::size_t first, int count) {
      requests_.push_back(MPI_REQUEST_NULL);
      MPI_Iallreduce(MPI_IN_PLACE, bucket.sums.data() + first, count, detail::mpi_type<T>(), MPI_SUM,
                     mpi_.communicator(), &requests_.back());
    });
    ++started_;
  }

  void end() {
    while (started_ < buckets_.size()) start();
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    if (total_ == 0) detail::fail<ValueError>({"DistributedDataParallel: backward: no rank has rows"});
    for (std::size_t k = 0; k < buckets_.size(); ++k)
      for_each(k, [&](const ParameterRef<V>& parameter, const T* sums) {
        const std::size_t n = parameter.value().size();
        if (sums[n] == 0) return;
        detail::Gradient<V>& grad = parameter.state().grad;
        if (grad.value.shape() != parameter.value().shape()) grad.value = V::empty(parameter.value().shape());
        grad.present = true;
        detail::for_each_element([total = static_cast<T>(total_)](auto& g, const auto& sum) { g = sum / total; }, n,
                                 grad.value.data(), sums);
      });
  }

  /// f(parameter, sums) for each parameter of a bucket.
  template <class F>
  void for_each(std::size_t k, const F& f) {
    std::size_t first = 0;
    for (std::size_t before = 0; before < k; ++before) first += buckets_[before].parameters;
    T* sums = buckets_[k].sums.data();
    for (std::size_t i = first; i < first + buckets_[k].parameters; ++i) {
      f(parameters_[i], sums);
      sums += parameters_[i].value().size() + 1;
    }
  }

  const Mpi& mpi_;
  std::vector<ParameterRef<V>> parameters_;  // from the last to the first
  std::vector<Bucket> buckets_;
  std::vector<MPI_Request> requests_;
  std::size_t started_ = 0;
  double total_ = 0;
  T weight_ = 0;
  const Graph<V>* hooked_ = nullptr;
};

template <class Model>
DistributedDataParallel(Model&, const Mpi&) -> DistributedDataParallel<detail::value_of_model<Model>>;
template <class Model>
DistributedDataParallel(Model&, const Mpi&, const DistributedOptions&)
    -> DistributedDataParallel<detail::value_of_model<Model>>;

}  // namespace minigrad::inline MINIGRAD_ABI

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
