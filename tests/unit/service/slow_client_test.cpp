// Clients that are slow, silent, or do only half of what they should.
#include "tests/unit/service/fixture.h"

namespace stickler::service::test {
namespace {

constexpr std::string_view get = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_CASE("an idle connection ends without a word") {
  Served served({.listen = {}, .idle_timeout = 100ms});
  Client client = served.connect();
  SECTION("that never said anything") {}
  SECTION("after an answer") { CHECK(client.call(get).status == 200); }
  CHECK(client.rest().empty());
  CHECK(client.eof);
  CHECK(served.service->connection_count() == 0);
}

TEST_CASE("a request that does not arrive in time is answered 408") {
  struct Row {
    std::string_view part;
    std::string_view reason;
  };
  for (const Row& row : {Row{"GET / HTTP/1.1\r\nHos", "head"},
                         Row{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc", "body"}}) {
    INFO(row.part);
    Served served({.listen = {}, .request_timeout = 20ms});
    Client client = served.connect();
    CHECK(client.call(get).status == 200);
    const Answered answered = client.call(row.part);
    CHECK(answered.status == 408);
    CHECK(answered.body.find(row.reason) != std::string::npos);
    CHECK(client.rest().empty());
    CHECK(served.seen.size() == 1);
  }
}

TEST_CASE("the time for a request is counted from its first byte, not from its last one so far") {
  Served served({.listen = {}, .request_timeout = 60ms});
  Client client = served.connect();
  io::Timer drip(served.loop, [&] { client.send("x"); });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
  drip.start(10ms, 10ms);
  run_until(served.loop, [&] { return !client.received.empty(); });
  drip.stop();
  CHECK(client.answer().status == 408);
}

TEST_CASE("a handler may take its time: no deadline is running") {
  Served served({.listen = {}, .idle_timeout = 100ms, .request_timeout = 100ms});
  Client client = served.connect();
  client.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const Responder responder = served.take_later();
  bool passed = false;
  io::Timer timer(served.loop, [&] { passed = true; });
  timer.start(300ms);
  run_until(served.loop, [&] { return passed; });
  responder.send({.fields = {}, .body = "at last"});
  CHECK(client.answer().body == "at last");
}

TEST_CASE("a client that sends requests and reads no answers is not served further, and loses none later") {
  Served served;
  served.answer.body.assign(100 * 1000, 'a');
  Client client = served.connect();
  client.pause();
  constexpr std::size_t count = 1000;  // 100 MB of answers.
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += "GET /answer HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all);
  Client other = served.connect();
  std::size_t before = 0;
  do {  // Until an exchange of another client passes without progress.
    before = served.seen.size();
    for (int i = 0; i < 20; ++i) CHECK(other.call("GET /other HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
  } while (served.seen.size() > before + 20);
  CHECK(served.seen.size() < count / 2);

  client.read_on();
  for (std::size_t i = 0; i < count; ++i) REQUIRE(client.answer().body.size() == served.answer.body.size());
}

TEST_CASE("what a client sends ahead of its turn waits in the kernel") {
  Served served;
  Client client = served.connect();
  constexpr std::size_t size = 32 * 1024 * 1024;
  client.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const Responder responder = served.take_later();
  client.send("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
  client.send(std::string(size, 'b'));
  Client other = served.connect();
  std::size_t before = 0;
  do {
    before = client.unsent_bytes();
    for (int i = 0; i < 20; ++i) CHECK(other.call(get).status == 200);
  } while (client.unsent_bytes() < before);
  CHECK(client.unsent_bytes() > size / 4);
  responder.send({.fields = {}, .body = "first"});
  CHECK(client.answer().body == "first");
  CHECK(client.answer().status == 413);
}

TEST_CASE("a large last answer reaches a reader that is slower than any time-out") {
  Served served({.listen = {}, .idle_timeout = 1s});
  served.answer.body.assign(16 * 1024 * 1024, 'a');
  Client client = served.connect();
  // Reads a part, waits, and so on: for twice the time-out in all.
  io::Timer turn(served.loop, [&] { client.read_on(); });
  turn.start(8ms, 8ms);
  client.send("GET /answer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::size_t seen = 0;
  run_until(served.loop, [&] {
    if (client.received.size() > seen) client.pause();
    seen = client.received.size();
    return client.ended();
  });
  CHECK(client.eof);
  CHECK(client.received.size() > served.answer.body.size());
}

TEST_CASE("a client that does not read its last answer is not waited for") {
  Served served({.listen = {}, .idle_timeout = 100ms});
  served.answer.body.assign(16 * 1024 * 1024, 'a');
  Client client = served.connect();
  client.pause();
  client.send("GET /answer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  run_until(served.loop, [&] { return !served.seen.empty(); });
  served.run_until_idle();
}

TEST_CASE("a client that has said all and closed its side still gets its answers") {
  Served served;
  Client client = served.connect();
  SECTION("at once") {
    client.send(std::string(get) + std::string(get));
    client.half_close();
    CHECK(client.answer().status == 200);
    CHECK(client.answer().status == 200);
  }
  SECTION("answered later") {
    client.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(get));
    client.half_close();
    const Responder responder = served.take_later();
    responder.send({.fields = {}, .body = "later"});
    CHECK(client.answer().body == "later");
    CHECK(client.answer().status == 200);
  }
  SECTION("the last one answered later") {
    client.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    client.half_close();
    const Responder responder = served.take_later();
    Client other = served.connect();
    CHECK(other.call(get).status == 200);  // The end has arrived meanwhile.
    other.leave();
    responder.send({.fields = {}, .body = "later"});
    const Answered answered = client.answer();
    CHECK(answered.body == "later");
    CHECK(answered.field("connection") == "close");
  }
  CHECK(client.rest().empty());
  CHECK(client.eof);
  served.run_until_idle();
}

TEST_CASE("a client that has closed its side is let go with the last byte of its answer") {
  Served served;
  served.answer.body.assign(16 * 1024 * 1024, 'a');
  Client client = served.connect();
  client.send("GET /answer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.half_close();
  CHECK(client.answer().body.size() == served.answer.body.size());
  served.run_until_idle();
}

TEST_CASE("a request that its client cut is dropped") {
  for (const std::string_view part : {"GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"}) {
    Served served;
    Client client = served.connect();
    CHECK(client.call(get).status == 200);
    client.send(part);
    client.half_close();
    CHECK(client.rest().empty());
    CHECK(served.seen.size() == 1);
    CHECK(served.service->connection_count() == 0);
  }
}

TEST_CASE("clients above the limit wait until one has left") {
  Served served({.listen = {}, .connections_max = 2});
  Client first = served.connect();
  Client second = served.connect();
  CHECK(first.call(get).status == 200);
  CHECK(second.call(get).status == 200);
  Client third = served.connect();
  third.send(get);
  CHECK(first.call(get).status == 200);
  CHECK(served.service->connection_count() == 2);
  CHECK(third.received.empty());
  first.leave();
  CHECK(third.answer().status == 200);
  CHECK(served.service->connection_count() == 2);
}

}  // namespace
}  // namespace stickler::service::test
