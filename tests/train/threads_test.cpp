// What threads may share, and what each needs for itself: docs/3-graph.md, "Threads". ThreadSanitizer watches by
//   g++ -std=c++20 -O1 -g -fsanitize=thread -Iinclude tests/train/threads_test.cpp tests/main.cpp -o threads && ./threads
#include <doctest/doctest.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <minigrad/diff/derivatives.hpp>
#include <minigrad/scalar/scalar_tape.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/optim/sgd.hpp>
#include <minigrad/train/fit.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

using X = Tensor<double>;
constexpr std::size_t thread_count = 4;

/// body(k) in thread k of several at once; what one of them throws is thrown again, when all are done.
template <class Body>
void in_threads(const Body& body, std::size_t count = thread_count) {
  std::vector<std::exception_ptr> failures(count);
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < count; ++k)
    threads.emplace_back([&, k] {
      try {
        body(k);
      } catch (...) {
        failures[k] = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

/// y = x0 x1, on n points.
Dataset<double> products(std::size_t n, Rng& rng) {
  const X x = uniform<double>({n, 2}, -1, 1, rng);
  X y = X::empty({n, 1});
  for (std::size_t i = 0; i < n; ++i) y[i] = x(i, 0) * x(i, 1);
  return {x, y};
}

Sequential<double> network(Rng& rng, double drop = 0) {
  Sequential<double> model;
  model.add(Linear<double>(2, 8, rng)).add(Tanh()).add(Dropout(drop, rng)).add(Linear<double>(8, 1, rng));
  return model;
}

std::vector<X> weights_of(Sequential<double>& model) {
  std::vector<X> out;
  for (const auto& p : parameters(model)) out.push_back(p.value());
  return out;
}

/// A waiting line between threads.
template <class T>
class Queue {
 public:
  void put(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    changed_.notify_one();
  }
  T take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty(); });
    T item = std::move(items_.front());
    items_.erase(items_.begin());
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> items_;
};

}  // namespace

TEST_CASE("networks that several threads train on one dataset become what each becomes alone, to the bit") {
  Rng rng(1);
  const Dataset<double> train = products(64, rng), validation = products(32, rng);
  const auto trained = [&](std::size_t k) {
    Rng own(k);
    Sequential<double> model = network(own, 0.1);
    Adam optimizer(model, {.lr = 0.02});
    fit(model, MSELoss(), optimizer, train, validation, {.epochs = 4, .batch_size = 8, .clip_norm = 1, .seed = k});
    return weights_of(model);
  };
  std::vector<std::vector<X>> together(thread_count);
  in_threads([&](std::size_t k) { together[k] = trained(k); });
  for (std::size_t k = 0; k < thread_count; ++k) CHECK(together[k] == trained(k));
  CHECK(together[0] != together[1]);
}

TEST_CASE("threads share a frozen model: they predict, differentiate by its inputs, and train students on it") {
  Rng rng(2);
  const Dataset<double> data = products(32, rng);
  Sequential<double> teacher = network(rng, 0.5);
  eval(teacher);  // in training mode a Dropout draws random numbers, and one stream is for one thread
  for (const auto& p : parameters(teacher)) p.requires_grad(false);
  const std::vector<X> before = weights_of(teacher);
  const Sequential<double>& shared = teacher;
  const auto total = [&](const auto& x) { return sum(square(shared(x))); };

  struct Found {
    X prediction, gradient, curvature, along;
    double student_loss = 0;
    bool operator==(const Found&) const = default;
  };
  const auto study = [&](std::size_t k) {
    Found found;
    found.prediction = shared(data.x);
    found.gradient = value_and_grad(total, data.x).second;
    found.curvature = hvp(total, data.x, data.x).second;
    found.along = jvp([&](const auto& x) { return shared(x); }, data.x, data.x).second;
    Rng own(k);
    Sequential<double> student = network(own);
    SGD optimizer(student, {.lr = 0.1, .momentum = 0.9});
    Graph<X> graph;
    for (int step = 0; step < 20; ++step) {
      graph.clear();
      const auto x = graph.input(data.x);
      const auto loss = mse_loss(student(x), shared(x));
      optimizer.zero_grad();
      backward(loss);
      optimizer.step();
      found.student_loss = loss.item();
    }
    return found;
  };
  std::vector<Found> together(thread_count);
  in_threads([&](std::size_t k) { together[k] = study(k); });
  for (std::size_t k = 0; k < thread_count; ++k) CHECK(together[k] == study(k));
  CHECK(weights_of(teacher) == before);
  for (const auto& p : parameters(teacher)) CHECK_FALSE(p.has_grad());
}

TEST_CASE("jacobian and hvp take trainable parameters as constants, so that threads may share these too") {
  Rng rng(3);
  const Linear<double> layer(3, 3, rng);
  const X x = uniform<double>({2, 3}, -1, 1, rng);
  const auto f = [&](const auto& v) { return tanh(layer(v)); };
  const auto g = [&](const auto& v) { return sum(square(layer(v))); };
  std::vector<X> jacobians(thread_count), products(thread_count);
  in_threads([&](std::size_t k) {
    jacobians[k] = jacobian(f, x);
    products[k] = hvp(g, x, x).second;
  });
  for (std::size_t k = 0; k < thread_count; ++k) {
    CHECK(jacobians[k] == jacobian(f, x));
    CHECK(products[k] == hvp(g, x, x).second);
  }
  CHECK_FALSE(layer.weight.has_grad());
}

TEST_CASE("the gradients of a batch's parts, each from a thread with a copy of the model, add up to the batch's own") {
  Rng rng(4);
  const Dataset<double> data = products(32, rng);
  Sequential<double> model = network(rng), whole = model;
  SGD optimizer(model, {.lr = 0.1}), whole_optimizer(whole, {.lr = 0.1});
  const auto ours = parameters(model), exact = parameters(whole);
  const std::size_t rows = data.size() / thread_count;
  Graph<X> whole_graph;
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    std::vector<Sequential<double>> copies(thread_count, model);
    in_threads([&](std::size_t k) {
      const X x = slice(data.x, k * rows, (k + 1) * rows), y = slice(data.y, k * rows, (k + 1) * rows);
      Graph<X> graph;
      backward(mse_loss((k == 0 ? model : copies[k])(graph.input(x)), y) / thread_count);
    });
    for (std::size_t k = 1; k < thread_count; ++k) {
      const auto part = parameters(copies[k]);
      for (std::size_t i = 0; i < ours.size(); ++i) ours[i].grad() += part[i].grad();
    }
    optimizer.step();

    whole_graph.clear();
    whole_optimizer.zero_grad();
    backward(mse_loss(whole(whole_graph.input(data.x)), data.y));
    whole_optimizer.step();
  }
  for (std::size_t i = 0; i < ours.size(); ++i)
    CHECK((max)(abs(ours[i].value() - exact[i].value())).item() < 1e-12);
}

TEST_CASE("tensors travel from thread to thread, and whoever has one last frees it") {
  Queue<std::optional<X>> there, back;
  std::size_t right = 0;
  std::thread worker([&] {
    while (std::optional<X> x = there.take()) {
      back.put(*x * 2);  // x dies here, in another thread than it was made in; so does the answer, over there
    }
    back.put(std::nullopt);
  });
  const auto numbered = [](std::size_t i) { return full<double>({1 + i % 7, 50}, static_cast<double>(i)); };
  for (std::size_t i = 0; i < 200; ++i) there.put(numbered(i));
  there.put(std::nullopt);
  for (std::size_t i = 0; std::optional<X> x = back.take(); ++i)
    if (*x == numbered(i) * 2) ++right;
  worker.join();
  CHECK(right == 200);
}

TEST_CASE("a copy of a tensor is its thread's own: changing it changes neither the original nor another copy") {
  Rng rng(5);
  const X original = uniform<double>({40, 5}, 0, 1, rng), untouched = original + 0;
  std::vector<X> copies(thread_count, original);
  in_threads([&](std::size_t k) {
    X local = original;  // while the others read it as well
    for (int i = 0; i < 50; ++i) {
      local += original;
      copies[k] *= 0.5;
      copies[k] = local;
    }
  });
  for (const X& copy : copies) CHECK((max)(abs(copy - 51 * original)).item() < 1e-12);
  CHECK(original == untouched);
}

TEST_CASE("each thread differentiates on a tape of its own, and draws from a generator of its own") {
  const auto work = [](std::size_t k) {
    Rng rng(k);
    ScalarTape<double> tape;
    std::vector<double> x(20), gradient(20), total(20);
    for (int round = 0; round < 20; ++round) {
      for (double& number : x) number = rng.normal();
      tape.value_and_grad(
          [](const auto& v) {
            auto y = v[0] * 0;
            for (std::size_t i = 0; i + 1 < v.size(); ++i)
              y += square(1 - v[i]) + 100 * square(v[i + 1] - square(v[i]));
            return y;
          },
          x, gradient);
      for (std::size_t i = 0; i < x.size(); ++i) total[i] += gradient[i];
    }
    return total;
  };
  std::vector<std::vector<double>> together(thread_count);
  in_threads([&](std::size_t k) { together[k] = work(k); });
  for (std::size_t k = 0; k < thread_count; ++k) CHECK(together[k] == work(k));
}

TEST_CASE("a training that fails in one thread leaves those of the others alone") {
  Rng rng(6);
  const Dataset<double> data = products(32, rng);
  std::vector<double> losses(thread_count);
  std::string message;
  in_threads([&](std::size_t k) {
    Rng own(k);
    Sequential<double> model = network(own);
    SGD optimizer(model, {.lr = k == 1 ? 1e200 : 0.1});
    try {
      losses[k] = fit(model, MSELoss(), optimizer, data, {.epochs = 20, .batch_size = 8}).epochs.back().train_loss;
    } catch (const TrainingError& error) {
      message = error.what();  // thread 1 alone
    }
  });
  CHECK(message.find("the loss is ") != std::string::npos);
  for (std::size_t k = 0; k < thread_count; ++k) {
    if (k == 1) CHECK(losses[k] == 0);
    else CHECK((losses[k] > 0 && losses[k] < 1));
  }
}
