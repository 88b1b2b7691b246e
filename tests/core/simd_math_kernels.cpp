// The row kernels of all vector functions, compiled as simd_math_flags_test.sh asks.
#include "../support/simd_functions.hpp"

std::vector<support::LaneFunction> portable_functions();
std::vector<support::LaneFunction> avx2_functions();

std::vector<support::LaneFunction> portable_functions() { return all_functions<Isa::portable>(); }
std::vector<support::LaneFunction> avx2_functions() { return all_functions<Isa::avx2>(); }
