// What a backend can do wrong, and the words for it: the client's answer, the access log and the metrics agree.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

const std::string short_timeouts = "timeouts: {connect: 1s, response_header: 1s, response_body: 1s}";

struct Expected {
  int status;
  const char* failure;   // Of the attempt: access log, stickler_pool_failures_total, stickler_backend_failures_total.
  const char* refusal;   // Of the answer: stickler_listener_refusals_total; "": the answer is the backend's own.
  const char* sentence;  // Its body.
};

// One request to a pool of this one backend, without retries.
void expect_failure(const std::string& address, const Expected& expected) {
  Balancer balancer(
      Setup{.top = {access_log_to_stdout}, .pool = {short_timeouts, "retries: {attempts: 0}"}, .backends = {address}});
  RawClient client(balancer.port());
  client.send(get("/fails"));
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == expected.status);
  if (*expected.refusal != '\0') {
    CHECK(answer->complete);
    CHECK(answer->field("Server") == "stickler");
    CHECK(answer->field("Content-Type").starts_with("text/plain"));
    CHECK(answer->body == std::string(expected.sentence) + "\n");
    CHECK(client.exchange(get("/again")).status() == expected.status);  // The client's connection goes on.
  } else {
    CHECK_FALSE(answer->complete);
    CHECK(client.closed_by_peer());
  }
  const auto entry = balancer.access_entry("/fails");
  CHECK(entry.at("reason") == expected.failure);
  CHECK(entry.at("status") == expected.status);
  CHECK(entry.at("attempts") == 1);
  CHECK(entry.at("backend") == "a");
  const std::string failure_label = "reason=\"" + std::string(expected.failure) + "\"";
  const double times = *expected.refusal == '\0' ? 1 : 2;
  CHECK(eventually([&] { return balancer.metric("stickler_pool_failures_total", failure_label) == times; }));
  CHECK(balancer.metric("stickler_backend_failures_total", "backend=\"a\",") == times);
  CHECK(balancer.metric("stickler_backend_failures_total", failure_label) == times);
  CHECK(balancer.metric("stickler_listener_refusals_total") == (*expected.refusal == '\0' ? 0 : times));
  if (*expected.refusal != '\0') {
    const std::string refusal_label = "reason=\"" + std::string(expected.refusal) + "\"";
    CHECK(balancer.metric("stickler_listener_refusals_total", refusal_label) == times);
  }
}

TEST_CASE("a backend that refuses connections: 502 with the reason") {
  ReservedPort nobody;
  expect_failure(nobody.address(), {502, "connect_error", "connect_failed", "The backend refused the connection."});
}

TEST_CASE("a unix socket that is not there: 502 with the reason") {
  TemporaryDirectory directory;
  expect_failure("unix:" + directory.file("nobody.sock"),
                 {502, "connect_error", "connect_failed", "The backend refused the connection."});
}

TEST_CASE("a backend that does not answer to a connect: 504 with the reason") {
  SilentAddress silent;
  expect_failure(silent.address(),
                 {504, "connect_timeout", "connect_timeout", "The backend did not accept the connection in time."});
}

TEST_CASE("a backend that breaks off: the word says where") {
  struct Row {
    const char* what;
    Script script;
    Expected expected;
  };
  const auto sends = [](std::string bytes) {
    return [bytes = std::move(bytes)](OriginConnection& connection) {
      if (!connection.read_request()) return;
      connection.wire.send(bytes);
      connection.close();
    };
  };
  const auto sends_and_hangs = [](std::string bytes) {
    return [bytes = std::move(bytes)](OriginConnection& connection) {
      if (!connection.read_request()) return;
      connection.wire.send(bytes);
      connection.hang();
    };
  };
  const Script resets = [](OriginConnection& connection) {
    if (connection.read_request()) connection.reset();
  };
  constexpr const char* no_answer = "The backend closed the connection without an answer.";
  constexpr const char* malformed = "The backend sent a malformed answer.";
  constexpr const char* too_late = "The backend did not answer in time.";
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const Row rows[] = {
      {"reset before a byte", resets, {502, "reset", "no_answer", no_answer}},
      {"closed before a byte", sends(""), {502, "closed", "no_answer", no_answer}},
      {"closed amid the head", sends("HTTP/1.1 200 OK\r\nContent-"), {502, "cut_head", "no_answer", no_answer}},
      {"not HTTP", sends("SSH-2.0-OpenSSH_9.2\r\n\r\n"), {502, "bad_answer", "bad_answer", malformed}},
      {"two lengths",
       sends("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
       {502, "bad_answer", "bad_answer", malformed}},
      {"silence", sends_and_hangs(""), {504, "answer_timeout", "answer_timeout", too_late}},
      {"silence amid the head",
       sends_and_hangs("HTTP/1.1 200 OK\r\n"),
       {504, "answer_timeout", "answer_timeout", too_late}},
      {"closed amid the body", sends(head + "01234"), {200, "cut_body", "", ""}},
      {"closed before the body", sends(head), {200, "cut_body", "", ""}},
      {"closed amid a chunk", sends(chunked + "a\r\n01234"), {200, "cut_body", "", ""}},
      {"closed before the last chunk", sends(chunked + "5\r\n01234\r\n"), {200, "cut_body", "", ""}},
      {"a bad chunk", sends_and_hangs(chunked + "5\r\n01234\r\nxyz\r\n"), {200, "bad_answer", "", ""}},
      {"silence amid the body", sends_and_hangs(head + "01234"), {200, "body_timeout", "", ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ScriptedOrigin origin(row.script);
    expect_failure(origin.address(), row.expected);
  }
}

TEST_CASE("errors that the backend itself answers are passed on as they are") {
  ScriptedOrigin origin(answering([](const Message& request) {
    return reply("the backend's own words", "", request.target().substr(1) + " Whatever");
  }));
  Balancer balancer(Setup{.top = {access_log_to_stdout}, .backends = {origin.address()}});
  RawClient client(balancer.port());
  for (const char* status : {"500", "502", "503", "504", "599"}) {
    CAPTURE(status);
    const Message answer = client.exchange(get("/" + std::string(status)));
    CHECK(answer.status() == std::atoi(status));
    CHECK(answer.body == "the backend's own words");
    CHECK(balancer.access_entry("/" + std::string(status)).at("reason") == "");
  }
  CHECK(origin.requests() == 5);  // Answered once is answered: none was tried again.
  CHECK(balancer.metric("stickler_listener_refusals_total") == 0);
}

TEST_CASE("a pool without an eligible backend: 503 at once, with the reason") {
  ReservedPort nobody;
  Balancer balancer(Setup{
      .top = {access_log_to_stdout},
      .pool = {"timeouts: {queue: 1h}"},
      .backends = {backend("a", nobody.address(), ", state: down"), backend("b", nobody.address(), ", state: drain"),
                   backend("c", nobody.address(), ", weight: 0")}});
  const Message answer = fetch(balancer.port(), "/nobody");
  CHECK(answer.status() == 503);
  CHECK(answer.body == "No backend is available.\n");
  const auto entry = balancer.access_entry("/nobody");
  CHECK(entry.at("reason") == "no_backend");
  CHECK(entry.at("attempts") == 0);
  CHECK(entry.at("backend") == "");
  CHECK(balancer.metric("stickler_listener_refusals_total", "reason=\"no_backend\"") == 1);
  CHECK(balancer.metric("stickler_pool_no_backend_total") == 1);
}

TEST_CASE("a slow answer is no failure as long as bytes keep coming within the timeouts") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(60ms);  // Twenty of them are longer than response_body.
      connection.wire.send("x");
    }
    connection.hang();
  });
  Balancer balancer(Setup{.pool = {"timeouts: {response_body: 1s}"}, .backends = {origin.address()}});
  const Message answer = fetch(balancer.port(), "/slow");
  CHECK(answer.complete);
  CHECK(answer.body == std::string(20, 'x'));
}

}  // namespace
}  // namespace stickler::integration
