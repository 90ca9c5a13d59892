// The HTTP API as clients see it.
#include "backend_stub/app.h"

#include <set>

#include "tests/unit/stub/served_app.h"

namespace stickler::stub::test {
namespace {

TEST_CASE("a user logs in, is known, visits, writes data, and logs out") {
  ServedApp served;
  const Answered login = served.call("POST /login", "", "user=eve&password=eve");
  CHECK(login.status == 200);
  CHECK(login.field("set-cookie").ends_with("; Path=/; HttpOnly; SameSite=Lax"));
  const std::string cookie = ServedApp::cookie_of(login);

  const nlohmann::json fresh = {{"user", "eve"}, {"node", "a"},  {"backup", nullptr},
                                {"visits", 0},   {"version", 1}, {"store", "memory"}};
  CHECK(json_of(login) == fresh);
  CHECK(json_of(served.call("GET /me", cookie)) == fresh);
  CHECK(json_of(served.call("GET /me", cookie)) == fresh);  // It only reads.

  const nlohmann::json visited = json_of(served.call("POST /visit", cookie));
  CHECK(visited["visits"] == 1);
  CHECK(visited["version"] == 2);
  const nlohmann::json written = json_of(served.call("PUT /me/data", cookie, "payload"));
  CHECK(written["visits"] == 1);
  CHECK(written["version"] == 3);
  CHECK(json_of(served.call("GET /me", cookie)) == written);

  const Answered logout = served.call("POST /logout", cookie);
  CHECK(json_of(logout)["logged_out"] == true);
  CHECK(logout.field("set-cookie").find("SESSIONID=; ") == 0);
  CHECK(logout.field("set-cookie").find("Max-Age=0") != std::string::npos);
  CHECK(served.call("GET /me", cookie).status == 401);
  CHECK(json_of(served.call("POST /logout", cookie))["logged_out"] == false);
}

TEST_CASE("every answer names its node and that node's start, the service's own refusals included") {
  ServedApp served;
  std::set<std::string> generations;
  for (const std::string_view line : {"GET /", "GET /me", "GET /healthz", "GET /stats", "GET /nothing", "PUT /login"}) {
    INFO(line);
    const Answered answered = served.call(line);
    CHECK(answered.field("x-node") == "a");
    CHECK(answered.field("x-session-backup").empty());
    generations.insert(answered.field("x-node-generation"));
  }
  Client client = served.connect();
  const Answered refused = client.call("NONSENSE\r\n\r\n");
  CHECK(refused.status == 400);
  CHECK(refused.field("x-node") == "a");
  generations.insert(refused.field("x-node-generation"));
  CHECK(generations.size() == 1);
  CHECK(generations.begin()->size() == 16);
  ServedApp restarted;
  CHECK(generations.count(restarted.call("GET /healthz").field("x-node-generation")) == 0);
}

TEST_CASE("who has no session, or somebody's guess of one, is told to log in") {
  ServedApp served;
  served.log_in("eve");
  for (const std::string_view cookie :
       {"", "Cookie: SESSIONID=AAAAAAAAAAAAAAAAAAAAAA\r\n", "Cookie: SESSIONID=x\r\n"}) {
    for (const std::string_view line : {"GET /me", "POST /visit", "PUT /me/data"}) {
      INFO(line << " " << cookie);
      const Answered answered = served.call(line, cookie);
      CHECK(answered.status == 401);
      CHECK(error_code(answered) == "not_logged_in");
      CHECK(answered.field("www-authenticate").find("SESSIONID") != std::string::npos);
      // The session may live on another node, to which the balancer sends the next request.
      CHECK(answered.field("set-cookie").empty());
    }
  }
}

TEST_CASE("a log-in that is not right is refused with its reason and makes no session") {
  ServedApp served;
  struct Row {
    std::string_view fields;
    std::string body;
    int status;
    std::string_view code;
  };
  const Row rows[] = {
      {"", "user=eve&password=bob", 401, "wrong_password"},
      {"", "user=eve&password=", 401, "wrong_password"},
      {"", "", 400, "bad_form"},
      {"", "user=eve", 400, "bad_form"},
      {"", "password=eve", 400, "bad_form"},
      {"", "user=&password=", 400, "bad_form"},
      {"", "user=eve&user=bob&password=eve", 400, "bad_form"},
      {"", "user=%&password=%", 400, "bad_form"},
      {"", "user=a%0ab&password=a%0ab", 400, "bad_form"},
      {"", "user=" + std::string(65, 'x') + "&password=" + std::string(65, 'x'), 400, "bad_form"},
      {"", "user=x&password=" + std::string(257, 'x'), 400, "bad_form"},
      {"Content-Type: application/json\r\n", R"({"user":"eve"})", 415, "not_a_form"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const Answered answered = served.call("POST /login", row.fields, row.body);
    CHECK(answered.status == row.status);
    CHECK(error_code(answered) == row.code);
    CHECK(answered.field("set-cookie").empty());
  }
  CHECK(json_of(served.call("GET /stats"))["sessions"] == 0);
}

TEST_CASE("a name that is no UTF-8 breaks no answer") {
  ServedApp served;
  const std::string cookie = served.log_in("%ff%fe");
  CHECK(served.call("GET /me", cookie).status == 200);
  CHECK(served.call("GET /", cookie).status == 200);
}

TEST_CASE("a new log-in gets a new id and ends the old session") {
  ServedApp served;
  const std::string first = served.log_in("eve");
  const Answered again = served.call("POST /login", first, "user=bob&password=bob");
  const std::string second = ServedApp::cookie_of(again);
  CHECK(second != first);
  CHECK(served.call("GET /me", first).status == 401);
  CHECK(json_of(served.call("GET /me", second))["user"] == "bob");
}

TEST_CASE("an unused session ends, a used one lives on") {
  ServedApp served;
  const std::string used = served.log_in("eve");
  const std::string unused = served.log_in("bob");
  for (int i = 0; i < 4; ++i) {
    served.clock.advance(ServedApp::ttl / 2);
    CHECK(served.call("GET /me", used).status == 200);
  }
  CHECK(served.call("GET /me", unused).status == 401);
}

TEST_CASE("a session's data has a limit, and its bytes are counted") {
  ServedApp served({.session_bytes_max = 1000});
  const std::string cookie = served.log_in("eve");
  CHECK(served.call("PUT /me/data", cookie, std::string(1000, 'x')).status == 200);
  CHECK(json_of(served.call("GET /stats"))["bytes_held"] == 22 + 3 + 1000);
  const Answered refused = served.call("PUT /me/data", cookie, std::string(1001, 'x'));
  CHECK(refused.status == 413);
  CHECK(error_code(refused) == "too_large");
  CHECK(refused.field("connection").empty());
  CHECK(served.call("PUT /me/data", cookie, std::string(100 * 1000, 'x')).status == 413);
  CHECK(served.call("PUT /me/data", cookie, "").status == 200);
  CHECK(json_of(served.call("GET /stats"))["bytes_held"] == 22 + 3);
}

TEST_CASE("a full node refuses log-ins, and says so") {
  ServedApp served({.sessions_max = 1});
  const std::string cookie = served.log_in("eve");
  const Answered refused = served.call("POST /login", "", "user=bob&password=bob");
  CHECK(refused.status == 503);
  CHECK(error_code(refused) == "full");
  CHECK(served.call("GET /me", cookie).status == 200);
}

TEST_CASE("paths, methods and versions of a path") {
  struct Row {
    std::string_view line;
    int status;
    std::string_view allow;
  };
  const Row rows[] = {
      {"GET /healthz", 200, ""},           {"HEAD /healthz", 200, ""},       {"GET /healthz?x=/y", 200, ""},
      {"GET /healthz/", 404, ""},          {"GET /nothing", 404, ""},        {"POST /nothing", 404, ""},
      {"POST /healthz", 405, "GET, HEAD"}, {"DELETE /me", 405, "GET, HEAD"}, {"GET /login", 405, "POST"},
      {"HEAD /visit", 405, "POST"},        {"GET /logout", 405, "POST"},     {"POST /me/data", 405, "PUT"},
      {"GET /fault", 405, "POST"},         {"PUT /stats", 405, "GET, HEAD"}, {"OPTIONS *", 404, ""},
      {"BREW /", 405, "GET, HEAD"},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    ServedApp served;
    const Answered answered = served.call(row.line);
    CHECK(answered.status == row.status);
    CHECK(answered.field("allow") == row.allow);
    CHECK(answered.field("connection").empty());
    if (row.status == 404) CHECK(error_code(answered) == "unknown_path");
    if (row.status == 405 && !row.line.starts_with("HEAD")) CHECK(error_code(answered) == "method_not_allowed");
  }
}

TEST_CASE("HEAD of a personal path has the head that GET has") {
  ServedApp served;
  const std::string cookie = served.log_in("eve");
  const Answered get = served.call("GET /me", cookie);
  const Answered head = served.call("HEAD /me", cookie);
  CHECK(head.status == 200);
  CHECK(head.field("content-length") == get.field("content-length"));
  CHECK(head.field("content-type") == get.field("content-type"));
  CHECK(served.call("HEAD /me").status == 401);
}

TEST_CASE("no cache keeps what is said to one user") {
  ServedApp served;
  const std::string cookie = served.log_in("eve");
  for (const std::string_view line :
       {"GET /me", "GET /", "POST /visit", "PUT /me/data", "POST /login", "GET /stats", "POST /logout"}) {
    INFO(line);
    CHECK(served.call(line, cookie).field("cache-control") == "no-store");
  }
}

TEST_CASE("a browser's form is answered with a way back to the page, a program's with JSON") {
  ServedApp served;
  const Answered login = served.call("POST /login", ServedApp::browser, "user=eve&password=eve");
  CHECK(login.status == 303);
  CHECK(login.field("location") == "/");
  const std::string cookie = ServedApp::cookie_of(login);
  const std::string both = cookie + std::string(ServedApp::browser);
  const Answered visit = served.call("POST /visit", both);
  CHECK(visit.status == 303);
  CHECK(visit.field("location") == "/");
  CHECK(served.call("GET /", both).body.find("<dt>Visits</dt><dd>1</dd>") != std::string::npos);
  CHECK(json_of(served.call("GET /me", both))["visits"] == 1);  // Nobody sends a form with GET.
  CHECK(served.call("POST /logout", both).status == 303);
  CHECK(served.call("GET /", both).body.find("action=\"/login\"") != std::string::npos);
}

TEST_CASE("what went wrong is shown to a browser on the page, with its status") {
  ServedApp served({.sessions_max = 1});
  struct Row {
    std::string_view line;
    std::string_view body;
    int status;
    std::string_view text;
  };
  const std::string cookie = served.log_in("eve");
  const Row rows[] = {
      {"POST /login", "user=bob&password=eve", 401, "do not belong together"},
      {"POST /login", "user=bob", 400, "password"},
      {"POST /login", "user=bob&password=bob", 503, "full"},
      {"POST /visit", "", 401, "no such log-in session"},
  };
  for (const Row& row : rows) {
    INFO(row.line << " " << row.body);
    const Answered answered = served.call(row.line, ServedApp::browser, row.body);
    CHECK(answered.status == row.status);
    CHECK(answered.field("content-type") == "text/html; charset=utf-8");
    CHECK(answered.body.find("role=\"alert\"") != std::string::npos);
    CHECK(answered.body.find(row.text) != std::string::npos);
    CHECK(answered.body.find("action=\"/login\"") != std::string::npos);
  }
}

TEST_CASE("the page may run nothing and be framed by nobody") {
  ServedApp served;
  const std::string policy = served.call("GET /").field("content-security-policy");
  CHECK(policy.find("default-src 'none'") != std::string::npos);
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(policy.find("script-src") == std::string::npos);
}

TEST_CASE("passwords are hashed beside the loop: others are served meanwhile") {
  ServedApp served({.passwords = {.cost = *find_password_cost("low"), .users = std::nullopt}});
  Client eve = served.connect();
  eve.send(ServedApp::request("POST /login", "", "user=eve&password=eve"));
  Client other = served.connect();
  std::size_t running = 0;
  while (running == 0 && eve.received.empty()) {
    running = json_of(other.call(ServedApp::request("GET /stats")))["password_checks"]["running"];
  }
  CHECK(running == 1);
  CHECK(eve.answer().status == 200);
}

TEST_CASE("a client that leaves while its password is checked does no harm") {
  ServedApp served({.passwords = {.cost = *find_password_cost("low"), .users = std::nullopt}});
  Client eve = served.connect();
  eve.send(ServedApp::request("POST /login", "", "user=eve&password=eve"));
  Client other = served.connect();
  const auto running = [&] {
    return json_of(other.call(ServedApp::request("GET /stats")))["password_checks"]["running"] != 0;
  };
  while (!running()) {
  }
  eve.leave();
  while (running()) {
  }
  CHECK(other.call(ServedApp::request("GET /healthz")).status == 200);
}

TEST_CASE("stats count what the store was asked, how it answered and what it holds") {
  ServedApp served;
  const std::string cookie = served.log_in("eve");
  served.call("GET /me", cookie);
  served.call("GET /me", "Cookie: SESSIONID=AAAAAAAAAAAAAAAAAAAAAA\r\n");
  served.call("POST /visit", cookie);
  const nlohmann::json stats = json_of(served.call("GET /stats"));
  CHECK(stats["node"] == "a");
  CHECK(stats["generation"] == served.call("GET /healthz").field("x-node-generation"));
  CHECK(stats["store"] == "memory");
  CHECK(stats["sessions"] == 1);
  CHECK(stats["sessions_created"] == 1);
  CHECK(stats["bytes_held"] == 22 + 3);
  CHECK(stats["replication"] ==
        nlohmann::json{{"messages_in", 0}, {"messages_out", 0}, {"bytes_in", 0}, {"bytes_out", 0}});
  CHECK(stats["fault"] == nlohmann::json{{"fault", "none"}});
  const nlohmann::json& calls = stats["store_calls"];
  CHECK(calls["create"]["count"] == 1);
  CHECK(calls["create"]["ok"] == 1);
  CHECK(calls["load"]["count"] == 3);
  CHECK(calls["load"]["ok"] == 2);
  CHECK(calls["load"]["missing"] == 1);
  CHECK(calls["update"]["ok"] == 1);
  CHECK(calls["touch"]["count"] == 0);
  CHECK(calls["load"]["mean_us"] > 0.0);
  CHECK(calls["load"]["longest_us"] >= calls["load"]["mean_us"]);
}

}  // namespace
}  // namespace stickler::stub::test
