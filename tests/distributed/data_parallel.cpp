// data_parallel.cpp WHAT: what tests/distributed/mpi_test.sh starts on several ranks.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <minigrad/distributed/data_parallel.hpp>
#include <minigrad/minigrad.hpp>
#include <string>
#include <vector>

using namespace minigrad;

/// Counts the sums over ranks that have begun: MPI's functions may be wrapped.
int sums_begun = 0;
extern "C" int MPI_Iallreduce(const void* send, void* receive, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                              MPI_Request* request) {
  ++sums_begun;
  return PMPI_Iallreduce(send, receive, count, type, op, comm, request);
}

namespace {

using V = Tensor<double>;

Dataset<double> points() {
  Rng rng(1);
  const auto x = normal<double>({53, 3}, 0, 1, rng);  // an odd number: parts of batches differ in their rows
  return Dataset<double>(x, sum(square(x), 1, true));
}

Sequential<double> network(std::uint64_t seed) {
  Rng rng(seed);
  return Sequential<double>{Linear<double>(3, 8, rng), Tanh(), Linear<double>(8, 8, rng), Tanh(),
                            Linear<double>(8, 1, rng)};
}

void require(bool right, const std::string& what) {
  if (!right) throw Error("minigrad test: " + what);
}

/// The losses and the last weights of a training by one process.
std::vector<double> alone(std::size_t batch_size, Sequential<double>& model) {
  const auto data = points();
  Rng rng(5);
  DataLoader loader(data, {.batch_size = batch_size}, rng);
  Adam optimizer(model, {.lr = 0.01});
  Graph<V> graph;
  std::vector<double> losses;
  for (int epoch = 0; epoch < 3; ++epoch)
    for (auto [x, y] : loader) {
      graph.clear();
      const auto loss = mse_loss(model(graph.input(x)), y);
      optimizer.zero_grad();
      backward(loss);
      optimizer.step();
      losses.push_back(loss.value().item());
    }
  return losses;
}

void require_same_weights(Sequential<double>& a, Sequential<double>& b) {
  const auto ours = parameters(a), theirs = parameters(b);
  for (std::size_t k = 0; k < ours.size(); ++k)
    for (std::size_t i = 0; i < ours[k].value().size(); ++i) {
      const double x = ours[k].value().data()[i], y = theirs[k].value().data()[i];
      require(std::fabs(x - y) < 1e-9, "a weight is " + std::to_string(x) + " and alone " + std::to_string(y));
    }
}

/// Eager and captured, with batches of every size down to fewer rows than ranks.
void equality(Mpi& mpi) {
  const auto data = points();
  for (const std::size_t batch_size : {std::size_t{53}, std::size_t{16}, std::size_t{5}}) {
    auto reference = network(7);
    const std::vector<double> expected = alone(batch_size, reference);
    auto model = network(mpi.is_root() ? 7 : 100 + mpi.rank());  // rank 0's weights are everybody's
    DistributedDataParallel parallel(model, mpi, {.bucket_bytes = 200});
    require(parallel.buckets() > 1, "the gradients should not fit into one bucket");
    Rng rng(5);
    DataLoader loader(data, {.batch_size = batch_size, .rank = mpi.rank(), .ranks = mpi.size()}, rng);
    Adam optimizer(model, {.lr = 0.01});
    Graph<V> graph;
    std::size_t step = 0;
    for (int epoch = 0; epoch < 3; ++epoch)
      for (auto [x, y] : loader) {
        const std::size_t rows = x.shape()[0];
        graph.clear();
        const auto loss = mse_loss(model(graph.input(x)), y);
        optimizer.zero_grad();
        if (step % 2 == 0) parallel.backward(loss, rows);
        else parallel.backward(loss, 0.25 * static_cast<double>(rows));  // weights need not be whole numbers
        optimizer.step();
        const double of_all = mpi.mean(loss.value().item(), static_cast<double>(rows));
        require(std::fabs(of_all - expected.at(step)) < 1e-9 * (1 + expected[step]),
                "the loss of step " + std::to_string(step) + " is " + std::to_string(of_all) + ", alone " +
                    std::to_string(expected[step]));
        ++step;
      }
    require(step == expected.size(), "another number of steps");
    require_same_weights(model, reference);
  }
}

void captured(Mpi& mpi) {
  const auto data = points();
  const std::size_t rows = 12;
  auto reference = network(7);
  auto model = network(7);
  DistributedDataParallel parallel(model, mpi);
  SGD one(reference, {.lr = 0.01}), all(model, {.lr = 0.01});
  const std::size_t first = rows * mpi.rank() / mpi.size(), end = rows * (mpi.rank() + 1) / mpi.size();
  const auto x = slice(data.x, 0, rows), y = slice(data.y, 0, rows);
  const auto my_x = slice(x, first, end), my_y = slice(y, first, end);
  auto step = capture([&](auto a, auto b) { return mse_loss(reference(a), b); }, x, y);
  auto my_step = capture([&](auto a, auto b) { return mse_loss(model(a), b); }, my_x, my_y);
  for (int k = 0; k < 20; ++k) {
    step(x, y);
    one.zero_grad();
    step.backward();
    one.step();
    my_step(my_x, my_y);
    all.zero_grad();
    parallel.backward(my_step, end - first);
    all.step();
  }
  require_same_weights(model, reference);
}

/// A layer that only some ranks use has a gradient, and one that none uses has none.
void unused(Mpi& mpi) {
  Parameter<V> everywhere(V{2}), somewhere(V{3}), nowhere(V{4});
  struct Model {
    Parameter<V>&a, &b, &c;
    auto parts() { return std::tie(a, b, c); }
  } model{everywhere, somewhere, nowhere};
  DistributedDataParallel<V> parallel(model, mpi);
  Graph<V> graph;
  const auto x = graph.input(V{1});
  const auto y = mpi.is_root() ? sum(x * everywhere + x * somewhere) : sum(x * everywhere);
  parallel.backward(y);
  require(everywhere.grad().item() == 1, "the gradient of what all ranks use");
  require(std::fabs(somewhere.grad().item() - 1.0 / static_cast<double>(mpi.size())) < 1e-12,
          "the gradient of what rank 0 uses");
  require(!nowhere.has_grad(), "what no rank uses has a gradient");
}

/// When backward comes to the first layer, the sums of the layers behind it have begun.
void overlap(Mpi& mpi) {
  const auto data = points();
  auto model = network(7);
  DistributedDataParallel parallel(model, mpi, {.bucket_bytes = 1});  // each parameter a bucket
  Graph<V> graph;
  const auto hidden = model.get<Linear<double>>(0)(graph.input(data.x));
  auto y = model.get<Linear<double>>(4)(tanh(model.get<Linear<double>>(2)(tanh(hidden))));
  int begun = -1;
  register_hook(hidden, [&](const V&) { begun = sums_begun; });
  const auto loss = mse_loss(y, data.y);
  sums_begun = 0;
  parallel.backward(loss, data.x.shape()[0]);
  const int buckets = mpi.size() == 1 ? 0 : 4, rows = mpi.size() == 1 ? 0 : 1;  // weights and biases of two layers
  require(begun == buckets + rows, std::to_string(begun) + " sums had begun before the first layer");
  require(sums_begun == (mpi.size() == 1 ? 0 : 7), std::to_string(sums_begun) + " sums in all");
}

/// One rank fails in step 7. Rank 0 writes a checkpoint after each step; a second job goes on from it.
void failing(Mpi& mpi, const std::string& file, bool resume) {
  const auto data = points();
  auto model = network(mpi.rank());
  Adam optimizer(model, {.lr = 0.01});
  Rng rng(5);
  DataLoader loader(data, {.batch_size = 16, .rank = mpi.rank(), .ranks = mpi.size()}, rng);
  if (resume) {  // every rank reads the file
    const StateDict state = read_safetensors(file);
    load_state_dict(model, state.part("model."));
    optimizer.load_state_dict(state.part("optimizer."));
    loader.load_state_dict(state.part("loader."));
  }
  DistributedDataParallel parallel(model, mpi);
  Graph<V> graph;
  int steps = resume ? 7 : 0;
  for (; steps < 12;)
    for (auto [x, y] : loader) {
      if (!resume && steps == 7 && mpi.rank() == mpi.size() - 1) throw Error("minigrad test: this rank fails");
      graph.clear();
      const auto loss = mse_loss(model(graph.input(x)), y);
      optimizer.zero_grad();
      parallel.backward(loss, x.shape()[0]);
      optimizer.step();
      ++steps;
      if (mpi.is_root()) {
        StateDict state;
        state.add("model.", state_dict(model));
        state.add("optimizer.", optimizer.state_dict());
        state.add("loader.", loader.state_dict());
        write_safetensors(file, state);
      }
      mpi.barrier();  // the checkpoint of step 7 is whole when the rank fails
      if (steps == 12) break;
    }
  auto reference = network(0);
  alone(16, reference);
  require_same_weights(model, reference);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "", file = argc > 2 ? argv[2] : "";
  return run_mpi(argc, argv, [&](Mpi& mpi) {
    if (what == "equality")
      equality(mpi);
    else if (what == "captured")
      captured(mpi);
    else if (what == "unused")
      unused(mpi);
    else if (what == "overlap")
      overlap(mpi);
    else if (what == "fail")
      failing(mpi, file, false);
    else if (what == "resume")
      failing(mpi, file, true);
    else if (what == "shapes") {
      auto x = zeros<double>({mpi.rank() + 1});
      mpi.broadcast(x);
    } else
      throw Error("minigrad test: data_parallel: unknown: " + what);
    if (mpi.is_root()) std::printf("%s is right on %zu ranks\n", what.c_str(), mpi.size());
  });
}
