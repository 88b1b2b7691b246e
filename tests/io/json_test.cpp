#include <minigrad/io/json.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#endif

using minigrad::DataError;
using minigrad::detail::append_json;
using minigrad::detail::JsonReader;

namespace {

bool accepted(const std::string& text) {
  try {
    JsonReader json("test", "t", text);
    json.skip();
    json.end();
    return true;
  } catch (const DataError&) {
    return false;
  }
}

const std::vector<std::string> good = {"null",
                                       "true",
                                       "false",
                                       "0",
                                       "-0",
                                       "12",
                                       "-1.5",
                                       "1e5",
                                       "1E+5",
                                       "0.1e-7",
                                       "\"\"",
                                       "\"a\\n\\u0041\\\\\\/\"",
                                       "[]",
                                       "{}",
                                       " [ 1 , 2 ] ",
                                       "\t{\"a\" : [ ] , \"b\":{}}\r\n",
                                       "\"\\ud83d\\ude00\"",
                                       "\"\u8ab2\"",
                                       "[[[[]]]]",
                                       "1234567890123"};
const std::vector<std::string> bad = {"",
                                      " ",
                                      "nul",
                                      "nulls",
                                      "True",
                                      "01",
                                      "-",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x1",
                                      "NaN",
                                      "Infinity",
                                      "\"",
                                      "\"a",
                                      "'a'",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12G4\"",
                                      "\"\t\"",
                                      "\"\n\"",
                                      "[",
                                      "]",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "[1}",
                                      "{",
                                      "{]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{1:1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\"::1}",
                                      "1 2",
                                      "[] []",
                                      "// c\n1",
                                      "\"\\ud800\"",
                                      "\"\\ud800x\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\xFF",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      std::string("\"a\0\"", 4),
                                      std::string("1\0", 2),
                                      "\xEF\xBB\xBF"
                                      "1"};

}  // namespace

TEST_CASE("JSON is accepted as RFC 8259 says, and nothing else") {
  for (const std::string& text : good) CHECK_MESSAGE(accepted(text), text);
  for (const std::string& text : bad) CHECK_MESSAGE(!accepted(text), text);
}

#if __has_include(<nlohmann/json.hpp>)
TEST_CASE("texts with one byte changed are accepted where nlohmann's parser accepts them") {
  for (const auto* list : {&good, &bad})
    for (const std::string& text : *list) {
      // It skips a byte order mark, and takes a NUL for the end.
      if (text.substr(0, 3) == "\xEF\xBB\xBF" || text.find('\0') != std::string::npos) continue;
      CHECK(accepted(text) == nlohmann::json::accept(text));
      for (std::size_t i = 0; i < text.size(); ++i)
        for (const char c :
             {'0', '9', '-', '.', 'e', '"', '\\', '[', ']', '{', '}', ',', ':', ' ', 'u', '\x7F', '\xC3'}) {
          std::string changed = text;
          changed[i] = c;
          if (text == "1234567890123" && c == 'e') continue;  // it refuses numbers beyond the largest double
          CHECK_MESSAGE(accepted(changed) == nlohmann::json::accept(changed), changed);
        }
    }
}
#endif

TEST_CASE("strings are unescaped, and come back") {
  const auto text = [](const std::string& json) { return JsonReader("test", "t", json).text(); };
  CHECK(text(R"("a\"\\\/\b\f\n\r\t\u0041\u00e9\u8AB2\ud83d\ude00")") == "a\"\\/\b\f\n\r\tA\u00e9\u8ab2\U0001F600");
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  std::string json;
  append_json(json, all);
  CHECK(text(json) == all);
}

TEST_CASE("nesting has a limit, and no large text overflows the stack") {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK(accepted(nested(64)));
  CHECK_FALSE(accepted(nested(65)));
  CHECK_FALSE(accepted(std::string(10'000'000, '[')));
}

TEST_CASE("whole numbers are read to 64 bits") {
  const auto count = [](const std::string& json) { return JsonReader("test", "t", json).count(); };
  CHECK(count("18446744073709551615") == 18446744073709551615u);
  CHECK(count("0") == 0);
  CHECK_THROWS_WITH_AS(count("18446744073709551616"),
                       "minigrad: test: \"t\": JSON, byte 20: a number of more than 64 bits", DataError);
  for (const char* json : {"-1", "1.0", "1e3", "01", "\"1\"", ""}) CHECK_THROWS_AS(count(json), DataError);
}
