#include "lb/base/bytes.h"

#include <catch2/catch.hpp>

#include "lb/base/random.h"

namespace stickler {
namespace {

using namespace std::string_view_literals;

TEST_CASE("case is ignored for ASCII letters and for nothing else") {
  CHECK(equals_ignore_case("", ""));
  CHECK(equals_ignore_case("Content-LENGTH", "content-length"));
  CHECK_FALSE(equals_ignore_case("a", "ab"));
  CHECK_FALSE(equals_ignore_case("[", "{"));  // 0x5b and 0x7b differ in the letters' case bit only.
  CHECK_FALSE(equals_ignore_case("@", "`"));
  CHECK_FALSE(equals_ignore_case("\xc4", "\xe4"));
  CHECK(to_lower("AbZ-09@[\xc4") == "abz-09@[\xc4");
}

TEST_CASE("only blanks are trimmed, and only at the ends") {
  struct Row {
    std::string_view text, trimmed;
  };
  for (const Row& row : {Row{"", ""}, Row{" \t ", ""}, Row{"a", "a"}, Row{" a b\t", "a b"}, Row{"\ra\n", "\ra\n"},
                         Row{"\t\t x", "x"}, Row{"x  ", "x"}, Row{"\0 "sv, "\0"sv}}) {
    CHECK(trim_blanks(row.text) == row.trimmed);
  }
}

TEST_CASE("a decimal number is digits that fit 63 bits") {
  CHECK(parse_decimal("0") == 0U);
  CHECK(parse_decimal("007") == 7U);
  CHECK(parse_decimal("9223372036854775807") == 9223372036854775807U);
  for (const std::string_view text :
       {""sv, "9223372036854775808"sv, "18446744073709551617"sv, "99999999999999999999999"sv, "-1"sv, "+1"sv, " 1"sv,
        "1 "sv, "0x1"sv, "1e3"sv, "1,2"sv, "1\0"sv, "\xd9\xa1"sv}) {
    INFO(text);
    CHECK_FALSE(parse_decimal(text).has_value());
  }
}

TEST_CASE("base64url matches the vectors of RFC 4648 without padding") {
  struct Row {
    std::string_view bytes, text;
  };
  for (const Row& row : {Row{"", ""}, Row{"f", "Zg"}, Row{"fo", "Zm8"}, Row{"foo", "Zm9v"}, Row{"foob", "Zm9vYg"},
                         Row{"fooba", "Zm9vYmE"}, Row{"foobar", "Zm9vYmFy"}, Row{"\xff\xfe\xfb", "__77"},
                         Row{"\xfb\xf0", "-_A"}, Row{"\0\0"sv, "AAA"}}) {
    CHECK(base64url_encode(row.bytes) == row.text);
    CHECK(base64url_decode(row.text) == std::string(row.bytes));
  }
}

TEST_CASE("base64url decoding refuses every second spelling of the same bytes") {
  for (const std::string_view text : {"Zg=="sv, "Zm8="sv, "Zg="sv, "Z"sv, "Zm9vY"sv, "Zh"sv, "Zn"sv, "Zm9"sv, "-_B"sv,
                                      "Zm+v"sv, "Zm/v"sv, "Zm 9v"sv, "Zm9v\n"sv, "Zm9v\0"sv, "Zm9\xff"sv, "."sv}) {
    INFO(text);
    CHECK_FALSE(base64url_decode(text).has_value());
  }
}

TEST_CASE("base64url brings back bytes of any length, and a changed text never the same bytes") {
  Random random(7);
  for (std::size_t length = 0; length < 80; ++length) {
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    const std::string text = base64url_encode(bytes);
    CHECK(text.size() == (length * 8 + 5) / 6);
    CHECK(base64url_decode(text) == bytes);
    if (text.empty()) continue;
    std::string changed = text;
    char& digit = changed[random.below(static_cast<std::uint32_t>(changed.size()))];
    digit = digit == 'A' ? 'B' : 'A';
    CHECK_FALSE(base64url_decode(changed) == bytes);
  }
}

TEST_CASE("hex is sixteen lower-case digits") {
  CHECK(hex(0) == "0000000000000000");
  CHECK(hex(0x0123456789abcdef) == "0123456789abcdef");
  CHECK(hex(~std::uint64_t{0}) == "ffffffffffffffff");
}

}  // namespace
}  // namespace stickler
