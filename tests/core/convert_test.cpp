#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <minigrad/tensor/tensor.hpp>

using minigrad::Tensor;
using minigrad::ValueError;

TEST_CASE("numbers become whole numbers by cutting their fractions off, up to the last one that fits") {
  CHECK(Tensor<float>{1.9f, -1.9f, -0x1p63f, 0x1.fffffep62f}.to<std::int64_t>() ==
        Tensor<std::int64_t>{1, -1, std::numeric_limits<std::int64_t>::min(), 0x7fffff8000000000});
  CHECK(Tensor<double>{-128.9, 127.9}.to<std::int8_t>() == Tensor<std::int8_t>{-128, 127});
  CHECK(Tensor<double>{-0.9, 255.9}.to<std::uint8_t>() == Tensor<std::uint8_t>{0, 255});
  CHECK(Tensor<double>{0x1.fffffffffffffp63}.to<std::uint64_t>() == Tensor<std::uint64_t>{0xfffffffffffff800});
}

TEST_CASE("NaN and numbers out of range do not become whole numbers") {
  CHECK_THROWS_WITH_AS(Tensor<double>{0x1p63}.to<std::int64_t>(),
                       "minigrad: to: 9.22337e+18 is out of range: whole numbers from -9.22337e+18 to 9.22337e+18 are "
                       "expected",
                       ValueError);
  CHECK_THROWS_WITH_AS(Tensor<float>{-1}.to<std::uint8_t>(),
                       "minigrad: to: -1 is out of range: whole numbers from 0 to 255 are expected", ValueError);
  CHECK_THROWS_AS(Tensor<float>{std::numeric_limits<float>::quiet_NaN()}.to<int>(), ValueError);
  CHECK_THROWS_AS(Tensor<float>{std::numeric_limits<float>::infinity()}.to<std::int64_t>(), ValueError);
  CHECK_THROWS_AS(Tensor<double>{-129}.to<std::int8_t>(), ValueError);
  CHECK_THROWS_AS(Tensor<double>{0x1p64}.to<std::uint64_t>(), ValueError);
  CHECK(Tensor<float>{std::numeric_limits<float>::quiet_NaN(), 0}.to<bool>()[0]);
}
