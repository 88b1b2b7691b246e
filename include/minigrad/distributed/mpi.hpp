// distributed/mpi.hpp - training on several processes or machines by MPI: each has a part of every batch.
//
// It needs an MPI (Debian: libopenmpi-dev) and is compiled by mpicxx, or linked by minigrad::mpi. All ranks hold the
// same weights. Each computes the gradient of its rows; the mean of them, weighted by their rows, is the gradient of
// the whole batch, so that n ranks train as one process does, but for the order of sums.
#pragma once

#ifndef OMPI_SKIP_MPICXX  // the old classes for C++, which nobody needs and which warn
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <type_traits>

#include "../core/error.hpp"
#include "../tensor/tensor.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // in the macros of mpi.h
#endif

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class T>
MPI_Datatype mpi_type() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>,
                "minigrad: MPI passes tensors of float, double and std::int64_t");
  if constexpr (std::is_same_v<T, float>)
    return MPI_FLOAT;
  else if constexpr (std::is_same_v<T, double>)
    return MPI_DOUBLE;
  else
    return MPI_INT64_T;
}

/// Calls f(first, count) for pieces of n elements: MPI counts them by an int.
template <class F>
void in_pieces(std::size_t n, const F& f) {
  constexpr std::size_t most = std::size_t{1} << 30;
  for (std::size_t first = 0; first < n; first += most) f(first, static_cast<int>(n - first < most ? n - first : most));
}

}  // namespace detail

/// The processes that one mpirun has started. Every rank must call the same functions in the same order.
class Mpi {
 public:
  /// The number of this process, from 0.
  std::size_t rank() const { return static_cast<std::size_t>(rank_); }
  /// The number of processes.
  std::size_t size() const { return static_cast<std::size_t>(size_); }
  /// Whether this is rank 0, which prints and writes files.
  bool is_root() const { return rank_ == 0; }
  /// Waits until all ranks have called it.
  void barrier() const { MPI_Barrier(comm_); }

  /// Gives x the elements that it has on rank `root`. Throws ShapeError, on every
  /// rank, if the ranks have tensors of different shapes.
  template <class T>
  void broadcast(Tensor<T>& x, int root = 0) const {
    require_same_shape("broadcast", x.shape());
    detail::in_pieces(x.size(), [&](std::size_t first, int count) {
      MPI_Bcast(x.data() + first, count, detail::mpi_type<T>(), root, comm_);
    });
  }
  /// Gives x, on every rank, the sum of all ranks' x. Throws ShapeError as broadcast does.
  template <class T>
  void all_reduce(Tensor<T>& x) const {
    require_same_shape("all_reduce", x.shape());
    detail::in_pieces(x.size(), [&](std::size_t first, int count) {
      MPI_Allreduce(MPI_IN_PLACE, x.data() + first, count, detail::mpi_type<T>(), MPI_SUM, comm_);
    });
  }
  /// The mean of all ranks' values, weighted: sum_r weight_r value_r / sum_r weight_r. A value of weight 0 is not read.
  double mean(double value, double weight = 1) const {
    double sums[2] = {weight == 0 ? 0 : weight * value, weight};
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm_);
    return sums[0] / sums[1];
  }

  /// The communicator of all ranks, for MPI functions of your own.
  MPI_Comm communicator() const { return comm_; }

 private:
  template <class F>
  friend int run_mpi(int argc, char** argv, F&& program);
  Mpi() {
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
  }

  void require_same_shape(const char* op, const Shape& shape) const {
    // The largest h, and the largest -h, are each other's negative where all ranks have one h.
    long long hash = static_cast<long long>(shape.rank());
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
      hash = (hash * 1000003 + static_cast<long long>(shape[axis])) % 1000000000000007;
    long long ends[2] = {hash, -hash};
    MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPI_LONG_LONG, MPI_MAX, comm_);
    if (ends[0] != -ends[1])
      detail::fail<ShapeError>({op, ": the ranks have tensors of different shapes; rank ", rank_, " has ", shape});
  }

  MPI_Comm comm_ = MPI_COMM_WORLD;
  int rank_ = 0, size_ = 1;
};

/// Starts MPI, calls program(mpi), ends MPI, and returns the exit status of main. An exception ends the whole job: the
/// rank and the message go to stderr, and no other rank waits for this one.
///
///   int main(int argc, char** argv) { return run_mpi(argc, argv, [](Mpi& mpi) { ... }); }
template <class F>
int run_mpi(int argc, char** argv, F&& program) {
  MPI_Init(&argc, &argv);
  Mpi mpi;
  try {
    program(mpi);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %zu of %zu: %s\n", mpi.rank(), mpi.size(), error.what());
    std::fflush(nullptr);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return 0;
}

}  // namespace minigrad::inline MINIGRAD_ABI

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
