#include "lb/admin/home_page.h"

#include <catch2/catch.hpp>

#include "tests/unit/admin/fixture.h"

namespace stickler::admin {
namespace {

std::size_t count_of(std::string_view part, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("the page names every listener, pool and backend with its state, and links to each") {
  const std::string page = home_page(test::some_status());
  for (const char* part : {
           "<h1>Stickler 1.2.3</h1>",
           "process 4242, up 11100 s, 2 workers, configuration conf/demo.yaml, generation 3",
           "<td>web</td><td>127.0.0.1:8080, [::1]:8080</td>",
           "<a href=\"/api/v1/pools/login\">login</a>",
           "<a href=\"/api/v1/pools/a%20b\">a b</a>",
           "policy least_connections, affinity cookie, 596 requests, 4 retries, 2 waiting",
           "policy round_robin, affinity none",
           "<a href=\"/api/v1/pools/login/backends/a\">a</a></td><td>127.0.0.1:9001</td><td class=\"up\">up</td>"
           "<td>up: status 200</td>",
           "<td class=\"ejected\">ejected</td>",
           "<td class=\"down\">down</td><td>down: connect: connection refused</td>",
           "<a href=\"/metrics\">metrics</a>",
       }) {
    INFO(part);
    CHECK(page.find(part) != std::string::npos);
  }
  CHECK(page.find("Draining") == std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
}

TEST_CASE("every tag that the page opens is closed") {
  const std::string page = home_page(test::some_status());
  for (const std::string tag : {"table", "tr", "td", "th", "a", "p", "h2"}) {
    INFO(tag);
    CHECK(count_of("<" + tag + ">", page) + count_of("<" + tag + " ", page) == count_of("</" + tag + ">", page));
  }
}

TEST_CASE("a page of a process that drains says so") {
  StatusReport report = test::some_status();
  report.draining = true;
  CHECK(home_page(report).find("Draining: no new connections are accepted.") != std::string::npos);
}

TEST_CASE("no name, address or reason becomes markup") {
  constexpr std::string_view attack = "\"'><script>alert(1)</script>&";
  StatusReport report = test::some_status();
  report.version = report.config_file = attack;
  report.listeners[0].name = report.listeners[0].addresses[0] = attack;
  PoolReport& pool = report.pools[0];
  pool.name = pool.policy = pool.affinity = attack;
  BackendReport& backend = pool.backends[0];
  backend.name = backend.address = backend.state = backend.health = backend.reason = attack;
  const std::string page = home_page(report);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("\"'>") == std::string::npos);
  CHECK(escape_html(attack) == "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;");
}

TEST_CASE("the page may not run scripts or be framed") {
  const service::Answer answer = page_answer("<p>");
  std::string fields;
  for (const auto& [name, value] : answer.fields) fields += name + ": " + value + "\n";
  CHECK(fields.find("Content-Security-Policy: default-src 'none';") != std::string::npos);
  CHECK(fields.find("script-src") == std::string::npos);
  CHECK(fields.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(fields.find("X-Frame-Options: DENY") != std::string::npos);
}

}  // namespace
}  // namespace stickler::admin
