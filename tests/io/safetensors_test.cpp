#include <minigrad/io/safetensors.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

using namespace minigrad;

namespace {

/// A file that tests/fixtures/safetensors.py has written by the format's definition.
std::string fixture(const std::string& wanted) {
  std::ifstream in(std::string(MINIGRAD_DATA_DIR) + "/../../tests/fixtures/safetensors.txt");
  std::string name, hex, out;
  while (in >> name && name != wanted) in.ignore((std::numeric_limits<std::streamsize>::max)(), '\n');
  in >> hex;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

std::string file(const std::string& header, std::size_t data = 0) {
  std::string out;
  for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> 8 * i & 255);
  return out + header + std::string(data, '\0');
}

std::string message(const std::string& bytes, const SafetensorsLimits& limits = {}) {
  try {
    parse_safetensors(bytes, "f", limits);
  } catch (const DataError& error) {
    REQUIRE(error.file == "f");
    const std::string what = error.what(), start = "minigrad: read_safetensors: \"f\": ";
    REQUIRE(what.substr(0, start.size()) == start);
    return what.substr(start.size());
  }
  return "no error";
}
std::string of_header(const std::string& header, std::size_t data = 0) { return message(file(header, data)); }
/// The error of a header that has one tensor: "x":{...}.
std::string of_tensor(const std::string& tensor, std::size_t data = 0) {
  return of_header("{\"x\":{" + tensor + "}}", data);
}

}  // namespace

TEST_CASE("files are written byte for byte as the official writer does") {
  StateDict types;
  types.add("flag", Tensor<bool>{true, false, true});
  types.add("byte", Tensor<std::uint8_t>{0, 255});
  types.add("small", Tensor<std::int8_t>{-128, 127});
  types.add("short", Tensor<std::int16_t>{{-32768, 32767}});
  types.add("int", Tensor<std::int32_t>{{-2147483647 - 1}, {2147483647}});
  types.add("long", Tensor<std::int64_t>{INT64_MIN, INT64_MAX});
  types.add("float", Tensor<float>{{1.5f, -0.0f}, {0x1p-149f, 3e38f}});
  types.add("double", 0.1);
  types.add("b", Tensor<float>{2});
  types.add("nothing", Tensor<float>::empty({0, 5}));
  CHECK(to_safetensors(types) == fixture("types"));
  CHECK(to_safetensors({}) == fixture("empty"));
  StateDict metadata;
  metadata.add("x", Tensor<float>{1});
  metadata.metadata("format", "pt");
  metadata.metadata("note", "a \"b\"\\\n\t\x01 \u8ab2");
  CHECK(to_safetensors(metadata) == fixture("metadata"));
  StateDict half;
  half.add("f16", Tensor<float>{1.5f, -0x1p-24f, 65504, 0.33325195f});
  StateDict brain;
  brain.add("bf16", Tensor<float>{1.5f, -3, 0x1p100f});
  const std::string both = fixture("halves");  // BF16 comes first, since it is sorted behind F16
  const std::string brains = to_safetensors(brain, {.floats = DType::bf16});
  const std::string halves = to_safetensors(half, {.floats = DType::f16});
  CHECK(brains.substr(brains.size() - 6) + halves.substr(halves.size() - 8) == both.substr(both.size() - 14));
}

TEST_CASE("files of all types are read, and written again are the same") {
  const StateDict types = parse_safetensors(fixture("types"));
  CHECK(types.size() == 10);
  CHECK(types.get<std::int64_t>("long") == Tensor<std::int64_t>{INT64_MIN, INT64_MAX});
  CHECK(types.get<bool>("flag") == Tensor<bool>{true, false, true});
  CHECK(types.get<double>("double").item() == 0.1);
  CHECK(types.get<float>("nothing").shape() == Shape{0, 5});
  CHECK(to_safetensors(types) == fixture("types"));
  const StateDict metadata = parse_safetensors(fixture("metadata"));
  CHECK(metadata.metadata("note") == "a \"b\"\\\n\t\x01 \u8ab2");
  CHECK(to_safetensors(metadata) == fixture("metadata"));
  CHECK(parse_safetensors(fixture("empty")).size() == 0);
  CHECK_THROWS_WITH_AS(types.get<float>("double"), "minigrad: StateDict: double is F64 [], not F32", ValueError);
  CHECK_THROWS_WITH_AS(types.get<float>("other"), "minigrad: StateDict: there is no tensor named other", ValueError);
}

TEST_CASE("F16 and BF16 become floats") {
  const StateDict state = parse_safetensors(fixture("halves"));
  CHECK(state.get<float>("f16") == Tensor<float>{1.5f, -0x1p-24f, 65504, 0.333251953125f});
  CHECK(state.get<float>("bf16") == Tensor<float>{1.5f, -3, 0x1p100f});
}

TEST_CASE("every F16 and BF16 number comes back, and floats between are rounded to nearest, ties to even") {
  using namespace minigrad::detail;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if (!std::isnan(from_f16(half)))
      REQUIRE(to_f16(from_f16(half)) == half);
    else
      REQUIRE(std::isnan(from_f16(to_f16(from_f16(half)))));
    if (!std::isnan(from_bf16(half)))
      REQUIRE(to_bf16(from_bf16(half)) == half);
    else
      REQUIRE(std::isnan(from_bf16(to_bf16(from_bf16(half)))));
    if (bits >= 0x7BFF) continue;  // finite, and the next is too
    const float low = from_f16(half), high = from_f16(static_cast<std::uint16_t>(half + 1)), middle = (low + high) / 2;
    REQUIRE(to_f16(middle) == half + (half & 1));
    REQUIRE(to_f16(std::nextafter(middle, 0.0f)) == half);
    REQUIRE(to_f16(std::nextafter(middle, 1e9f)) == half + 1);
  }
  CHECK(to_f16(65519.996f) == 0x7BFF);
  CHECK(to_f16(65520.0f) == 0x7C00);
  CHECK(to_bf16(1.00390625f) == 0x3F80);  // a tie
  CHECK(to_bf16(1.01171875f) == 0x3F82);  // a tie
  StateDict large;
  large.add("w", Tensor<float>{1, 70000});
  CHECK_THROWS_WITH_AS(to_safetensors(large, {.floats = DType::f16}),
                       "minigrad: safetensors: w: 70000 is too large for F16", ValueError);
}

TEST_CASE("files that are no safetensors files are refused with a reason") {
  CHECK(message("") == "not a safetensors file: it has 0 bytes");
  CHECK(message("1234567") == "not a safetensors file: it has 7 bytes");
  CHECK(message(std::string(8, '\xFF') + "{}") ==
        "not a safetensors file, or cut off: a header of 18446744073709551615 bytes in a file of 10");
  CHECK(message(file("{}").substr(0, 9)).find("cut off: a header of 2 bytes in a file of 9") != std::string::npos);
  CHECK(message(file("")) == "not a safetensors file: its header does not begin with {");
  CHECK(of_header(" {}") == "not a safetensors file: its header does not begin with {");
  CHECK(of_header("{}   ") == "no error");
  CHECK(of_header("{} x") == "JSON, byte 3: text after the end");
  CHECK(of_header("{} {}") == "JSON, byte 3: text after the end");
  CHECK(of_header("{") == "JSON, byte 1: '\"' belongs here");
  CHECK(of_header("{\"x\":1}") == "JSON, byte 5: '{' belongs here");
  CHECK(of_header("{\"\xC3\x28\":{}}") == "JSON, byte 2: invalid UTF-8");
  CHECK(of_header("{}", 1) == "the tensors end after 0 bytes, and the file has 1 for them");
}

TEST_CASE("files of another format are refused with its name, by their first bytes") {
  const std::string rest(40, '\0'), text = "not a safetensors file, but text, such as a CSV file: read_csv() reads one";
  CHECK(message("pages,minutes\n1,2\n") == text);
  CHECK(message("\xEF\xBB\xBFpages\n1\n") == text);
  CHECK(message("{\"weights\": []}") == text);
  CHECK(message("PK\x03\x04" + rest) == "not a safetensors file, but a zip file, such as an npz file, which read_npz() "
                                        "reads, or one of torch.save");
  CHECK(message("\x93NUMPY\x01" + rest) == "not a safetensors file, but an npy file: read_npy() reads it");
  CHECK(message("\x08\x07\x12\x07pytorch" + rest) == "not a safetensors file, but an ONNX file: load_onnx() reads it");
  CHECK(message("\x1F\x8B\x08" + rest) == "not a safetensors file, but a gzip file: unpack it first");
  CHECK(message("\x89HDF\r\n\x1A\n" + rest) == "not a safetensors file, but an HDF5 file");
  CHECK(message("\x80\x02\x8A\nl\xFC\x9C\x46" + rest) == "not a safetensors file, but a Python pickle");
  CHECK(message(file("{" + std::string(639, ' ')).substr(0, 300)) ==
        "not a safetensors file, or cut off: a header of 640 bytes in a file of 300");
}

TEST_CASE("a header with a wrong tensor is refused with a reason") {
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 4) == "no error");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"later":[{"a":[-1.5e3,null]}])", 4) == "no error");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1])") == "JSON, byte 32: \"x\" lacks dtype, shape or data_offsets");
  CHECK(of_tensor(R"("dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4])", 4) ==
        "JSON, byte 28: a second dtype of \"x\"");
  CHECK(of_tensor(R"("dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1])", 1) ==
        "JSON, byte 23: \"x\" is of type \"F8_E4M3\", and read are F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL");
  CHECK(of_tensor(R"("dtype":"U8","shape":[1,1,1,1,1,1,1],"data_offsets":[0,1])", 1) ==
        "JSON, byte 40: \"x\" has more than 6 axes");
  CHECK(of_tensor(R"("dtype":"U8","shape":[-1],"data_offsets":[0,1])", 1) ==
        "JSON, byte 28: a whole number belongs here");
  CHECK(of_tensor(R"("dtype":"U8","shape":[1.0],"data_offsets":[0,1])", 1) ==
        "JSON, byte 29: a whole number belongs here");
  CHECK(of_tensor(R"("dtype":"U8","shape":[01],"data_offsets":[0,1])", 1) ==
        "JSON, byte 29: a whole number belongs here");
  CHECK(of_tensor(R"("dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1])", 1) ==
        "JSON, byte 48: a number of more than 64 bits");
  CHECK(of_tensor(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1])", 1) ==
        "JSON, byte 48: \"x\": an axis of 18446744073709551615");
  // Products that wrap around to 0, also where an extent is 0.
  CHECK(of_tensor(R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])") ==
        "\"x\": shape [4294967296, 4294967296] is too large");
  CHECK(of_tensor(R"("dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0])") ==
        "\"x\": shape [2305843009213693952] is too large");
  CHECK(of_tensor(R"("dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0])") ==
        "\"x\": shape [4294967296, 4294967296, 0] is too large");
  CHECK(of_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", 4) ==
        "\"x\": F32 [2] has 8 bytes, and its offsets are 0 and 4");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[8,4])", 8) ==
        "\"x\": F32 [1] has 4 bytes, and its offsets are 8 and 4");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])", 8) ==
        "\"x\": begins at 4, where 0 is the end of what precedes it");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0])", 4) == "JSON, byte 50: two offsets belong here");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,4])", 4) ==
        "JSON, byte 52: two offsets belong here");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 3) ==
        "the tensors end after 4 bytes, and the file has 3 for them");
  CHECK(of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 5) ==
        "the tensors end after 4 bytes, and the file has 5 for them");
  std::string no_bool = file(R"({"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", 1);
  no_bool.back() = 2;
  CHECK(message(no_bool) == "\"x\": a BOOL that is neither 0 nor 1");
}

TEST_CASE("tensors with holes between them, overlaps, and equal names are refused") {
  const auto two = [](const char* name, const char* place) {
    return std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},")") + name +
           R"(":{"dtype":"U8","shape":[4],"data_offsets":)" + place + "}}";
  };
  CHECK(of_header(two("b", "[4,8]"), 8) == "no error");
  CHECK(of_header(two("b", "[5,9]"), 9) == "\"b\": begins at 5, where 4 is the end of what precedes it");
  CHECK(of_header(two("b", "[2,6]"), 8) == "\"b\": begins at 2, where 4 is the end of what precedes it");
  CHECK(of_header(two("b", "[0,4]"), 4) == "\"b\": begins at 0, where 4 is the end of what precedes it");
  CHECK(of_header(two("a", "[4,8]"), 8) == "two entries named \"a\"");
  CHECK(of_header(two("\\u0061", "[4,8]"), 8) == "two entries named \"a\"");
}

TEST_CASE("metadata are texts under names of their own") {
  CHECK(of_header(R"({"__metadata__":{"a":"b","c":""}})") == "no error");
  CHECK(of_header(R"({"__metadata__":{"a":1}})") == "JSON, byte 21: '\"' belongs here");
  CHECK(of_header(R"({"__metadata__":null})") == "JSON, byte 16: '{' belongs here");
  CHECK(of_header(R"({"__metadata__":{"a":"b","a":"c"}})") == "two entries named \"a\"");
  CHECK(of_header(R"({"__metadata__":{},"__metadata__":{}})") == "JSON, byte 34: a second __metadata__");
}

TEST_CASE("headers that are made to cost time or memory are refused early") {
  CHECK(of_header("{\"x\":" + std::string(1 << 20, '[')) == "JSON, byte 5: '{' belongs here");
  CHECK(of_header("{\"x\":{\"y\":" + std::string(1 << 20, '[')) == "JSON, byte 74: more than 64 levels");
  std::string texts = "{\"__metadata__\":{\"0\":\"\"";
  for (int i = 1; i < 20000; ++i) texts += ",\"" + std::to_string(i) + "\":\"\"";
  CHECK(of_header(texts).find("more than 10000 texts (SafetensorsLimits::metadata)") != std::string::npos);
  std::string tensors = "{";
  for (int i = 0; i < 1000; ++i)
    tensors += (i ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  tensors += "}";
  CHECK(message(file(tensors)) == "no error");
  CHECK(message(file(tensors), {.tensors = 999}).find("more than 999 tensors (SafetensorsLimits::tensors)") !=
        std::string::npos);
  CHECK(message(file(tensors), {.header_bytes = 99}).find("where at most 99 are read") != std::string::npos);
}

TEST_CASE("every file that is cut off, and every byte that is changed, is refused or read, and never crashes") {
  const std::string whole = fixture("types");
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK(message(whole.substr(0, n)) != "no error");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    message(changed);
  }
}

TEST_CASE("a safetensors file on the disk comes back, and names are no paths") {
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_test.safetensors").string();
  StateDict state;
  state.add("../../etc/x", Tensor<float>{{1, 2}, {3, 4}});
  write_safetensors(path, state);
  CHECK(read_safetensors(path).get<float>("../../etc/x") == Tensor<float>{{1, 2}, {3, 4}});
  std::remove(path.c_str());
  StateDict wrong;
  wrong.add("\xFF", 1.0);
  CHECK_THROWS_WITH_AS(write_safetensors(path, wrong), "minigrad: safetensors: the text \"\xFF\" is not UTF-8",
                       ValueError);
  CHECK_FALSE(std::filesystem::exists(path));
}
