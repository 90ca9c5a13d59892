// RFC 6265: the cookie that is ours, among those of the application.
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/cookie.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

std::string without(std::string_view value, std::string_view name) {
  std::string text = "<";
  Output out(text, 0);
  const bool left = put_without_cookie(out, value, name);
  out.put(left ? ">" : "-");
  out.finish();
  return text.substr(1);
}

TEST_CASE("the first of the cookies with a name is found, and how many there were") {
  struct Row {
    std::string fields;
    std::size_t count;
    std::string value{};
  };
  const Row rows[] = {
      {"", 0},
      {"Cookie: s=1\r\n", 1, "1"},
      {"Cookie: a=0; s=1\r\n", 1, "1"},
      {"Cookie: a=0;s=1\r\n", 1, "1"},
      {"Cookie: s=1; s=2; s=3\r\n", 3, "1"},
      {"Cookie: a=0\r\nCookie: s=2\r\nCookie: s=1\r\n", 2, "2"},
      {"Cookie: s=\r\n", 1, ""},
      {"Cookie: s\r\n", 1, ""},
      {"Cookie:  s = 1 ; a=2\r\n", 1, "1"},
      {"Cookie: s=1=2\r\n", 1, "1=2"},
      {"Cookie: s=\"1\"\r\n", 1, "\"1\""},
      {"Cookie: S=1\r\n", 0},
      {"Cookie: ss=1; xs=2; s.=3\r\n", 0},
      {"Cookie: a=s=1\r\n", 0},
      {"Cookie: a=\"; s=1\"\r\n", 1, "1\""},
      {"Cookie: ;;; s=1;;\r\n", 1, "1"},
      {"Cookie:\r\n", 0},
      {"Cookie: a=0, s=1\r\n", 0},
      {"Cookie2: s=1\r\nSet-Cookie: s=2\r\n", 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedRequest request(request_with(row.fields));
    const FoundCookie found = find_cookie(request.head, "s");
    CHECK(found.count == row.count);
    CHECK(found.value.has_value() == (row.count > 0));
    if (found.value) CHECK(*found.value == row.value);
  }
}

TEST_CASE("a cookie is taken out of a line and the others keep their bytes") {
  struct Row {
    std::string before;
    std::string after;  // Ends in "-" if nothing is left.
  };
  const Row rows[] = {
      {"s=1", "-"},
      {"s", "-"},
      {" s=1 ", "-"},
      {"s=1; s=2", "-"},
      {"s=1;", "-"},
      {";s=1; ;", "-"},
      {"a=1; s=2", "a=1>"},
      {"s=2; a=1", "a=1>"},
      {"a=1; s=2; b=3", "a=1; b=3>"},
      {"a=1;s=2;b=3", "a=1;b=3>"},
      {"a=1;  s=2;  b = 3", "a=1;  b = 3>"},
      {"s=1; a=\"x y\"; s=2; b=", "a=\"x y\"; b=>"},
      {"a=1; S=2; ss=3; s=4", "a=1; S=2; ss=3>"},
      {"a; s; b", "a; b>"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.before);
    CHECK(has_cookie(row.before, "s"));
    CHECK(without(row.before, "s") == row.after);
  }
  for (const char* value : {"", "a=1", "S=1", "as=1; sa=2", "a=s", "a=s=1"}) {
    CAPTURE(value);
    CHECK_FALSE(has_cookie(value, "s"));
  }
}

TEST_CASE("a cookie is set with the attributes that are configured") {
  struct Row {
    CookieAttributes attributes;
    std::string text;
  };
  const Row rows[] = {
      {{.name = "S"}, "S=v; Path=/; HttpOnly; SameSite=Lax"},
      {{.name = "S", .path = "", .http_only = false}, "S=v; SameSite=Lax"},
      {{.name = "S", .path = "/x", .domain = "a.example", .same_site = SameSite::strict, .secure = true},
       "S=v; Path=/x; Domain=a.example; Secure; HttpOnly; SameSite=Strict"},
      {{.name = "S", .same_site = SameSite::none, .secure = true, .partitioned = true},
       "S=v; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"},
  };
  for (const Row& row : rows) {
    std::string text;
    append_set_cookie(text, row.attributes, "v");
    CHECK(text == row.text);
  }
}

TEST_CASE("the value that an answer sets is the last under the name, without its attributes") {
  struct Row {
    std::string fields;
    std::optional<std::string> value;
  };
  const Row rows[] = {
      {"", {}},
      {"Set-Cookie: s=1\r\n", "1"},
      {"Set-Cookie: s=1; Path=/; HttpOnly\r\n", "1"},
      {"set-cookie: s = 1 ;Path=/\r\n", "1"},
      {"Set-Cookie: a=0\r\nSet-Cookie: s=1\r\nSet-Cookie: s=2\r\nSet-Cookie: b=3\r\n", "2"},
      {"Set-Cookie: s=\"1.a\"; Path=/\r\n", "\"1.a\""},
      {"Set-Cookie: s=; Max-Age=0\r\n", ""},
      {"Set-Cookie: a=0; s=1\r\n", {}},
      {"Set-Cookie: S=1\r\n", {}},
      {"Cookie: s=1\r\n", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedAnswer answer(answer_with(row.fields));
    const auto value = find_set_cookie(answer.head, "s");
    CHECK((value ? std::optional(std::string(*value)) : std::nullopt) == row.value);
  }
}

TEST_CASE("quotes around a value are no part of it, where there are two") {
  CHECK(unquoted("\"1\"") == "1");
  CHECK(unquoted("\"\"").empty());
  CHECK(unquoted("\"") == "\"");
  CHECK(unquoted("\"1") == "\"1");
  CHECK(unquoted("1") == "1");
  CHECK(unquoted("").empty());
}

}  // namespace
}  // namespace stickler::http
