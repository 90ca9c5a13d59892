// RFC 6265: the cookie that is ours, among those of the application.
#include <catch2/catch.hpp>
#include <functional>
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

std::string joined_values(const FieldBlock& head, std::string_view name) {
  std::string all;
  CookieValues values(head, name);
  while (const auto value = values.next()) all.append("<").append(*value).append(">");
  return all;
}

TEST_CASE("the values of all cookies of a name come in their order") {
  struct Row {
    std::string fields, values;
  };
  const Row rows[] = {
      {"", ""},
      {"Cookie: a=1\r\n", ""},
      {"Cookie: s=1\r\n", "<1>"},
      {"Cookie: s=1; a=0; s=\"2\";s\r\nA: b\r\ncookie: s=4\r\nCookie: ss=5\r\nCookie: s = 6 ;\r\n",
       "<1><\"2\"><><4><6>"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(joined_values(ScannedRequest(request_with(row.fields)).head, "s") == row.values);
  }
}

TEST_CASE("what an answer sets under a name comes in its order, with the attributes apart") {
  struct Row {
    std::string fields, cookies;
  };
  const Row rows[] = {
      {"", ""},
      {"Set-Cookie: s=1\r\n", "<1>"},
      {"Set-Cookie: s=1; Path=/;HttpOnly\r\n", "<1; Path=/;HttpOnly>"},
      {"set-cookie: s = 1 ;Path=/\r\n", "<1;Path=/>"},
      {"Set-Cookie: a=0\r\nSet-Cookie: s=1\r\nSet-Cookie: s=2; Path=/b\r\nSet-Cookie: b=3\r\n", "<1><2; Path=/b>"},
      {"Set-Cookie: s=\"1.a\"; Path=/\r\n", "<\"1.a\"; Path=/>"},
      {"Set-Cookie: s=; Max-Age=0\r\n", "<; Max-Age=0>"},
      {"Set-Cookie: s; Path=/\r\n", ""},
      {"Set-Cookie: a=0; s=1\r\n", ""},
      {"Set-Cookie: S=1\r\n", ""},
      {"Set-Cookie:\r\n", ""},
      {"Cookie: s=1\r\n", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedAnswer answer(answer_with(row.fields));
    std::string all;
    SetCookies cookies(answer.head, "s");
    while (const auto cookie = cookies.next()) {
      all.append("<").append(cookie->value).append(cookie->attributes).append(">");
    }
    CHECK(all == row.cookies);
  }
}

TEST_CASE("a cookie is taken away by an empty value, or by an expiry in the past, of which Max-Age goes first") {
  struct Row {
    std::string_view value, attributes;
    bool removes;
  };
  const WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 25).time_since_epoch()};
  const Row rows[] = {
      {"1", "", false},
      {"", "", true},
      {"\"\"", "", true},
      {"1", "; Path=/; HttpOnly", false},
      {"1", "; Max-Age=0", true},
      {"1", ";max-age = 00 ;Path=/", true},
      {"1", "; Max-Age=-1", true},
      {"1", "; Max-Age=1", false},
      {"1", "; Max-Age=99999999999999999999", false},
      {"1", "; Max-Age=", false},
      {"1", "; Max-Age=-", false},
      {"1", "; Max-Age=0x", false},
      {"1", "; Max-Age", false},
      {"1", "; Max-Age=5; Max-Age=0", true},
      {"1", "; Max-Age=0; Max-Age=x", true},
      {"deleted", "; Expires=Thu, 01-Jan-1970 00:00:01 GMT", true},
      {"1", "; expires=Wed, 25 Nov 2026 00:00:00 GMT", true},
      {"1", "; expires=Wed, 25 Nov 2026 00:00:01 GMT", false},
      {"1", "; Expires=Thu, 31 Dec 9999 23:59:59 GMT", false},
      {"1", "; Expires=0", false},
      {"1", "; Expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=60", false},
      {"1", "; Max-Age=0; Expires=Thu, 31 Dec 9999 23:59:59 GMT", true},
      {"1", "; Xpires=Thu, 01-Jan-1970 00:00:01 GMT", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value, row.attributes);
    CHECK(is_removal({.value = row.value, .attributes = row.attributes}, now) == row.removes);
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

std::string put(const std::function<void(Output&)>& write) {
  std::string text;
  Output out(text, 0);
  write(out);
  out.finish();
  return text;
}

TEST_CASE("a node prefix is taken from the cookies of the name, and every other byte stays") {
  struct Row {
    std::string before, after;
  };
  const Row rows[] = {
      {"s=a~1", "s=1"},
      {"s=a~", "s="},
      {"s=a~1~2", "s=1~2"},
      {"s=node-1.x_Y~1", "s=1"},
      {" x=a~1 ;  s = a~1 ;y=b~2; ", " x=a~1 ;  s = 1 ;y=b~2; "},
      {"s=\"a~1\"; x", "s=\"1\"; x"},
      {"s=a~1; s=b~2; s=3", "s=1; s=2; s=3"},
      {"s=1", "s=1"},
      {"s=~1", "s=~1"},
      {"s=a b~1", "s=a b~1"},
      {"s=a%20~1", "s=a%20~1"},
      {"s=\"a~1", "s=\"a~1"},
      {"s", "s"},
      {"s=", "s="},
      {"S=a~1; ss=a~1", "S=a~1; ss=a~1"},
      {"x=\"; s=a~1\"", "x=\"; s=1\""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.before);
    CHECK(put([&](Output& out) { put_without_node_prefix(out, row.before, "s"); }) == row.after);
  }
}

TEST_CASE("a node prefix is put before the value that an answer sets, and every other byte stays") {
  struct Row {
    std::string before, after;
  };
  const Row rows[] = {
      {"s=1", "s=a~1"},
      {"s=1; Path=/; HttpOnly", "s=a~1; Path=/; HttpOnly"},
      {" s = 1 ;Path=/", " s = a~1 ;Path=/"},
      {"s=\"1\"; Path=/", "s=\"a~1\"; Path=/"},
      {"s=b~1", "s=a~b~1"},
      {"s=\"1", "s=a~\"1"},
      {"s=; Max-Age=0", "s=; Max-Age=0"},
      {"s=\"\"; Max-Age=0", "s=\"\"; Max-Age=0"},
      {"s; Path=/", "s; Path=/"},
      {"S=1", "S=1"},
      {"x=1; s=2", "x=1; s=2"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.before);
    const std::string after = put([&](Output& out) { put_with_node_prefix(out, row.before, "s", "a"); });
    CHECK(after == row.after);
    if (after == row.before) continue;
    // As the browser sends it back.
    const std::string pair = after.substr(0, after.find(';'));
    const std::string wanted = row.before.substr(0, row.before.find(';'));
    CHECK(put([&](Output& out) { put_without_node_prefix(out, pair, "s"); }) == wanted);
  }
}

}  // namespace
}  // namespace stickler::http
