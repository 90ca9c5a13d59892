#include "backend_stub/session_cookie.h"

#include <set>

#include "lb/base/bytes.h"
#include "tests/unit/stub/heads.h"

namespace stickler::stub::test {
namespace {

TEST_CASE("a session id is 128 bits, and never the same") {
  std::set<std::string> seen;
  std::string ever_set(16, '\0');
  std::string always_set(16, '\xff');
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_session_id();
    CHECK(id.size() == 22);
    const auto bits = base64url_decode(id);
    REQUIRE(bits);
    REQUIRE(bits->size() == 16);
    for (std::size_t k = 0; k < 16; ++k) {
      ever_set[k] = static_cast<char>(ever_set[k] | (*bits)[k]);
      always_set[k] = static_cast<char>(always_set[k] & (*bits)[k]);
    }
    seen.insert(id);
  }
  CHECK(seen.size() == 1000);
  CHECK(ever_set == std::string(16, '\xff'));  // No bit is constant.
  CHECK(always_set == std::string(16, '\0'));
}

TEST_CASE("the cookie is for the server alone, on the whole site, and not for other sites' forms") {
  CHECK(set_session_cookie("abc") == "SESSIONID=abc; Path=/; HttpOnly; SameSite=Lax");
  CHECK(clear_session_cookie() == "SESSIONID=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

TEST_CASE("an id is taken from its cookie, if it can be one of ours") {
  const std::string id = new_session_id();
  struct Row {
    std::string fields;
    bool found;
  };
  const Row rows[] = {
      {"", false},
      {"Cookie: SESSIONID=" + id + "\r\n", true},
      {"Cookie: a=b; SESSIONID=" + id + "; c=d\r\n", true},
      {"Cookie: a=b\r\nCookie: SESSIONID=" + id + "\r\n", true},
      {"Cookie: sessionid=" + id + "\r\n", false},
      {"Cookie: XSESSIONID=" + id + "\r\n", false},
      {"Cookie: SESSIONID=\r\n", false},
      {"Cookie: SESSIONID\r\n", false},
      {"Cookie: SESSIONID=" + id.substr(1) + "\r\n", false},
      {"Cookie: SESSIONID=" + id + "A\r\n", false},
      {"Cookie: SESSIONID=" + id.substr(0, 21) + "*\r\n", false},
      {"Cookie: SESSIONID=get a b 0 noreply\r\n", false},
  };
  for (const Row& row : rows) {
    INFO(row.fields);
    CHECK(session_id_of(Head("GET", row.fields).head) == (row.found ? id : ""));
  }
}

}  // namespace
}  // namespace stickler::stub::test
