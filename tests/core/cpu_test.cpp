#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <minigrad/core/cpu.hpp>
#include <string>

using namespace minigrad;

static void ask_for(const char* wish) {
#if defined(_WIN32)
  _putenv_s("MINIGRAD_ISA", wish);
#else
  setenv("MINIGRAD_ISA", wish, 1);
#endif
}

static Isa chosen_with(const char* wish) {
  ask_for(wish);
  const Isa chosen = detail::choose_isa();
  return chosen;
}

TEST_CASE("MINIGRAD_ISA asks for fewer instructions than the processor has, never for more") {
  const char* before = std::getenv("MINIGRAD_ISA");
  const std::string kept = before ? before : "";
  const Isa best = detail::best_isa();
  CHECK(chosen_with("portable") == Isa::portable);
  CHECK(chosen_with("avx2") == (best < Isa::avx2 ? best : Isa::avx2));
  CHECK(chosen_with("avx512") == best);
  CHECK(chosen_with("") == best);
  CHECK(chosen_with("mmx") == best);
  ask_for(kept.c_str());
  CHECK(detail::choose_isa() == isa());
}

TEST_CASE("instruction sets have names") {
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) CHECK(chosen_with(to_string(isa)) <= isa);
  CHECK(std::strcmp(to_string(Isa::avx512), "avx512") == 0);
}
