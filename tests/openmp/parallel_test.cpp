#include <doctest/doctest.h>
#include <omp.h>

#include <cstddef>
#include <minigrad/core/parallel.hpp>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace minigrad;

/// The parts that a loop is run in, in order.
static std::vector<std::pair<std::size_t, std::size_t>> parts(std::size_t count, std::size_t step, std::size_t least) {
  std::set<std::pair<std::size_t, std::size_t>> out;
  detail::parallel_for(count, step, least, [&](std::size_t begin, std::size_t end) {
#pragma omp critical(test)
    CHECK(out.insert({begin, end}).second);
  });
  return {out.begin(), out.end()};
}

TEST_CASE("the parts of a loop cover it once, begin at steps, and are large enough") {
  for (int threads : {1, 2, 3, 7}) {
    omp_set_num_threads(threads);
    for (std::size_t count : {0u, 1u, 15u, 16u, 17u, 31u, 32u, 100u, 1000u, 4097u})
      for (std::size_t step : {1u, 4u, 16u})
        for (std::size_t least : {16u, 25u, 300u}) {
          const auto all = parts(count, step, least);
          std::size_t at = 0;
          for (const auto& [begin, end] : all) {
            CHECK(begin == at);
            CHECK(begin % step == 0);
            CHECK((all.size() == 1 || end - begin + step > least));
            at = end;
          }
          CHECK(at == count);
          if (threads == 1 || count < 2 * least) CHECK(all.size() == 1);
          else CHECK(all.size() > 1);
        }
  }
}

TEST_CASE("a long loop is run by several threads") {
  omp_set_num_threads(3);
  std::set<std::thread::id> threads;
  detail::parallel_for(3, 1, 1, [&](std::size_t, std::size_t) {
    const double begin = omp_get_wtime();  // so long that the others get a part
    bool waits = true;
    while (waits && omp_get_wtime() - begin < 20) {
#pragma omp critical(test)
      {
        threads.insert(std::this_thread::get_id());
        waits = threads.size() < 2;
      }
    }
  });
  CHECK(threads.size() > 1);
}

TEST_CASE("a loop inside of a parallel region is run by the thread that meets it") {
  omp_set_num_threads(2);
  int several = 0;
#pragma omp parallel reduction(+ : several)
  {
    int runs = 0;
    detail::parallel_for(1000, 1, 1, [&](std::size_t begin, std::size_t end) { runs += end - begin == 1000 ? 1 : 2; });
    several += runs == 1 ? 0 : 1;
  }
  CHECK(several == 0);
}

TEST_CASE("what one part of a loop throws arrives where the loop stands, and the others have run") {
  for (int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    std::size_t done = 0;
    const auto loop = [&] {
      detail::parallel_for(1000, 1, 10, [&](std::size_t begin, std::size_t end) {
        if (end == 1000) throw std::bad_alloc();
#pragma omp atomic
        done += end - begin;
      });
    };
    CHECK_THROWS_AS(loop(), std::bad_alloc);
    CHECK(done + 1000 / std::size_t(threads == 1 ? 1 : 4 * threads) <= 1000);
    CHECK((threads == 1 || done > 0));
  }
}
