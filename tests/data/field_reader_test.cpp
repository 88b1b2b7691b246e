#include <minigrad/data/field_reader.hpp>

#include <doctest/doctest.h>

#include <string>

using minigrad::CsvOptions;
using minigrad::detail::FieldKind;
using minigrad::detail::FieldReader;

namespace {

std::string field_text(const std::string& text, std::size_t at, const CsvOptions& options = {}) {
  std::string unquoted;
  return std::string(FieldReader(options).field(text, at, unquoted));
}

}  // namespace

TEST_CASE("a field's text ends at a separator, a line end or the end, and its quotes are taken off") {
  const std::string text = "a,\"b \"\"c\"\", d\",\"\"\r\n\"\"\"\"\n,e";
  CHECK(field_text(text, 0) == "a");
  CHECK(field_text(text, text.find("\"b")) == "b \"c\", d");
  CHECK(field_text(text, text.find("\"\"\r")) == "");
  CHECK(field_text(text, text.find("\"\"\"\"")) == "\"");
  CHECK(field_text(text, text.find("\n,") + 1) == "");
  CHECK(field_text(text, text.find('e')) == "e");
  CHECK(field_text(text, text.size()) == "");
}

TEST_CASE("a field ends where the options say") {
  CHECK(field_text("a,b;c", 0, {.sep = ';'}) == "a,b");
  CHECK(field_text("a b", 0) == "a b");
  CHECK(field_text("a b", 0, {.delim_whitespace = true}) == "a");
  CHECK(field_text("a#b", 0, {.comment = '#'}) == "a");
  CHECK(field_text("'a,''b'", 0, {.quotechar = '\''}) == "a,'b");
  CHECK(field_text("\"a\"", 0, {.quotechar = '\0'}) == "\"a\"");
}

TEST_CASE("a field is a number, a word for true or false, missing, or something else") {
  const FieldReader reader({.true_values = {"ja"}, .na_values = {"?", "-1"}});
  CHECK(reader.number(" 2.5 ").value == 2.5);
  CHECK(reader.number("2.5").kind == FieldKind::number);
  CHECK(reader.number("ja").kind == FieldKind::boolean);
  CHECK(reader.number("False").value == 0);
  CHECK(reader.number("?").kind == FieldKind::missing);
  CHECK(reader.number("-1.0").kind == FieldKind::missing);
  CHECK(reader.number("").kind == FieldKind::missing);
  CHECK(reader.number("nein").kind == FieldKind::other);
  CHECK(std::string(reader.number("inf").problem) == "is not a finite number");
}
