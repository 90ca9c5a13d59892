// Clients that are slow on purpose (408), or silent: cut off by a timeout that no dribble extends.
#include <poll.h>

#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

const Setup impatient{.listener = {"timeouts: {request_header: 400ms, request_body: 400ms}"}};

struct SlowRow {
  std::string name;
  std::string begin;      // What it sends at once.
  std::string dribble{};  // What it goes on with, a byte at a time, until it is answered; empty: nothing.
  std::string reason = "head_too_slow";
};

const std::string endless(100'000, 'a');
const std::string chunked_head = post_x("Transfer-Encoding: chunked\r\n");

const std::vector<SlowRow> slow = {
    {"half a request line, then silence", "GET /x HT"},
    {"half a head, then silence", "GET /x HTTP/1.1\r\nHost: a\r\n"},
    {"a head without its last LF", "GET /x HTTP/1.1\r\nHost: a\r\n\r"},
    {"an empty line, then silence", "\r\n\r\nGE"},
    {"a target that never ends", "GET /", endless},
    {"a field that never ends", "GET /x HTTP/1.1\r\nHost: a\r\nX-A: ", endless},
    {"a head behind a request that was served", get("/before") + "GET /x HTTP/1.1\r\n"},
    {"a length and no body", post_x("Content-Length: 5\r\n"), "", "body_too_slow"},
    {"a length and half a body", post_x("Content-Length: 5\r\n", "he"), "", "body_too_slow"},
    {"chunks announced and none sent", chunked_head, "", "body_too_slow"},
    {"half a chunk", chunked_head + "5\r\nhe", "", "body_too_slow"},
    {"all chunks but the last", chunked_head + "5\r\nhello\r\n", "", "body_too_slow"},
    {"a chunk extension that never ends", chunked_head + "5;", std::string(900, 'e'), "body_too_slow"},
    {"a trailer that never ends", chunked_head + "0\r\nX-A: ", endless, "body_too_slow"},
};

// All at once, round by round, until each is answered. A round takes a while, so that 900 bytes outlast any timeout
// here.
void dribble(std::vector<RawClient>& clients) {
  const Deadline deadline;
  std::vector<std::size_t> sent(clients.size());
  for (std::size_t answered = 0; answered < clients.size() && !deadline.passed();) {
    answered = 0;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::string& bytes = slow[i].dribble;
      if (wait_for(clients[i].fd(), POLLIN, Deadline(1ms))) {
        ++answered;
      } else if (sent[i] < bytes.size()) {
        clients[i].send(std::string_view(bytes).substr(sent[i]++, 1));
      }
    }
  }
}

TEST_CASE("a head or a body that does not come in time is 408, and the connection ends") {
  ScriptedOrigin origin(answering(echo));
  Setup setup = impatient;
  setup.backends = {origin.address()};
  Balancer balancer(setup);
  std::vector<RawClient> clients;
  for (const SlowRow& row : slow) {
    clients.emplace_back(balancer.port()).send(row.begin);
    if (row.begin.starts_with(get("/before"))) CHECK(clients.back().read_response()->status() == 200);
  }
  dribble(clients);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    INFO("row: " << slow[i].name);
    const auto answer = clients[i].read_response();
    REQUIRE(answer);
    check_own_answer(*answer, refused(408, slow[i].reason));
    CHECK(same_name(answer->field("Connection"), "close"));
    clients[i].send("\r\n\r\n" + get("/smuggled"));
    CHECK(clients[i].read_to_end() == "");
    check_aftermath(balancer, origin, slow[i].name);
  }
  CHECK(origin.seen_target("/smuggled") == 0);
}

TEST_CASE("a connection on which nothing comes is closed without a word") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.listener = {"timeouts: {idle: 400ms}"}, .backends = {origin.address()}});
  RawClient silent(balancer.port());
  CHECK(silent.read_to_end() == "");
  CHECK_FALSE(silent.was_reset());
  RawClient served(balancer.port());
  CHECK(served.exchange(get("/x")).status() == 200);
  CHECK(served.read_to_end() == "");
  CHECK_FALSE(served.was_reset());
}

TEST_CASE("a client that does not take its answer is cut off, and its backend's connection is not used again") {
  ScriptedOrigin origin(answering([](const Message& request) {
    return request.target() == "/large" ? reply(std::string(32 << 20, 'a')) : echo(request);
  }));
  Balancer balancer(Setup{.listener = {"timeouts: {idle: 400ms}"}, .backends = {origin.address()}});
  RawClient client(balancer.port(), 16 << 10);
  client.send(get("/large"));
  REQUIRE(eventually([&] { return balancer.metric("stickler_listener_client_aborts_total") == 1; }));
  CHECK(client.read_to_end().size() < 32 << 20);
  const std::size_t connections = origin.connections();
  check_aftermath(balancer, origin, "32 MiB");
  CHECK(origin.connections() == connections + 1);
}

TEST_CASE("hundreds of slow heads do not keep a good client waiting") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.backends = {origin.address()}});
  std::vector<RawClient> slow_ones;
  for (int i = 0; i < 300; ++i) {
    slow_ones.emplace_back(balancer.port());
    slow_ones.back().send("GET /slow HTTP/1.1\r\nHost: a\r\nX-A: ");
  }
  for (int i = 0; i < 20; ++i) {
    for (RawClient& client : slow_ones) client.send("a");
    CHECK(fetch(balancer.port(), "/good").field("X-Asked") == "GET /good");
  }
  CHECK(origin.seen_target("/slow") == 0);
}

}  // namespace
}  // namespace stickler::integration
