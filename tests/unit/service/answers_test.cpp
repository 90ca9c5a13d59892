// Requests and answers, as the bytes have them.
#include <algorithm>

#include "tests/unit/service/fixture.h"

namespace stickler::service::test {
namespace {

TEST_CASE("an answer has its fields, its date and its length, and the connection goes on") {
  Served served({.listen = {}, .fields = {{"X-Node", "a"}}});
  Client client = served.connect();
  served.answer = {.status = 201, .content_type = "text/css", .fields = {{"Location", "/x"}}, .body = "p{}"};
  const Answered answered = client.call("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(answered.head.starts_with("HTTP/1.1 201 Created\r\n"));
  CHECK(answered.body == "p{}");
  CHECK(answered.field("content-type") == "text/css");
  CHECK(answered.field("location") == "/x");
  CHECK(answered.field("x-node") == "a");
  CHECK(answered.field("date").ends_with(" GMT"));
  CHECK(answered.field("connection").empty());
  CHECK(client.call("GET /again HTTP/1.1\r\nHost: h\r\n\r\n").body == "GET /again ");
  CHECK(served.service->connection_count() == 1);
}

TEST_CASE("a service tells the port that it was given") {
  Served served;
  CHECK(served.service->address().port() != 0);
}

TEST_CASE("a port that is in use is an error that names it") {
  Served served;
  const auto second =
      HttpService::start(served.loop, {.listen = served.address}, [](const Request&, const Responder&) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find(served.address.to_string()) != std::string::npos);
}

TEST_CASE("pipelined requests are answered in order, whoever answers first") {
  Served served;
  Client client = served.connect();
  client.send(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /later HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: h\r\n\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.answer().body == "GET /1 ");
  const Responder second = served.take_later();
  CHECK(served.seen.size() == 2);  // What follows is not interpreted early.
  second.send({.fields = {}, .body = "second"});
  CHECK(client.answer().body == "second");
  CHECK(client.answer().body == "GET /3 ");
  CHECK(client.answer().body == "GET /4 ");
}

TEST_CASE("many pipelined requests in one write are all answered") {
  Served served;
  Client client = served.connect();
  constexpr int count = 5000;
  std::string all;
  for (int i = 0; i < count; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all);
  for (int i = 0; i < count; ++i) REQUIRE(client.answer().body == "GET /" + std::to_string(i) + " ");
}

TEST_CASE("HEAD gets what GET would get, without the body") {
  Served served;
  Client client = served.connect();
  served.answer.body = "twelve bytes";
  const Answered get = client.call("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
  const Answered head = client.call("HEAD /answer HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(head.field("content-length") == "12");
  CHECK(head.field("content-type") == get.field("content-type"));
  CHECK(client.call("GET /next HTTP/1.1\r\nHost: h\r\n\r\n").body == "GET /next ");
}

TEST_CASE("204 and 304 have no body and say nothing about one") {
  Served served;
  Client client = served.connect();
  for (const std::uint16_t status : {std::uint16_t{204}, std::uint16_t{304}}) {
    served.answer = {.status = status, .fields = {}, .body = "must not be sent"};
    const Answered answered = client.call("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(answered.status == status);
    CHECK(answered.field("content-length").empty());
    CHECK(answered.field("content-type").empty());
  }
  CHECK(client.call("GET /next HTTP/1.1\r\nHost: h\r\n\r\n").body == "GET /next ");
}

TEST_CASE("a connection persists as its version and its Connection field say") {
  struct Row {
    std::string_view request;
    std::string_view connection;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "close"},
      {"GET / HTTP/1.0\r\n\r\n", "close"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive"},
  };
  for (const Row& row : rows) {
    INFO(row.request);
    Served served;
    Client client = served.connect();
    CHECK(client.call(row.request).field("connection") == row.connection);
    if (row.connection == "close") {
      CHECK(client.rest().empty());
      CHECK(client.eof);
    } else {
      CHECK(client.call(row.request).status == 200);
    }
  }
}

TEST_CASE("what follows the last request is not a request") {
  Served served;
  Client client = served.connect();
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.answer().body == "GET /1 ");
  CHECK(client.rest().empty());
  CHECK(client.eof);
  CHECK(served.seen.size() == 1);
}

TEST_CASE("a body comes whole to the handler, however it is framed and cut into pieces") {
  const std::string_view requests[] = {
      "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world",
      "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\nX: y\r\n\r\n",
  };
  for (const std::string_view request : requests) {
    Served served;
    Client client = served.connect();
    CHECK(client.call(request).body == "POST /b hello world");
    for (const char byte : request) {  // One byte a read.
      client.send({&byte, 1});
      uv_run(served.loop.uv(), UV_RUN_NOWAIT);
    }
    CHECK(client.answer().body == "POST /b hello world");
    CHECK(client.call("GET /next HTTP/1.1\r\nHost: h\r\n\r\n").body == "GET /next ");
  }
}

TEST_CASE("the body of one request does not reach the next") {
  Served served;
  Client client = served.connect();
  client.send(
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "GET /2 HTTP/1.1\r\nHost: h\r\n\r\nPOST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nd");
  CHECK(client.answer().body == "POST /1 abc");
  CHECK(client.answer().body == "GET /2 ");
  CHECK(client.answer().body == "POST /3 d");
}

TEST_CASE("a body up to the limit is taken, one byte more is 413 and the end of the connection") {
  struct Row {
    std::size_t size;
    bool chunked;
    int status;
  };
  for (const Row& row : {Row{100, false, 200}, Row{101, false, 413}, Row{100, true, 200}, Row{101, true, 413}}) {
    INFO(row.size << (row.chunked ? " chunked" : " bytes"));
    Served served({.listen = {}, .body_bytes_max = 100});
    Client client = served.connect();
    const std::string body(row.size, 'b');
    std::string request = "POST / HTTP/1.1\r\nHost: h\r\n";
    if (row.chunked) {
      request += "Transfer-Encoding: chunked\r\n\r\n40\r\n" + body.substr(0, 64) + "\r\n" +
                 (row.size == 100 ? "24" : "25") + "\r\n" + body.substr(64) + "\r\n0\r\n\r\n";
    } else {
      request += "Content-Length: " + std::to_string(row.size) + "\r\n\r\n" + body;
    }
    const Answered answered = client.call(request);
    CHECK(answered.status == row.status);
    CHECK(answered.field("connection") == (row.status == 413 ? "close" : ""));
    CHECK(served.seen.size() == (row.status == 413 ? 0 : 1));
    if (row.status == 413) {
      CHECK(client.rest().empty());
      CHECK(client.eof);
    }
  }
}

TEST_CASE("a client that goes on sending a body that was refused still reads the answer") {
  Served served({.listen = {}, .body_bytes_max = 100});
  Client client = served.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n" + std::string(4000000, 'x'));
  CHECK(client.answer().status == 413);
  CHECK(client.rest().empty());
  CHECK(client.eof);
}

TEST_CASE("100-continue is said where a body will be read, and only there") {
  struct Row {
    std::string_view fields;
    std::string_view version;
    bool goes_on;
    int status;
  };
  const Row rows[] = {
      {"Content-Length: 4\r\n", "1.1", true, 200},  {"Content-Length: 101\r\n", "1.1", false, 413},
      {"Content-Length: 0\r\n", "1.1", false, 200}, {"", "1.1", false, 200},
      {"Content-Length: 4\r\n", "1.0", false, 200},
  };
  for (const Row& row : rows) {
    INFO(row.fields << row.version);
    Served served({.listen = {}, .body_bytes_max = 100});
    Client client = served.connect();
    client.send("POST / HTTP/" + std::string(row.version) + "\r\nHost: h\r\nExpect: 100-continue\r\n" +
                std::string(row.fields) + "\r\n");
    if (row.goes_on) {
      CHECK(client.answer().status == 100);
      CHECK(served.seen.empty());
    }
    if (row.fields == "Content-Length: 4\r\n") client.send("body");
    CHECK(client.answer().status == row.status);
  }
}

TEST_CASE("what is no request is refused with its reason, and ends the connection") {
  struct Row {
    std::string_view request;
    int status;
    std::string_view reason;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, "colon"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "exclude"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "chunk"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "version"},
      {"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 405, "CONNECT"},
  };
  for (const Row& row : rows) {
    INFO(row.request);
    Served served({.listen = {}, .fields = {{"X-Node", "a"}}});
    Client client = served.connect();
    const Answered answered = client.call(row.request);
    CHECK(answered.status == row.status);
    CHECK(answered.body.find(row.reason) != std::string::npos);
    CHECK(answered.field("connection") == "close");
    CHECK(answered.field("x-node") == "a");
    CHECK(answered.field("server").empty());  // It is not the balancer that refuses.
    CHECK(answered.field("allow").empty() == (row.status != 405));
    CHECK(client.rest().empty());
    CHECK(served.seen.empty());
  }
}

TEST_CASE("a refused HEAD gets no body") {
  Served served({.listen = {}, .body_bytes_max = 100});
  Client client = served.connect();
  const Answered answered = client.call("HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n");
  CHECK(answered.status == 413);
  CHECK(client.rest().empty());
}

TEST_CASE("after a HEAD a refused head is answered with its reason") {
  Served served;
  Client client = served.connect();
  CHECK(client.call("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
  const Answered answered = client.call("GET / HTTP/1.1\r\nHost : h\r\n\r\n");
  CHECK(answered.status == 400);
  CHECK_FALSE(answered.body.empty());
}

}  // namespace
}  // namespace stickler::service::test
