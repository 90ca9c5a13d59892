// The end of a service: by drain, and at once.
#include "tests/unit/service/fixture.h"

namespace stickler::service::test {
namespace {

constexpr std::string_view get = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view later = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";

struct Draining {
  explicit Draining(Served& served) {
    served.service->drain([this] { idle = true; });
    CHECK_FALSE(idle);
  }
  bool idle = false;
};

TEST_CASE("a service without connections is idle at once") {
  Served served;
  const Draining draining(served);
  run_until(served.loop, [&] { return draining.idle; });
}

TEST_CASE("a drain ends idle connections and refuses new ones") {
  Served served;
  Client client = served.connect();
  CHECK(client.call(get).status == 200);
  const Draining draining(served);
  run_until(served.loop, [&] { return draining.idle; });
  CHECK(client.rest().empty());
  CHECK(client.eof);
  Client late = served.connect();
  CHECK(late.rest().empty());
  CHECK(late.error == ECONNREFUSED);
}

TEST_CASE("a drain waits for answers, which then are the last of their connection") {
  Served served;
  Client client = served.connect();
  client.send(std::string(later) + std::string(get));
  const Responder responder = served.take_later();
  const Draining draining(served);
  Client late = served.connect();
  CHECK(late.rest().empty());  // Turns the loop.
  CHECK_FALSE(draining.idle);
  responder.send({.fields = {}, .body = "done"});
  const Answered answered = client.answer();
  CHECK(answered.body == "done");
  CHECK(answered.field("connection") == "close");
  CHECK(client.rest().empty());
  client.leave();
  run_until(served.loop, [&] { return draining.idle; });
  CHECK(served.seen.size() == 1);
}

TEST_CASE("a drain lets a request that is on its way arrive") {
  Served served;
  Client client = served.connect();
  CHECK(client.call(get).status == 200);
  SECTION("in its head") {
    client.send(get.substr(0, 10));
    run_until(served.loop, [&] { return client.unsent_bytes() == 0; });
    Client other = served.connect();
    CHECK(other.call(get).status == 200);  // By now the part has been read.
    other.leave();
    const Draining draining(served);
    client.send(get.substr(10));
    CHECK(client.answer().field("connection") == "close");
    run_until(served.loop, [&] { return client.ended(); });
    client.leave();
    run_until(served.loop, [&] { return draining.idle; });
  }
  SECTION("in its body") {
    client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.answer().status == 100);
    const Draining draining(served);
    client.send("body");
    const Answered answered = client.answer();
    CHECK(answered.body == "POST /p body");
    CHECK(answered.field("connection") == "close");
    run_until(served.loop, [&] { return client.ended(); });
    client.leave();
    run_until(served.loop, [&] { return draining.idle; });
  }
}

TEST_CASE("a drain serves who was accepted, or waited to be, when it began") {
  Served served;
  Client client = served.connect();  // In the kernel's queue: the loop has not turned.
  client.send(get);
  const Draining draining(served);
  const Answered answered = client.answer();
  CHECK(answered.status == 200);
  CHECK(answered.field("connection") == "close");
  client.rest();
  client.leave();
  run_until(served.loop, [&] { return draining.idle; });
}

TEST_CASE("a drain does not wait for those who connect and say nothing") {
  Served served;
  Client client = served.connect();
  const Draining draining(served);
  run_until(served.loop, [&] { return draining.idle; });
  CHECK(client.rest().empty());
}

TEST_CASE("a drain does not cut an answer that is still being read") {
  Served served;
  served.answer.body.assign(16 * 1024 * 1024, 'a');
  Client client = served.connect();
  client.send("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
  run_until(served.loop, [&] { return !served.seen.empty(); });
  CHECK(client.received.size() < served.answer.body.size());
  const Draining draining(served);
  CHECK(client.answer().body.size() == served.answer.body.size());
  CHECK(client.rest().empty());
  client.leave();
  run_until(served.loop, [&] { return draining.idle; });
}

TEST_CASE("a drain tells a slow reader of pipelined answers which one is the last") {
  Served served;
  served.answer.body.assign(1024 * 1024, 'a');
  Client client = served.connect();
  client.pause();
  constexpr std::size_t count = 50;
  for (std::size_t i = 0; i < count; ++i) client.send("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
  Client other = served.connect();
  for (int i = 0; i < 20; ++i) CHECK(other.call(get).status == 200);
  other.leave();
  const Draining draining(served);
  client.read_on();
  std::size_t answered = 0;
  Answered last;
  do {
    CHECK(last.field("connection").empty());
    last = client.answer();
    ++answered;
  } while (last.field("connection").empty());
  CHECK(last.body.size() == served.answer.body.size());
  CHECK(answered < count);
  CHECK(client.rest().empty());
  client.leave();
  run_until(served.loop, [&] { return draining.idle; });
}

TEST_CASE("a stream does not begin during a drain") {
  Served served;
  Client client = served.connect();
  client.send(later);
  const Responder responder = served.take_later();
  const Draining draining(served);
  responder.begin_stream({.fields = {}, .body = {}});
  CHECK_FALSE(responder.send_piece("data: 1\n\n"));
  CHECK(client.rest().ends_with("\r\n\r\n"));
  client.leave();
  run_until(served.loop, [&] { return draining.idle; });
}

TEST_CASE("a drain ends streams") {
  Served served;
  Client client = served.connect();
  client.send(later);
  const Responder responder = served.take_later();
  responder.begin_stream({.fields = {}, .body = {}});
  CHECK(responder.send_piece("data: 1\n\n"));
  const Draining draining(served);
  CHECK(responder.gone());
  CHECK_FALSE(responder.send_piece("data: 2\n\n"));
  CHECK(client.rest().ends_with("data: 1\n\n"));
  client.leave();
  run_until(served.loop, [&] { return draining.idle; });
}

TEST_CASE("a service that ends closes what is open, answered or not") {
  Served served;
  Client idle = served.connect();
  CHECK(idle.call(get).status == 200);
  Client waiting = served.connect();
  waiting.send(later);
  const Responder responder = served.take_later();
  Client half = served.connect();
  half.send("GET / HT");
  run_until(served.loop, [&] { return served.service->connection_count() == 3; });
  served.service.reset();
  CHECK(idle.rest().empty());
  CHECK(waiting.rest().empty());
  CHECK(half.rest().empty());
  CHECK(responder.gone());
}

}  // namespace
}  // namespace stickler::service::test
