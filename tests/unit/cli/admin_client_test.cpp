#include "lb/cli/admin_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "lb/base/address.h"
#include "tests/unit/cli/scripted_server.h"

namespace stickler::cli {
namespace {

using test::ScriptedServer;
using test::Then;

TEST_CASE("an answer is read however its end is known") {
  struct Row {
    const char* answer;
    Then then;
    const char* body;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Then::wait_for_client, "hello"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Then::wait_for_client, ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", Then::wait_for_client,
       "hello"},
      {"HTTP/1.1 200 OK\r\n\r\nhello", Then::close, "hello"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", Then::wait_for_client, "x"},
  };
  for (const Row& row : rows) {
    INFO(row.answer);
    ScriptedServer server(row.answer, row.then);
    const auto answer = call_admin({.address = server.address(), .path = "/healthz", .token = {}});
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == row.body);
  }
}

TEST_CASE("the call names the token where there is one") {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  ScriptedServer get(ok);
  REQUIRE(call_admin({.address = get.address(), .path = "/api/v1/status", .token = {}}));
  CHECK(get.request() == "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  ScriptedServer post(ok);
  REQUIRE(call_admin({.address = post.address(), .method = "POST", .path = "/api/v1/reload", .token = "t0ken"}));
  CHECK(post.request() ==
        "POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer t0ken\r\n"
        "Content-Length: 0\r\n\r\n");
}

TEST_CASE("what goes wrong is said in words") {
  struct Row {
    const char* answer;
    Then then;
    const char* message;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Then::close, "closed the connection before its answer was"},
      {"", Then::close, "closed the connection before its answer was complete"},
      {"SSH-2.0-OpenSSH_9.2\r\n", Then::wait_for_client, "does not speak HTTP"},
  };
  for (const Row& row : rows) {
    INFO(row.answer);
    ScriptedServer server(row.answer, row.then);
    const auto answer = call_admin({.address = server.address(), .path = "/", .token = {}});
    REQUIRE(!answer);
    INFO(answer.error().message);
    CHECK(answer.error().message.find(row.message) != std::string::npos);
    CHECK(answer.error().message.find(server.address()) != std::string::npos);
  }
}

TEST_CASE("an answer that never comes to its end is waited for with patience, not for ever") {
  ScriptedServer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Then::wait_for_client);
  const auto answer =
      call_admin({.address = server.address(), .path = "/", .token = {}, .patience = std::chrono::milliseconds(100)});
  REQUIRE(!answer);
  CHECK(answer.error().message == "no answer from the admin API at " + server.address() + ": Connection timed out");
}

TEST_CASE("where nobody listens, the error asks what to check") {
  // Bound and not listening: nobody else can have the port meanwhile.
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const Address any = Address::parse("127.0.0.1:0").value();
  REQUIRE(::bind(fd, any.sockaddr_ptr(), any.sockaddr_size()) == 0);
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  const std::string address = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&bound), size).to_string();
  const auto answer = call_admin({.address = address, .path = "/", .token = {}});
  ::close(fd);
  REQUIRE(!answer);
  CHECK(answer.error().message ==
        "cannot reach the admin API at " + address +
            ": Connection refused; is stickler running, and is this its admin.listen? --admin names another address");
  CHECK(call_admin({.address = "unix:/nonexistent/admin", .path = "/", .token = {}})
            .error()
            .message.starts_with("cannot reach the admin API at unix:/nonexistent/admin: No such file or directory"));
}

TEST_CASE("an error of the admin API is read from its JSON, and from anything else its status") {
  struct Row {
    const char* body;
    const char* code;
    const char* message;
  };
  const Row rows[] = {
      {R"({"error": {"code": "no_token", "message": "a token, please"}})", "no_token", "a token, please"},
      {R"({"error": {"code": 7}})", "", "the admin API answered 502"},
      {R"({"error": "no"})", "", "the admin API answered 502"},
      {"Bad Gateway", "", "the admin API answered 502"},
      {"", "", "the admin API answered 502"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const AdminProblem problem = problem_of({.status = 502, .body = row.body});
    CHECK(problem.code == row.code);
    CHECK(problem.message == row.message);
  }
}

}  // namespace
}  // namespace stickler::cli
