#include <minigrad/io/gzip.hpp>
#include <minigrad/io/idx.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <vector>

using namespace minigrad;

namespace {

std::string idx(char type, const std::vector<std::uint32_t>& shape, const std::string& data) {
  std::string out{'\0', '\0', type, static_cast<char>(shape.size())};
  for (const std::uint32_t extent : shape)
    for (unsigned i = 4; i-- > 0;) out += static_cast<char>(extent >> 8 * i & 255);
  return out + data;
}
std::string error(const std::string& bytes, const IdxOptions& limits = {}) {
  try {
    parse_idx(bytes, "f", limits);
  } catch (const DataError& error) {
    const std::string what = error.what(), start = "minigrad: read_idx: \"f\": ";
    REQUIRE(what.substr(0, start.size()) == start);
    return what.substr(start.size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("IDX files of all types are read") {
  CHECK(parse_idx(idx(8, {2, 3}, "abcdef")).to<std::uint8_t>() ==
        Tensor<std::uint8_t>{{'a', 'b', 'c'}, {'d', 'e', 'f'}});
  CHECK(parse_idx(idx(9, {1}, "\xFF")).to<std::int8_t>() == Tensor<std::int8_t>{-1});
  CHECK(parse_idx(idx(0x0B, {2}, std::string("\1\0\xFF\xFE", 4))).to<std::int16_t>() == Tensor<std::int16_t>{256, -2});
  CHECK(parse_idx(idx(0x0C, {1}, std::string("\0\1\0\0", 4))).to<std::int32_t>() == Tensor<std::int32_t>{65536});
  CHECK(parse_idx(idx(0x0D, {1}, std::string("\x3F\xC0\0\0", 4))).to<float>() == Tensor<float>{1.5f});
  CHECK(parse_idx(idx(0x0E, {1}, std::string("\x3F\xF8\0\0\0\0\0\0", 8))).to<double>() == Tensor<double>{1.5});
  CHECK(parse_idx(idx(8, {0, 3}, "")).shape == Shape{0, 3});
}

TEST_CASE("IDX files that are wrong are refused with a reason") {
  CHECK(error("") == "cut off: it ends in the middle of what it holds");
  CHECK(error(std::string("\0\1\x8\1", 4)) == "not an IDX file: it does not begin with two bytes of 0");
  CHECK(error(idx(0x0A, {1}, "x")) == "not an IDX file, or of an unknown element type: 10");
  CHECK(error(idx(8, {}, "x")) == "it has 0 axes, and read are 1 to 6");
  CHECK(error(idx(8, {1, 1, 1, 1, 1, 1, 1}, "x")) == "it has 7 axes, and read are 1 to 6");
  CHECK(error(idx(8, {2, 3}, "abcde")) == "U8 [2, 3] has 6 bytes, and 5 follow the header");
  CHECK(error(idx(8, {2, 3}, "abcdefg")) == "U8 [2, 3] has 6 bytes, and 7 follow the header");
  CHECK(error(idx(8, {0xFFFFFFFF, 0xFFFFFFFF}, "")) == "its extents are too large");
  CHECK(error(idx(8, {0x80000000, 0x80000000, 4}, "")) == "its extents are too large");  // a product of 2^64
  CHECK(error(idx(8, {4}, "abcd"), {.bytes = 3}) == "4 bytes of elements, and read are 3 (IdxOptions::bytes)");
  CHECK_THROWS_WITH_AS(parse_idx(idx(8, {1}, "x")).to<float>(), "minigrad: StateDict:  is U8 [1], not F32", ValueError);
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_test.idx").string();
  detail::write_file("test", path, idx(8, {1}, "x"));
  CHECK_THROWS_WITH_AS(read_idx<float>(path),
                       ("minigrad: read_idx: \"" + path +
                        "\" is U8 [1], not F32: "
                        "read_idx<std::uint8_t>(path).to<float>() converts it")
                           .c_str(),
                       ValueError);
  std::remove(path.c_str());
}

#if __has_include(<zlib.h>)
TEST_CASE("an IDX file compressed by gzip is read, and inflates to what it declares and no more") {
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_test.gz").string();
  const auto zip = [&](const std::string& bytes) {
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    detail::ByteInput in("test", path);
    std::string out(static_cast<std::size_t>(in.size()), '\0');
    in.read(out.data(), out.size());
    return out;
  };
  const std::string whole = zip(idx(8, {1000, 1000}, std::string(1'000'000, 'a')));
  CHECK(
      error(whole) ==
      "it is compressed: to read it, include <minigrad/io/gzip.hpp>, link zlib (-lz) and pass {.inflate = with_zlib}, "
      "or decompress it first");
  const auto error = [](const std::string& bytes, std::uint64_t limit = IdxOptions().bytes) {
    return ::error(bytes, {.bytes = limit, .inflate = with_zlib});
  };
  CHECK(read_idx<std::uint8_t>(path, {.inflate = with_zlib})(999, 999) == 'a');
  CHECK(error(whole.substr(0, whole.size() - 100)).find("cut off") != std::string::npos);
  CHECK(error(whole + "x") == "it has more bytes than its extents say");
  CHECK(error(whole, 999'999) == "1000000 bytes of elements, and read are 999999 (IdxOptions::bytes)");
  CHECK(error(zip(idx(8, {999, 1000}, std::string(1'000'000, 'a')))) == "it has more bytes than its extents say");
  CHECK(error(zip(idx(8, {1001, 1000}, std::string(1'000'000, 'a')))) ==
        "cut off: it ends in the middle of what it holds");
  std::string damaged = whole;
  damaged[12] ^= 0x55;  // where the codes are described
  CHECK(error(damaged) == "its compressed data are damaged");
  std::remove(path.c_str());
}
#endif
