#include "lb/health/probe.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/health/origin.h"

namespace stickler::health {
namespace {

using namespace std::chrono_literals;
using Then = Script::Then;

// Starts probes and keeps their results.
struct Prober {
  void start(const Address& address, const ProbeSettings& settings) {
    probe = start_probe(loop, address, settings, [this](const ProbeResult& result) {
      results.push_back(result);
      loop.bury(std::move(probe));
    });
  }
  ProbeResult probe_once(const Address& address, const ProbeSettings& settings = {}) {
    const std::size_t before = results.size();
    start(address, settings);
    REQUIRE(results.size() == before);  // Never within the call.
    io::run_until(loop, [&] { return results.size() > before; });
    io::run_what_is_ready(loop);
    REQUIRE(results.size() == before + 1);  // Once.
    return results.back();
  }

  io::Loop loop;
  std::unique_ptr<Probe> probe;
  std::vector<ProbeResult> results;
};

std::string answer(const std::string& status, const std::string& rest = "Content-Length: 0\r\n\r\n") {
  return "HTTP/1.1 " + status + "\r\n" + rest;
}

TEST_CASE("a status within the expected range is a success") {
  struct Row {
    const char* status;
    std::uint16_t first, last;
    bool ok;
  };
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {});
  for (const Row& row : std::vector<Row>{{"200", 200, 399, true},
                                         {"204", 200, 399, true},
                                         {"302", 200, 399, true},
                                         {"399", 200, 399, true},
                                         {"400", 200, 399, false},
                                         {"503", 200, 399, false},
                                         {"302", 200, 299, false},
                                         {"404", 404, 404, true},
                                         {"200", 404, 404, false},
                                         {"304", 200, 399, true}}) {
    CAPTURE(row.status, row.first, row.last);
    origin.script.answer = answer(row.status + std::string(" Whatever"));
    const ProbeResult result =
        prober.probe_once(origin.address(), {.expect_first = row.first, .expect_last = row.last, .timeout = 20s});
    CHECK(result.ok == row.ok);
    CHECK(result.reason == std::string("status ") + row.status);
    CHECK(result.generation.empty());
  }
}

TEST_CASE("what a probe asks") {
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {.answer = answer("200 OK")});
  prober.probe_once(origin.address(), {.path = "/ready?deep=1"});
  CHECK(origin.requests ==
        std::vector<std::string>{"GET /ready?deep=1 HTTP/1.1\r\nHost: " + origin.address().to_string() +
                                 "\r\nUser-Agent: stickler-health\r\nAccept: */*\r\n"
                                 "Connection: close\r\n\r\n"});
}

TEST_CASE("a backend behind a unix socket is asked as localhost") {
  const io::Directory directory;
  Prober prober;
  Origin origin(prober.loop, directory.socket(), {.answer = answer("200 OK")});
  CHECK(prober.probe_once(origin.address()).ok);
  CHECK(origin.requests.at(0).find("\r\nHost: localhost\r\n") != std::string::npos);
  CHECK(prober.probe_once(origin.address(), {.type = ProbeType::tcp}).ok);
}

TEST_CASE("the backend's generation is reported, with a failure too") {
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {});
  for (const char* status : {"200 OK", "503 Not Yet"}) {
    origin.script.answer = answer(status, "X-Node-Generation: 7f3a\r\nContent-Length: 0\r\n\r\n");
    CHECK(prober.probe_once(origin.address()).generation == "7f3a");
  }
}

TEST_CASE("what happens to the body does not matter once the head has come") {
  struct Row {
    const char* what;
    Script script;
  };
  const std::vector<Row> rows = {
      {"whole", {.answer = answer("200 OK", "Content-Length: 4\r\n\r\nwell")}},
      {"chunked", {.answer = answer("200 OK", "Transfer-Encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n")}},
      {"to the end", {.answer = answer("200 OK", "\r\nwell"), .then = Then::close}},
      {"cut", {.answer = answer("200 OK", "Content-Length: 9\r\n\r\nwell"), .then = Then::close}},
      {"reset", {.answer = answer("200 OK", "Content-Length: 9\r\n\r\nwell"), .then = Then::reset}},
      {"never ending", {.answer = answer("200 OK", "Content-Length: 9\r\n\r\nwell")}},
      {"bad", {.answer = answer("200 OK", "Transfer-Encoding: chunked\r\n\r\nzz\r\n")}},
      {"long", {.answer = answer("200 OK", "Content-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'))}},
      {"behind interim answers",
       {.answer = answer("100 Continue", "\r\n") + answer("103 Early", "A: b\r\n\r\n") + answer("200 OK")}},
  };
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {});
  for (const Row& row : rows) {
    CAPTURE(row.what);
    origin.script = row.script;
    const ProbeResult result = prober.probe_once(origin.address(), {.timeout = 1s});
    CHECK(result.ok);
    CHECK(result.reason == "status 200");
  }
}

TEST_CASE("a long body is not awaited to its end") {
  Prober prober;
  Origin origin(prober.loop, io::loopback(),
                {.answer = answer("200 OK", "Content-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'))});
  // Were it, this would last until the time is over.
  CHECK(prober.probe_once(origin.address(), {.timeout = 1h}).ok);
}

TEST_CASE("how a probe fails, in words") {
  struct Row {
    const char* what;
    Script script;
    std::string reason;
    Duration limit = 20s;
  };
  const std::vector<Row> rows = {
      {"silence", {}, "no answer within 300ms", 300ms},
      {"half a head", {.answer = "HTTP/1.1 200 OK\r\nConte"}, "no answer within 300ms", 300ms},
      {"closed", {.then = Then::close}, "closed without an answer"},
      {"closed in the head", {.answer = "HTTP/1.1 200 OK\r\n", .then = Then::close}, "closed without an answer"},
      {"another protocol", {.answer = "SSH-2.0-OpenSSH_9.2\r\n\r\n"}, "bad answer: bad_status_line"},
      {"both framings",
       {.answer = answer("200 OK", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")},
       "bad answer: te_and_cl"},
      {"only interim answers", {.answer = answer("100 Continue", "\r\n")}, "no answer within 300ms", 300ms},
      {"an upgrade nobody asked for", {.answer = answer("101 Switching", "\r\n")}, "bad answer: unasked_upgrade"},
  };
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {});
  for (const Row& row : rows) {
    CAPTURE(row.what);
    origin.script = row.script;
    const ProbeResult result = prober.probe_once(origin.address(), {.timeout = row.limit});
    CHECK_FALSE(result.ok);
    CHECK(result.reason == row.reason);
  }
}

TEST_CASE("a reset in place of an answer is told as one") {
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {.then = Then::reset});
  const ProbeResult result = prober.probe_once(origin.address(), {.timeout = 20s});
  CHECK_FALSE(result.ok);
  CHECK(result.reason == "answer: connection reset by peer");
}

TEST_CASE("a refused connection is told as one, by either kind of probe") {
  const io::Directory directory;
  const Address closed = io::listen_on(io::loopback()).address();
  Prober prober;
  for (const ProbeType type : {ProbeType::http, ProbeType::tcp}) {
    CHECK(prober.probe_once(closed, {.type = type}).reason == "connect: connection refused");
    CHECK(prober.probe_once(directory.socket("none"), {.type = type}).reason == "connect: no such file or directory");
  }
}

TEST_CASE("a connection that does not come about within the time is a failure") {
  // With its queue full, a listening socket leaves further connections to wait.
  const io::ListenSocket busy = io::listen_on(io::loopback(), {.backlog = 0});
  std::vector<io::Descriptor> fill;
  for (int i = 0; i < 4; ++i) {
    fill.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    static_cast<void>(::connect(fill.back().fd(), busy.address().sockaddr_ptr(), busy.address().sockaddr_size()));
  }
  Prober prober;
  const ProbeResult http = prober.probe_once(busy.address(), {.type = ProbeType::http, .timeout = 60ms});
  CHECK_FALSE(http.ok);
  CHECK(http.reason == "no connection within 60ms");
  const ProbeResult tcp = prober.probe_once(busy.address(), {.type = ProbeType::tcp, .timeout = 1s});
  CHECK_FALSE(tcp.ok);
  CHECK(tcp.reason == "no connection within 1s");
}

TEST_CASE("a tcp probe is content with a connection, and asks nothing") {
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {});
  const ProbeResult result = prober.probe_once(origin.address(), {.type = ProbeType::tcp});
  CHECK(result.ok);
  CHECK(result.reason == "connected");
  io::run_until(prober.loop, [&] { return origin.connections == 1; });
  CHECK(origin.requests.empty());
}

TEST_CASE("a probe that is destroyed reports nothing") {
  Prober prober;
  Origin origin(prober.loop, io::loopback(), {.answer = answer("200 OK")});
  prober.start(origin.address(), {});
  prober.probe.reset();
  prober.start(origin.address(), {});
  io::run_until(prober.loop, [&] { return !origin.requests.empty() || !prober.results.empty(); });
  prober.probe.reset();
  const std::size_t before = prober.results.size();
  io::run_what_is_ready(prober.loop);
  CHECK(prober.results.size() == before);
}

}  // namespace
}  // namespace stickler::health
