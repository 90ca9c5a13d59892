// What a handler may do with the right to answer.
#include <cerrno>

#include "tests/unit/service/fixture.h"

namespace stickler::service::test {
namespace {

constexpr std::string_view later = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_CASE("a request is answered once: a second answer does not reach the next request") {
  Served served;
  Client client = served.connect();
  client.send(std::string(later) + std::string(later));
  const Responder first = served.take_later();
  CHECK_FALSE(first.gone());
  first.send({.fields = {}, .body = "first"});
  CHECK(first.gone());
  const Responder second = served.take_later();
  first.send({.fields = {}, .body = "stray"});
  first.reset();
  first.begin_stream({.fields = {}, .body = {}});
  CHECK_FALSE(first.send_piece("stray"));
  second.send({.fields = {}, .body = "second"});
  CHECK(client.answer().body == "first");
  CHECK(client.answer().body == "second");
}

TEST_CASE("an answer to a client that has left does nothing") {
  Served served;
  Client client = served.connect();
  client.send(later);
  const Responder responder = served.take_later();
  SECTION("by reset") {
    // Unread bytes at the client turn its close into a reset.
    responder.begin_stream({.fields = {}, .body = {}});
    run_until(served.loop, [&] { return !client.received.empty(); });
    client.pause();
    CHECK(responder.send_piece("unread"));
    client.leave();
    served.run_until_idle();
  }
  SECTION("with its answer still to come") {
    client.leave();
    responder.send({.fields = {}, .body = "nobody reads this"});
    served.run_until_idle();
  }
  CHECK(responder.gone());
  responder.send({.fields = {}, .body = "x"});
  responder.reset();
  CHECK_FALSE(responder.send_piece("x"));
}

TEST_CASE("a responder may outlive the service") {
  Served served;
  Client client = served.connect();
  client.send(later);
  const Responder responder = served.take_later();
  served.service.reset();
  CHECK(responder.gone());
  responder.send({.fields = {}, .body = "x"});
  responder.begin_stream({.fields = {}, .body = {}});
  responder.reset();
  CHECK(client.rest().empty());
  responder.send({.fields = {}, .body = "x"});
}

TEST_CASE("an answer that waits for its turn does not outlive the service") {
  Served served;
  Client client = served.connect();
  client.send(std::string(later) + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  served.take_later().send({.fields = {}, .body = "first"});
  served.service.reset();  // Before the next request had its turn.
  CHECK(client.answer().body == "first");
  client.rest();
  CHECK(served.seen.size() == 1);
}

TEST_CASE("reset gives the client a reset instead of an answer") {
  Served served;
  Client client = served.connect();
  client.send(later);
  served.take_later().reset();
  CHECK(client.rest().empty());
  CHECK(client.error == ECONNRESET);
  served.run_until_idle();
}

TEST_CASE("a cut body is announced whole, sent in half, and ends the connection") {
  Served served;
  Client client = served.connect();
  served.answer = {.fields = {}, .body = "0123456789", .cut_body = true};
  client.send("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string received = client.rest();
  CHECK(client.eof);
  CHECK(received.find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(received.ends_with("\r\n\r\n01234"));
}

TEST_CASE("a stream has pieces until the client leaves") {
  Served served;
  Client client = served.connect();
  client.send(later);
  const Responder responder = served.take_later();
  CHECK_FALSE(responder.send_piece("too early"));
  responder.begin_stream({.content_type = "text/event-stream", .fields = {}, .body = {}});
  CHECK(responder.send_piece("data: 1\n\n"));
  CHECK(responder.send_piece("data: 2\n\n"));
  run_until(served.loop, [&] { return client.received.ends_with("data: 2\n\n"); });
  CHECK(client.received.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(client.received.find("Connection: close\r\n") != std::string::npos);
  CHECK(client.received.find("Content-Length") == std::string::npos);
  responder.send({.fields = {}, .body = "an answer within an answer"});

  client.send("what a client says meanwhile is not a request");
  client.half_close();
  served.run_until_idle();
  CHECK_FALSE(responder.send_piece("data: 3\n\n"));
  CHECK(responder.gone());
  CHECK(client.rest().ends_with("data: 2\n\n"));
  CHECK(served.seen.size() == 1);
}

TEST_CASE("a stream to a client that has closed its side is only its head") {
  Served served;
  Client client = served.connect();
  client.send(later);
  client.half_close();
  const Responder responder = served.take_later();
  Client other = served.connect();
  CHECK(other.call("GET /other HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);  // The end has arrived meanwhile.
  responder.begin_stream({.fields = {}, .body = {}});
  CHECK_FALSE(responder.send_piece("data: 1\n\n"));
  CHECK(client.rest().ends_with("\r\n\r\n"));
}

TEST_CASE("HEAD of a stream is its head") {
  Served served;
  Client client = served.connect();
  client.send("HEAD /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const Responder responder = served.take_later();
  responder.begin_stream({.content_type = "text/event-stream", .fields = {}, .body = {}});
  CHECK_FALSE(responder.send_piece("data: 1\n\n"));
  CHECK(client.rest().ends_with("\r\n\r\n"));
}

TEST_CASE("a stream that its client does not read is given up, not stored") {
  Served served;
  Client client = served.connect();
  client.send(later);
  const Responder responder = served.take_later();
  responder.begin_stream({.fields = {}, .body = {}});
  run_until(served.loop, [&] { return !client.received.empty(); });
  client.pause();
  const std::string piece(64 * 1024, 'x');
  int taken = 0;
  while (responder.send_piece(piece) && taken < 1000) ++taken;
  CHECK(taken < 1000);
  CHECK(responder.gone());
  served.run_until_idle();
}

}  // namespace
}  // namespace stickler::service::test
