// The small pure parts: units, forms, Accept.
#include <catch2/catch.hpp>

#include "backend_stub/accept.h"
#include "backend_stub/form.h"
#include "backend_stub/units.h"
#include "tests/unit/stub/heads.h"

namespace stickler::stub::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number and a unit") {
  struct Row {
    std::string_view text;
    Duration duration;
  };
  for (const Row& row : {Row{"250ms", 250ms}, Row{"10s", 10s}, Row{"5m", 5min}, Row{"8h", 8h}, Row{"0s", 0s}}) {
    INFO(row.text);
    REQUIRE(parse_duration(row.text));
    CHECK(*parse_duration(row.text) == row.duration);
  }
  for (const std::string_view text :
       {"", "5", "s", "-5s", "1.5s", "5 s", "5S", "5d", "5ss", "ms", "99999999999999999999s", "99999999999999h"}) {
    INFO(text);
    REQUIRE_FALSE(parse_duration(text));
    CHECK(parse_duration(text).error().message.find("got '" + std::string(text) + "'") != std::string::npos);
  }
}

TEST_CASE("a duration reads as it was written, in seconds or milliseconds") {
  CHECK(to_text(250ms) == "250ms");
  CHECK(to_text(5s) == "5s");
  CHECK(to_text(1500ms) == "1500ms");
  CHECK(to_text(2min) == "120s");
}

TEST_CASE("a size is a whole number of bytes or of a unit") {
  struct Row {
    std::string_view text;
    std::uint64_t bytes;
  };
  for (const Row& row :
       {Row{"0", 0}, Row{"4096", 4096}, Row{"64KiB", 65536}, Row{"1MiB", 1048576}, Row{"2GiB", 1ull << 31}}) {
    INFO(row.text);
    REQUIRE(parse_bytes(row.text));
    CHECK(*parse_bytes(row.text) == row.bytes);
  }
  for (const std::string_view text : {"", "KiB", "1KB", "1k", "-1", "1.5MiB", "1 KiB", "99999999999GiB"}) {
    INFO(text);
    CHECK_FALSE(parse_bytes(text));
  }
}

TEST_CASE("a form's fields are decoded") {
  const auto form = parse_form("user=eve+a%20b&password=%26%3D%2b%C3%A9&empty=&flag&&x=1=2");
  REQUIRE(form);
  CHECK(*form == Form{{"user", "eve a b"}, {"password", "&=+\xC3\xA9"}, {"empty", ""}, {"flag", ""}, {"x", "1=2"}});
  CHECK(parse_form("")->empty());
  CHECK(*form_value(*form, "user") == "eve a b");
  CHECK(form_value(*form, "empty")->empty());
}

TEST_CASE("a form that does not decode, or has too many fields, is refused") {
  for (const std::string_view body : {"a=%", "a=%4", "a=%zz", "%=1", "a=%4g"}) {
    INFO(body);
    CHECK_FALSE(parse_form(body));
  }
  std::string many;
  for (int i = 0; i < 16; ++i) many += "a=1&";
  CHECK(parse_form(many));
  CHECK_FALSE(parse_form(many + "b=1"));
}

TEST_CASE("a form's field has to be there once") {
  const Form form{{"user", "a"}, {"user", "b"}, {"one", "1"}};
  CHECK(*form_value(form, "one") == "1");
  CHECK(form_value(form, "user").error().message.find("twice") != std::string::npos);
  CHECK(form_value(form, "password").error().message.find("'password'") != std::string::npos);
}

TEST_CASE("what a request says of its body decides whether it may be a form") {
  struct Row {
    std::string_view fields;
    bool may_be;
  };
  const Row rows[] = {
      {"", true},
      {"Content-Type: application/x-www-form-urlencoded\r\n", true},
      {"Content-Type: Application/X-WWW-Form-Urlencoded; charset=UTF-8\r\n", true},
      {"Content-Type: application/json\r\n", false},
      {"Content-Type: multipart/form-data; boundary=x\r\n", false},
  };
  for (const Row& row : rows) {
    INFO(row.fields);
    CHECK(may_be_form(Head("POST", row.fields).head) == row.may_be);
  }
}

TEST_CASE("who names text/html asks for a page") {
  struct Row {
    std::string_view fields;
    bool page;
  };
  const Row rows[] = {
      {"", false},
      {"Accept: */*\r\n", false},
      {"Accept: application/json\r\n", false},
      {"Accept: text/plain, text/*\r\n", false},
      {"Accept: text/html\r\n", true},
      {"Accept: TEXT/HTML;level=1\r\n", true},
      {"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n", true},
      {"Accept: application/json, text/html;q=0.1\r\n", true},
      {"Accept: application/json\r\nAccept: text/html\r\n", true},
      {"Accept: application/json, text/html;q=0\r\n", false},
      {"Accept: text/html; Q=0.000, */*\r\n", false},
      {"Accept: text/htmlx, xtext/html\r\n", false},
      {"Accept: ,;,\r\n", false},
  };
  for (const Row& row : rows) {
    INFO(row.fields);
    CHECK(asks_for_html(Head("GET", row.fields).head) == row.page);
  }
}

}  // namespace
}  // namespace stickler::stub::test
