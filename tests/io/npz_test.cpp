#include <minigrad/io/gzip.hpp>
#include <minigrad/io/npz.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>

using namespace minigrad;

namespace {

template <class Call>
std::string message(const Call& call) {
  try {
    call();
  } catch (const DataError& error) {
    const std::string what = error.what();
    return what.substr(what.find("\"f\": ") + 5);
  }
  return "no error";
}

std::string npy(const std::string& dict, const std::string& data, char version = 1) {
  std::string header = dict + "\n", out = "\x93NUMPY" + std::string{version, '\0'};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(header.size() >> 8 * i & 255);
  return out + header + data;
}
StateEntry read(const std::string& dict, const std::string& data, char version = 1) {
  return parse_npy(npy(dict, data, version), "f");
}
std::string error(const std::string& dict, const std::string& data = "") {
  return message([&] { read(dict, data); });
}
std::string of_type(const std::string& type, const std::string& data) {
  return error("{'descr': '" + type + "', 'fortran_order': False, 'shape': (1,), }", data);
}

StateDict sample() {
  StateDict out;
  out.add("x", Tensor<float>{{1, 2, 3}, {4, 5, 6}});
  out.add("deep/\u8ab2", Tensor<std::int64_t>{-1, 1});
  out.add("flag", true);
  out.add("none", Tensor<double>::empty({0, 3}));
  return out;
}
std::string bytes_of(const StateDict& state, std::uint64_t zip64_from = detail::ZipWriter::limit) {
  detail::TextOutput out;
  detail::write_npz(out, state, zip64_from);
  return out.text;
}
void check_sample(const StateDict& found) {
  CHECK(found.size() == 4);
  CHECK(found.get<float>("x") == Tensor<float>{{1, 2, 3}, {4, 5, 6}});
  CHECK(found.get<std::int64_t>("deep/\u8ab2") == Tensor<std::int64_t>{-1, 1});
  CHECK(found.get<bool>("flag").item());
  CHECK(found.get<double>("none").shape() == Shape{0, 3});
}
std::string error_of(const std::string& bytes, const NpzOptions& limits = {}) {
  return message([&] { parse_npz(bytes, "f", limits); });
}

}  // namespace

TEST_CASE("a tensor comes back from its npy file, whose data begin at a multiple of 64") {
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_test.npy").string();
  write_npy(path, Tensor<double>{{0.1, 2}, {3, 4}});
  CHECK(read_npy<double>(path) == Tensor<double>{{0.1, 2}, {3, 4}});
  CHECK(std::filesystem::file_size(path) == 128 + 32);
  CHECK_THROWS_WITH_AS(
      read_npy<float>(path),
      ("minigrad: read_npy: \"" + path + "\" is F64 [2, 2], not F32: read_npy<double>(path).to<float>() converts it")
          .c_str(),
      ValueError);
  write_npy(path, Tensor<float>::scalar(7));
  CHECK(read_npy<float>(path).item() == 7);
  std::remove(path.c_str());
}

TEST_CASE("both byte orders, both orders of axes, and all versions of npy files are read") {
  const std::string two("\x01\x00\x00\x02", 4);
  CHECK(read("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", two).to<std::int16_t>() ==
        Tensor<std::int16_t>{1, 512});
  CHECK(read("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", two).to<std::int16_t>() ==
        Tensor<std::int16_t>{256, 2});
  CHECK(read("{\"shape\":(2,1),\"descr\":'|u1',\"fortran_order\":True}   ", "ab", 2).to<std::uint8_t>() ==
        Tensor<std::uint8_t>{{'a'}, {'b'}});
  CHECK(read("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", std::string("\x00\x3E\x00\xC0", 4), 3)
            .to<float>() == Tensor<float>{1.5f, -2});
  CHECK(read("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "adbecf").to<std::uint8_t>() ==
        Tensor<std::uint8_t>{{'a', 'b', 'c'}, {'d', 'e', 'f'}});
  CHECK(read("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3, 2), }",
             std::string("\0\6\2\x8\4\xA\1\7\3\x9\5\xB", 12))
            .to<std::int8_t>() == Tensor<std::int8_t>{{{0, 1}, {2, 3}, {4, 5}}, {{6, 7}, {8, 9}, {10, 11}}});
  CHECK(read("{'descr': '|b1', 'fortran_order': False, 'shape': (), }", "\1").to<bool>().item());
}

TEST_CASE("npy files that are wrong, or of other types, are refused with a reason") {
  const auto raw = [](const std::string& bytes) { return message([&] { parse_npy(bytes, "f"); }); };
  CHECK(raw("") == "cut off: it ends in the middle of what it holds");
  CHECK(raw(std::string("\x93NUMPZ\1\0xxxxxx", 14)) == "not an npy file");
  CHECK(raw(npy("", "", 4)) == "version 4.0 of the npy format, and read are 1.0, 2.0 and 3.0");
  CHECK(raw(std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12)) ==
        "a header of 4294967295 bytes, and read are at most 10000");
  CHECK(of_type("<i8", "12345678") == "no error");
  CHECK(of_type("|O", "12345678") == "its elements are Python objects, which are not read");
  CHECK(of_type("<c8", "12345678") == "its elements are of type \"<c8\", and read are b1 u1 i1 i2 i4 i8 f2 f4 f8");
  CHECK(of_type("<U1", "1234").find("\"<U1\"") != std::string::npos);
  CHECK(of_type("", "1234").find("type \"\"") != std::string::npos);
  CHECK(of_type("|f4", "1234").find("\"|f4\"") != std::string::npos);
  CHECK(of_type("|b1", "\2") == "a bool that is neither 0 nor 1");
  CHECK(error("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234") ==
        "its elements are records (a structured type), and read are arrays of numbers");
  CHECK(of_type("<f4", "12345") == "F32 [1] has 4 bytes, and 5 follow the header");
  CHECK(of_type("<f4", "123") == "F32 [1] has 4 bytes, and 3 follow the header");
  const auto of_shape = [](const std::string& shape) {
    return error("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }");
  };
  CHECK(of_shape("(4294967296, 4294967296)") == "shape [4294967296, 4294967296] is too large");
  CHECK(of_shape("(0, 4294967296, 4294967296)") == "shape [0, 4294967296, 4294967296] is too large");
  CHECK(of_shape("(99999999999999999999,)") == "header: an axis of more than 2^58");
  CHECK(of_shape("(0,1,1,1,1,1,1)") == "it has more than 6 axes");
  CHECK(of_shape("(0,)") == "no error");
  for (const char* shape : {"(-1,)", "(0 1)", "(,)", "(1.0,)", "(a,)", "(0,,)", "(0", "0", "[0]", ""})
    CHECK_MESSAGE(of_shape(shape).find("header: ") == 0, shape);
  for (const char* dict : {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'descr': '<f4'}", "{'x': 1}", "x{}",
                           "{'descr': '<f4', 'fortran_order': 0, 'shape': (), }", "{'descr': '<f4",
                           "{'de\\scr': '<f4'}", "{'descr': '|u1', 'fortran_order': False, 'shape': (0,), } x"})
    CHECK_MESSAGE(error(dict).find("header: ") == 0, dict);
}

TEST_CASE("tensors come back from an npz file, in zip64 too") {
  check_sample(parse_npz(bytes_of(sample())));
  for (const std::uint64_t from : {0u, 1u, 200u, 600u}) check_sample(parse_npz(bytes_of(sample(), from)));
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_test.npz").string();
  write_npz(path, sample());
  check_sample(read_npz(path));
  std::remove(path.c_str());
  StateDict metadata;
  metadata.metadata("a", "b");
  CHECK_THROWS_WITH_AS(write_npz(path, metadata), "minigrad: write_npz: an npz file has no place for metadata",
                       ValueError);
}

TEST_CASE("an npz file that is cut off or changed is refused, and never crashes") {
  const std::string whole = bytes_of(sample());
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK(error_of(whole.substr(0, n)) != "no error");
  CHECK(error_of("") == "not an npz file: it has no end of a zip archive, or is cut off");
  CHECK(error_of(whole + "x") == "not an npz file: it has no end of a zip archive, or is cut off");
  CHECK(error_of("x" + whole) == "a zip archive whose directory is not where it says");
  for (const std::uint64_t from : {detail::ZipWriter::limit, std::uint64_t{1}}) {
    const std::string file = bytes_of(sample(), from);
    for (std::size_t i = 0; i < file.size(); ++i)
      for (const int change : {1, 0x55, 0xFF}) {
        std::string changed = file;
        changed[i] = static_cast<char>(changed[i] ^ change);
        error_of(changed);
      }
  }
  std::string damaged = whole;
  damaged[whole.find("PK\3\4") + 35 + 128] ^= 1;  // an element of the first array
  CHECK(error_of(damaged) == "\"x\": its bytes are damaged (CRC-32)");
}

TEST_CASE("arrays of one archive may not share their bytes, nor their name") {
  StateDict one;
  one.add("a", Tensor<float>{1});
  std::string file = bytes_of(one);
  const std::size_t directory = file.find("PK\1\2"), end = file.find("PK\5\6");
  const std::string entry = file.substr(directory, end - directory);
  std::string twice = file.substr(0, directory) + entry + entry + file.substr(end);
  twice[twice.size() - 14] = twice[twice.size() - 12] = 2;         // two files
  twice[twice.size() - 10] = static_cast<char>(2 * entry.size());  // bytes of the directory
  CHECK(error_of(twice) == "\"a.npy\" and \"a.npy\" in it overlap");
  detail::TextOutput out;
  detail::ZipWriter zip(out);
  for (int i = 0; i < 2; ++i)
    zip.add("a.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (0,), }", ""), "");
  zip.finish();
  CHECK(error_of(out.text) == "two arrays named \"a.npy\"");
  detail::TextOutput other;
  detail::ZipWriter text(other);
  text.add("readme.txt", "x", "");
  text.finish();
  CHECK(error_of(other.text) == "\"readme.txt\" in it is not an array: its name does not end in .npy");
}

TEST_CASE("the checksum is that of zip") {
  CHECK(detail::crc32("123456789", 9) == 0xCBF43926u);
  CHECK(detail::crc32("6789", 4, detail::crc32("12345", 5)) == 0xCBF43926u);
}

#if __has_include(<zlib.h>)
namespace {
/// An archive with one compressed file, which declares `size` bytes.
std::string compressed(const std::string& content, std::uint64_t size, std::size_t cut = 0) {
  std::string packed(compressBound(content.size()), '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string copy = content;
  stream.next_in = reinterpret_cast<unsigned char*>(copy.data());
  stream.avail_in = static_cast<unsigned>(copy.size());
  stream.next_out = reinterpret_cast<unsigned char*>(packed.data());
  stream.avail_out = static_cast<unsigned>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out - cut);
  deflateEnd(&stream);
  detail::TextOutput out;
  detail::ZipWriter zip(out);
  zip.add("a.npy", packed, "");
  zip.finish();
  std::string& file = out.text;
  const std::size_t directory = file.find("PK\1\2", 30 + packed.size());
  for (const std::size_t at : {std::size_t{8}, directory + 10}) file[at] = 8;  // deflate
  for (const std::size_t at : {std::size_t{22}, directory + 24})
    for (unsigned i = 0; i < 4; ++i) file[at + i] = static_cast<char>(size >> 8 * i & 255);
  const std::uint32_t crc = detail::crc32(content.data(), content.size());
  for (unsigned i = 0; i < 4; ++i) file[directory + 16 + i] = static_cast<char>(crc >> 8 * i & 255);
  return file;
}
}  // namespace

TEST_CASE("compressed arrays are read, and inflate to what they declare and no more") {
  const std::string shape = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000,), }";
  const std::string content = npy(shape, std::string(1'000'000, '\1'));
  const std::uint64_t n = content.size();
  CHECK(error_of(compressed(content, n)) ==
        "\"a\": it is compressed: to read it, include <minigrad/io/gzip.hpp>, link zlib (-lz) and pass "
        "{.inflate = with_zlib}, or decompress it first");
  const auto error_of = [](const std::string& bytes, std::uint64_t limit = NpzOptions().bytes) {
    return ::error_of(bytes, {.bytes = limit, .inflate = with_zlib});
  };
  CHECK(parse_npz(compressed(content, n), "f", {.inflate = with_zlib}).get<std::uint8_t>("a") ==
        Tensor<std::uint8_t>::from({1'000'000}, std::vector<std::uint8_t>(1'000'000, 1)));
  CHECK(error_of(compressed(content, n), n) == "no error");
  CHECK(error_of(compressed(content, n), n - 1) ==
        "its arrays have more than " + std::to_string(n - 1) + " bytes together (NpzOptions::bytes)");
  CHECK(error_of(compressed(content, n + 1)) == "\"a\": U8 [1000000] has 1000000 bytes, and 1000001 follow the header");
  CHECK(error_of(compressed(content, n, 4)).find("cut off") != std::string::npos);
  CHECK(error_of(compressed(content + "x", n)) == "\"a\": it has more bytes than it declares");
  const std::string short_data = npy(shape, "1");
  CHECK(error_of(compressed(short_data, n)) == "\"a\": cut off: it ends in the middle of what it holds");
  std::string damaged = compressed(content, n);
  damaged[60] ^= 0x55;
  CHECK(error_of(damaged) != "no error");
}
#endif
