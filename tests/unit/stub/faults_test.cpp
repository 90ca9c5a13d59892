// Faults as clients see them.
#include "backend_stub/faults.h"

#include "tests/unit/stub/served_app.h"

namespace stickler::stub::test {
namespace {

Answered order(ServedApp& served, std::string_view json) {
  Answered answered = served.call("POST /fault", "", json);
  INFO(answered.body);
  REQUIRE(answered.status == 200);
  return answered;
}

TEST_CASE("an error is answered 500, to probes as well, until it is over") {
  ServedApp served;
  CHECK(json_of(order(served, R"({"fault":"error"})")) == nlohmann::json{{"fault", "error"}, {"share", 1.0}});
  for (const std::string_view line : {"GET /healthz", "GET /me", "GET /", "POST /login"}) {
    INFO(line);
    const Answered answered = served.call(line);
    CHECK(answered.status == 500);
    CHECK(error_code(answered) == "fault");
  }
  CHECK(json_of(served.call("GET /stats"))["fault"]["fault"] == "error");
  order(served, R"({"fault":"none"})");
  CHECK(served.call("GET /healthz").status == 200);
}

TEST_CASE("a fault ends by itself after its time") {
  ServedApp served;
  order(served, R"({"fault":"error","for":"20ms"})");
  Client client = served.connect();
  while (client.call(ServedApp::request("GET /healthz")).status == 500) {
  }
  CHECK(json_of(served.call("GET /stats"))["fault"]["fault"] == "none");
}

TEST_CASE("a new order replaces the one before, and its time") {
  ServedApp served;
  order(served, R"({"fault":"error","for":"20ms"})");
  order(served, R"({"fault":"error"})");
  bool passed = false;
  io::Timer timer(served.loop, [&] { passed = true; });
  timer.start(60ms);
  run_until(served.loop, [&] { return passed; });
  CHECK(served.call("GET /healthz").status == 500);
}

TEST_CASE("slow answers come, later") {
  ServedApp served;
  const std::string cookie = served.log_in("eve");
  order(served, R"({"fault":"slow","delay":"50ms"})");
  const auto start = std::chrono::steady_clock::now();
  CHECK(json_of(served.call("POST /visit", cookie))["visits"] == 1);
  CHECK(std::chrono::steady_clock::now() - start >= 49ms);  // The loop's clock has whole milliseconds.
}

TEST_CASE("a slow request goes on with its whole body") {
  ServedApp served;
  order(served, R"({"fault":"slow","delay":"1ms"})");
  CHECK(json_of(served.call("POST /login", "", "user=eve&password=eve"))["user"] == "eve");
}

TEST_CASE("a reset is a reset, after its delay if it has one") {
  for (const std::string_view json : {R"({"fault":"reset"})", R"({"fault":"reset","delay":"5ms"})"}) {
    ServedApp served;
    order(served, json);
    Client client = served.connect();
    client.send(ServedApp::request("GET /healthz"));
    CHECK(client.rest().empty());
    CHECK(client.error == ECONNRESET);
  }
}

TEST_CASE("an answer that is cut has done its work, and looks cut") {
  ServedApp served;
  const std::string cookie = served.log_in("eve");
  order(served, R"({"fault":"close-mid-body"})");
  for (const std::string_view fields : {std::string_view(), ServedApp::browser}) {
    Client client = served.connect();
    client.send(ServedApp::request("POST /visit", cookie + std::string(fields)));
    const std::string received = client.rest();
    const std::size_t end = received.find("\r\n\r\n");
    const std::size_t length = received.find("Content-Length: ");
    REQUIRE(end != std::string::npos);
    REQUIRE(length < end);
    CHECK(received.size() - end - 4 < std::stoul(received.substr(length + 16)));
    CHECK(client.eof);
  }
  order(served, R"({"fault":"none"})");
  CHECK(json_of(served.call("GET /me", cookie))["visits"] == 2);
}

TEST_CASE("a hanging request gets nothing until the fault ends, then its connection is reset") {
  ServedApp served;
  order(served, R"({"fault":"hang"})");
  Client client = served.connect();
  client.send(ServedApp::request("GET /healthz"));
  for (int i = 0; i < 20; ++i) served.call("GET /stats");
  CHECK(client.received.empty());
  CHECK_FALSE(client.ended());
  SECTION("by order") { order(served, R"({"fault":"none"})"); }
  SECTION("by another fault") { order(served, R"({"fault":"error"})"); }
  SECTION("with the server") { served.app.end_fault(); }
  CHECK(client.rest().empty());
  CHECK(client.error == ECONNRESET);
}

TEST_CASE("full refuses new sessions, and neither old ones nor probes") {
  ServedApp served;
  const std::string cookie = served.log_in("eve");
  order(served, R"({"fault":"full"})");
  const Answered refused = served.call("POST /login", "", "user=bob&password=bob");
  CHECK(refused.status == 503);
  CHECK(error_code(refused) == "full");
  CHECK(served.call("POST /login", "", "user=bob&password=x").status == 401);
  CHECK(served.call("GET /me", cookie).status == 200);
  CHECK(served.call("GET /healthz").status == 200);
}

TEST_CASE("a share hits about that part of the requests") {
  ServedApp served;
  order(served, R"({"fault":"error","share":0.25})");
  Client client = served.connect();
  int hit = 0;
  for (int i = 0; i < 2000; ++i) hit += client.call(ServedApp::request("GET /healthz")).status == 500 ? 1 : 0;
  CHECK(hit > 350);  // 500 are expected; 7 standard deviations.
  CHECK(hit < 650);
}

TEST_CASE("the order itself is never hit, nor is who watches") {
  ServedApp served;
  for (const std::string_view json : {R"({"fault":"error"})", R"({"fault":"hang"})", R"({"fault":"reset"})"}) {
    order(served, json);
    CHECK(served.call("GET /stats").status == 200);
    CHECK(served.call("POST /fault", "", "{}").status == 400);
  }
}

TEST_CASE("an order that is none is refused with its reason, and changes nothing") {
  ServedApp served;
  order(served, R"({"fault":"error"})");
  const Answered refused = served.call("POST /fault", "", R"({"fault":"slow"})");
  CHECK(refused.status == 400);
  CHECK(error_code(refused) == "bad_fault");
  CHECK(error_message(refused).find("delay") != std::string::npos);
  CHECK(served.call("GET /healthz").status == 500);
}

TEST_CASE("an order that came through a proxy, or from a web page, is refused") {
  ServedApp served;
  for (const std::string_view mark : {"Via: 1.1 stickler\r\n", "X-Forwarded-For: 10.0.0.1\r\n",
                                      "Forwarded: for=10.0.0.1\r\n", "Origin: http://evil.example\r\n"}) {
    INFO(mark);
    const Answered refused = served.call("POST /fault", mark, R"({"fault":"error"})");
    CHECK(refused.status == 403);
    CHECK(error_code(refused) == "not_local");
  }
  CHECK(served.call("GET /healthz").status == 200);
}

TEST_CASE("requests that a fault holds back do not outlive the server") {
  ServedApp served;
  order(served, R"({"fault":"slow","delay":"10s"})");
  Client client = served.connect();
  client.send(ServedApp::request("GET /healthz"));
  for (int i = 0; i < 5; ++i) served.call("GET /stats");
  CHECK(client.received.empty());
}

}  // namespace
}  // namespace stickler::stub::test
