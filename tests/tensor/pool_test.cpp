#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/pool_array.hpp>
#include <minigrad/tensor/print.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;

namespace {

// Filled before main() begins, freed after it ends.
Tensor<float> global_tensor{{1, 2}, {3, 4}};
Tensor<double> global_tensor_filled_by_a_thread;
thread_local Tensor<float> thread_local_tensor;

bool is_aligned(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory) % 64 == 0; }

/// How many buffers f takes from the system and does not give back.
template <class F>
std::ptrdiff_t buffers_kept_by(const F& f) {
  const std::size_t taken = support::allocations(), given = support::deallocations();
  f();
  return static_cast<std::ptrdiff_t>(support::allocations() - taken) -
         static_cast<std::ptrdiff_t>(support::deallocations() - given);
}

}  // namespace

TEST_CASE("a size class has room for what was asked and wastes at most a fifth") {
  std::size_t last_index = 0;
  for (std::size_t bytes = 1; bytes < 5000; ++bytes) {
    const detail::SizeClass size(bytes);
    REQUIRE(size.bytes >= bytes);
    REQUIRE(size.index >= last_index);
    REQUIRE(size.index <= last_index + (bytes == 1 ? 3 : 1));
    if (bytes >= 64) REQUIRE((size.bytes - bytes) * 5 <= size.bytes);
    last_index = size.index;
  }
  for (std::size_t bits = 6; bits < 8 * sizeof(std::size_t) - 1; ++bits) {
    const std::size_t power = std::size_t{1} << bits;
    REQUIRE(detail::SizeClass(power).bytes == power);
    REQUIRE(detail::SizeClass(power + 1).bytes == power + power / 4);
    REQUIRE(detail::SizeClass(power + 1).index == detail::SizeClass(power).index + 1);
    REQUIRE(detail::SizeClass(power + 1).index < detail::SizeClass::count);
  }
}

TEST_CASE("every size that falls into a class fits every other one's buffer") {
  for (std::size_t bytes = 1; bytes < 5000; ++bytes) {
    const detail::SizeClass size(bytes), whole(size.bytes);
    REQUIRE(whole.index == size.index);
    REQUIRE(whole.bytes == size.bytes);
    REQUIRE(detail::SizeClass::bytes_of(size.index) == size.bytes);
  }
}

TEST_CASE("a tensor's memory is aligned to 64 bytes, whatever its type and size") {
  for (int n : {1, 2, 15, 16, 17, 31, 100, 1000, 4097}) {
    CHECK(is_aligned(Tensor<float>::empty(n).data()));
    CHECK(is_aligned(Tensor<double>::empty(n).data()));
    CHECK(is_aligned(Tensor<long double>::empty(n).data()));
    CHECK(is_aligned(Tensor<bool>::empty(n).data()));
  }
}

TEST_CASE("the next tensor of a size gets the memory of the last one that was freed") {
  if (!detail::pool_recycles) return;
  const float* first = nullptr;
  {
    const Tensor<float> x = zeros({10, 10});
    first = x.data();
  }
  const Tensor<float> y = zeros({100});
  CHECK(y.data() == first);
  const Tensor<float> z = zeros({100});
  CHECK(z.data() != first);
}

TEST_CASE("a loop over tensors of the same sizes takes memory from the system in its first round only") {
  if (!detail::pool_recycles) return;
  const auto round = [] {
    Tensor<float> x = ones({7, 5}), y = x, z = ones({100, 3});
    x = std::move(z);
    y = x;
    const Tensor<double> w = x.to<double>().reshape({3, 100});
    const Tensor<bool> mask = full<bool>({7}, true);
    return w.size() + y.size() + mask.size();
  };
  round();
  const std::size_t before = support::allocations();
  for (int i = 0; i < 10; ++i) round();
  CHECK(support::allocations() == before);
}

TEST_CASE("a tensor without elements takes no memory") {
  const std::size_t before = support::allocations();
  const Tensor<float> x, y = zeros({0, 3}), z = zeros({3, 0, 5}), copy = y;
  CHECK(support::allocations() == before);
  CHECK(x.data() == nullptr);
  CHECK(copy.data() == nullptr);
}

TEST_CASE("release_memory gives what waits back to the system and leaves living tensors alone") {
  const Tensor<float> alive = full({50}, 7);
  { const Tensor<float> freed = zeros({1000}); }
  const std::size_t before = support::live_bytes();
  release_memory();
  const std::size_t after = support::live_bytes();
  release_memory();
  const std::size_t at_last = support::live_bytes();
  if (!support::sanitized) CHECK(after <= before - 1000 * sizeof(float));
  CHECK(at_last == after);
  CHECK(alive == full({50}, 7));
}

TEST_CASE("a tensor may be freed after release_memory") {
  std::optional<Tensor<float>> x = full({50}, 7);
  release_memory();
  x.reset();
  const Tensor<float> y = full({50}, 8);
  CHECK(y == full({50}, 8));
}

TEST_CASE("a tensor may be freed by another thread than made it") {
  Tensor<float> x = full({1000}, 3);
  std::thread([moved = std::move(x)]() mutable {
    CHECK(moved[999] == 3);
    const Tensor<float> freed = std::move(moved);
  }).join();
  CHECK(x.size() == 0);

  Tensor<float> from_thread;
  std::thread([&] { from_thread = full({1000}, 4); }).join();
  CHECK(from_thread == full({1000}, 4));  // its maker's pool is gone
}

// MinGW's GCC frees thread_locals before their destructors run (GCC bug 80816), so that what waits in a pool is lost.
#if defined(__MINGW32__)
constexpr bool thread_locals_are_destroyed = false;
#else
constexpr bool thread_locals_are_destroyed = true;
#endif

TEST_CASE("a thread's pool goes back to the system when the thread ends") {
  if (support::sanitized || !thread_locals_are_destroyed) return;
  CHECK(buffers_kept_by([] { std::thread([] { const Tensor<float> x = zeros({1000}), y = x; }).join(); }) == 0);
}

TEST_CASE("so does that of a thread that freed tensors and made none") {
  if (support::sanitized || !thread_locals_are_destroyed) return;
  auto x = std::make_unique<Tensor<float>>(zeros({3000}));
  release_memory();
  CHECK(buffers_kept_by([&] { std::thread([&] { x.reset(); }).join(); }) == -2);  // the tensor and its numbers
}

TEST_CASE("a thread that calls release_memory in the end leaves nothing, on MinGW too") {
  if (support::sanitized) return;
  const auto work = [] {
    { const Tensor<float> x = zeros({1000}), y = x; }
    release_memory();
  };
  CHECK(buffers_kept_by([&] { std::thread(work).join(); }) == 0);
}

TEST_CASE("two threads work side by side without sharing buffers") {
  const auto work = [](float value, bool& right) {
    for (int i = 0; i < 1000; ++i) {
      const Tensor<float> x = full({64 + i % 7}, value), y = x;
      right = right && y == full({64 + i % 7}, value);
    }
  };
  bool first = true, second = true;
  std::thread a(work, 1.0f, std::ref(first)), b(work, 2.0f, std::ref(second));
  a.join();
  b.join();
  CHECK(first);
  CHECK(second);
}

TEST_CASE("a global tensor lives before and after main") {
  CHECK(global_tensor == Tensor<float>{{1, 2}, {3, 4}});
  global_tensor = full({5, 5}, 9);  // freed after main
  CHECK(global_tensor(4, 4) == 9);
  std::thread([] { global_tensor_filled_by_a_thread = full<double>({100}, 2); }).join();
  CHECK(global_tensor_filled_by_a_thread[99] == 2);
}

TEST_CASE("a thread_local tensor is freed when its thread ends, before or after the thread's pool") {
  const auto fill = [] {
    thread_local_tensor = ones({123});
    static thread_local Tensor<float> second = ones({77});
    CHECK(second.size() == 77);
  };
  if (support::sanitized || !thread_locals_are_destroyed) return std::thread(fill).join();
  CHECK(buffers_kept_by([&] { std::thread(fill).join(); }) == 0);
}

namespace {

constexpr std::size_t MB = std::size_t{1} << 20;

/// The places of threads that have ended: none, but on MinGW, where pools are lost.
std::size_t lost_places() {
  release_memory();
  return detail::pool_places;
}

/// The bytes that wait in all pools, when f has run; then there is no limit of its own any more.
template <class F>
std::size_t waiting_after(std::size_t limit, const F& f) {
  const std::size_t lost = lost_places(), before = support::live_bytes();
  CHECK((lost == 0 || !thread_locals_are_destroyed));
  set_pool_limit(lost + limit);
  f();
  const std::size_t waiting = support::live_bytes() - before;
  set_pool_limit(1024 * MB);
  release_memory();
  CHECK(support::live_bytes() == before);
  return waiting;
}

/// Makes so many tensors of 1 MB, which are alive together, and frees them.
void make_and_free(std::size_t count) {
  std::vector<Tensor<char>> large(count);
  for (Tensor<char>& x : large) x = Tensor<char>::empty(MB);  // never touched
}

}  // namespace

TEST_CASE("no more than the limit waits in a pool, and 1 GiB is the limit unless set") {
  if (support::sanitized) return;
  CHECK(detail::pool_limit == 1024 * MB);
  CHECK(waiting_after(1024 * MB, [] { make_and_free(50); }) == 50 * MB);
  CHECK(waiting_after(20 * MB, [] { make_and_free(50); }) == 20 * MB);
  CHECK(waiting_after(20 * MB, [] {
          make_and_free(50);
          make_and_free(50);
        }) == 20 * MB);
  CHECK(waiting_after(0, [] { make_and_free(50); }) == 0);
  CHECK(waiting_after(1024 * MB, [] { make_and_free(1100); }) == 1024 * MB);
}

TEST_CASE("a smaller limit gives back what waits in the calling thread's pool") {
  if (support::sanitized) return;
  const std::size_t lost = lost_places();
  CHECK(waiting_after(100 * MB, [lost] {
          make_and_free(50);
          set_pool_limit(lost + 60 * MB);
          CHECK(detail::pool_places == lost + 50 * MB);
          set_pool_limit(lost + 40 * MB);
          CHECK(detail::pool_places == lost);
        }) == 0);
}

TEST_CASE("the limit holds for the pools of all threads together, and ended threads free their part of it") {
  if (support::sanitized || !thread_locals_are_destroyed) return;
  const std::size_t waiting = waiting_after(20 * MB, [] {
    std::atomic<int> done = 0;
    std::vector<std::thread> threads;
    std::size_t all_wait = 0;
    const std::size_t before = support::live_bytes();
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        make_and_free(8);
        if (++done == 8) {
          all_wait = support::live_bytes() - before;
          done.notify_all();
        }
        for (int seen = done; seen < 8; seen = done) done.wait(seen);
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(all_wait >= 20 * MB);
    CHECK(all_wait < 21 * MB);  // and what threads need
  });
  CHECK(waiting == 0);
  CHECK(detail::pool_places == 0);
}

TEST_CASE("a thread that only frees keeps nothing: of what one thread reads and 32 work off, no more is kept than lives") {
  if (support::sanitized) return;
  release_memory();
  const std::size_t before = support::live_bytes();
  std::mutex mutex;
  std::vector<Tensor<char>> queue;
  queue.reserve(64);
  std::atomic<bool> more = true;
  std::atomic<int> freed = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 32; ++i)
    workers.emplace_back([&] {
      while (more || freed < 2000) {
        Tensor<char> request;
        {
          const std::lock_guard<std::mutex> lock(mutex);
          if (queue.empty()) {
            if (!more) return;
          } else {
            request = std::move(queue.back());
            queue.pop_back();
          }
        }
        if (request.size()) ++freed;
        else std::this_thread::yield();
      }
    });
  std::size_t most = 0;
  for (int made = 0; made < 2000;) {
    if (made - freed >= 32) {
      std::this_thread::yield();
      continue;
    }
    Tensor<char> request = Tensor<char>::empty(MB);
    const std::lock_guard<std::mutex> lock(mutex);
    queue.push_back(std::move(request));
    ++made;
    most = (std::max)(most, support::live_bytes() - before);
  }
  more = false;
  for (std::thread& worker : workers) worker.join();
  CHECK(most <= 65 * MB);  // at most 32 in the queue, and one in the hands of each worker
  CHECK(freed == 2000);
}

TEST_CASE("a thread that gets more than it makes keeps what it needs itself, and takes no memory when it is warm") {
  if (support::sanitized) return;
  std::vector<Tensor<char>> requests(20);
  for (Tensor<char>& request : requests) request = Tensor<char>::empty(MB);
  std::size_t taken = 0, kept = 0;
  std::thread([&] {
    Tensor<char>::empty(1);  // opens the pool, which on MinGW takes memory
    const std::size_t start = support::live_bytes();
    for (Tensor<char>& request : requests) {
      const std::size_t before = support::allocated_bytes();
      {
        const Tensor<char> received = std::move(request);
        const Tensor<char> a = Tensor<char>::empty(MB), b = a, c = a;
      }
      if (&request != &requests[0]) taken += support::allocated_bytes() - before;
    }
    kept = support::live_bytes() + 20 * MB - start;
  }).join();
  CHECK(taken == 0);
  CHECK(kept == 3 * MB);
  release_memory();
}

TEST_CASE("a PoolArray grows, and keeps what it holds") {
  detail::PoolArray<int> numbers;
  for (int i = 0; i < 1000; ++i) numbers.push_back(i);
  CHECK(numbers.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(numbers[static_cast<std::size_t>(i)] == i);
  CHECK(is_aligned(numbers.data()));
}

TEST_CASE("a PoolArray takes in one of its own elements while it grows") {
  detail::PoolArray<std::string> texts;
  texts.push_back("a text too long to be kept inside a std::string");
  for (int i = 0; i < 40; ++i) texts.push_back(texts[0]);
  for (const std::string& text : texts) CHECK(text == texts[0]);
}

TEST_CASE("a copy of a PoolArray is its own, and a moved one is empty") {
  detail::PoolArray<std::string> texts;
  texts.push_back("one");
  auto copy = texts;
  copy[0] = "another";
  CHECK(texts[0] == "one");
  const auto moved = std::move(texts);
  CHECK(moved[0] == "one");
  CHECK(texts.empty());  // NOLINT(bugprone-use-after-move)
  copy = moved;
  CHECK(copy[0] == "one");
}

TEST_CASE("a PoolArray that is reset has nothing but values of nothing") {
  detail::PoolArray<std::optional<std::string>> texts(2);
  CHECK_FALSE(texts[1]);
  texts[1] = "something";
  texts.reset(3);
  CHECK(texts.size() == 3);
  for (const auto& text : texts) CHECK_FALSE(text);
  detail::PoolArray<char> marks(300);
  for (char mark : marks) CHECK(mark == 0);
  marks.clear();
  CHECK(marks.empty());
}

TEST_CASE("a PoolArray returns its memory, and destroys its elements once") {
  static int alive = 0;
  struct Counted {
    Counted() { ++alive; }
    Counted(const Counted&) { ++alive; }
    Counted(Counted&&) noexcept { ++alive; }
    ~Counted() { --alive; }
  };
  CHECK(buffers_kept_by([] {
          detail::PoolArray<Counted> list;
          for (int i = 0; i < 100; ++i) list.push_back({});
          CHECK(alive == 100);
          list.reset(20);
          CHECK(alive == 20);
        }) == 0);
  CHECK(alive == 0);
}

TEST_CASE("a PoolArray whose copy fails leaves nothing behind") {
  struct Fragile {
    std::string text = "a text too long to be kept inside a std::string";
    bool breaks = false;
    Fragile() = default;
    Fragile(Fragile&&) = default;
    Fragile(const Fragile& other) : text(other.text) {
      if (other.breaks) throw 1;
    }
  };
  release_memory();
  CHECK(buffers_kept_by([] {
          {
            detail::PoolArray<Fragile> list(3), copy(1);
            list[2].breaks = true;
            CHECK_THROWS_AS(detail::PoolArray<Fragile>{list}, int);
            CHECK_THROWS_AS(copy = list, int);
            CHECK(copy.size() == 1);
            copy = std::move(list);
            CHECK(copy.size() == 3);
          }
          release_memory();
        }) == 0);
  static_assert(!std::is_nothrow_copy_assignable_v<detail::PoolArray<Fragile>>);
}
