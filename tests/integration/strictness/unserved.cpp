// Requests that no backend can be asked to serve: the answer is ours, and the connection goes on where it is clear
// where the next request begins.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

std::vector<RequestRow> rows(int status, const std::string& reason) {
  const Outcome kept = answered(status, reason);
  const Outcome ended = refused(status, reason);
  const std::string chunks = "Transfer-Encoding: chunked\r\n";
  return {
      {"GET", get("/away/x"), {kept}},
      {"HEAD", request("HEAD", "/away/x"), {to_head(kept)}},
      {"POST without a body", request("POST", "/away/x"), {kept}},
      {"an empty body", request("POST", "/away/x", "Content-Length: 0\r\n"), {kept}},
      {"twice", get("/away/x") + get("/away/y"), {kept, kept}},
      {"before a request that is served", get("/away/x") + get("/y"), {kept, relayed("GET /y")}},
      {"behind a request that is served", get("/y") + get("/away/x"), {relayed("GET /y"), kept}},
      {"before a malformed request",
       get("/away/x") + "GET  /y HTTP/1.1\r\n\r\n",
       {kept, refused(400, "bad_request_line")}},
      {"with close", get("/away/x", "Connection: close\r\n"), {ended}},
      {"in HTTP/1.0", "GET /away/x HTTP/1.0\r\n\r\n", {ended}},
      {"an upgrade", get("/away/x", "Connection: Upgrade\r\nUpgrade: websocket\r\n"), {kept}},
      // Nobody knows whether the rest comes.
      {"half a body", request("POST", "/away/x", "Content-Length: 100\r\n") + get("/y"), {ended}},
      {"half a chunk", request("POST", "/away/x", chunks) + "ff\r\n" + get("/y"), {ended}},
      {"a body that waits for 100",
       request("POST", "/away/x", "Expect: 100-continue\r\nContent-Length: 5\r\n"),
       {ended}},
  };
}

Setup with_route_to(const std::string& backend) {
  return {.listener = {"routes:", "  - {path: /away/, pool: away}"},
          .pools = "  away: {health: {passive: off}, backends: [" + backend + "]}\n"};
}

TEST_CASE("a request whose backend refuses connections is 502") {
  ReservedPort nobody;
  check_requests(rows(502, "connect_failed"), with_route_to("{name: n, address: \"" + nobody.address() + "\"}"));
}

TEST_CASE("a request whose pool has no backend to give is 503") {
  ReservedPort nobody;
  check_requests(rows(503, "no_backend"),
                 with_route_to("{name: n, address: \"" + nobody.address() + "\", state: down}"));
}

}  // namespace
}  // namespace stickler::integration
