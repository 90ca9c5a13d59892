#include "lb/admin/path_pattern.h"

#include <catch2/catch.hpp>

#include "lb/admin/endpoints.h"

namespace stickler::admin {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("a pattern matches paths of as many segments, and upper-case words take the names") {
  struct Row {
    const char* pattern;
    const char* path;
    std::optional<Names> names;
  };
  const Row rows[] = {
      {"/", "/", Names{}},
      {"/", "/x", std::nullopt},
      {"/metrics", "/metrics", Names{}},
      {"/metrics", "/metrics/", std::nullopt},
      {"/metrics", "//metrics", std::nullopt},
      {"/metrics", "/Metrics", std::nullopt},
      {"/metrics", "/%6Detrics", Names{}},
      {"/metrics", "*", std::nullopt},
      {"/metrics", "", std::nullopt},
      {"/pools/POOL", "/pools/login", Names{"login"}},
      {"/pools/POOL", "/pools/", std::nullopt},
      {"/pools/POOL", "/pools/a%20b", Names{"a b"}},
      {"/pools/POOL", "/pools/a%2Fb", Names{"a/b"}},
      {"/pools/POOL", "/pools/a/b", std::nullopt},
      {"/pools/POOL", "/pools/a%2", std::nullopt},
      {"/pools/POOL", "/pools/a%", std::nullopt},
      {"/pools/POOL", "/pools/a%g0", std::nullopt},
      {"/pools/POOL", "/pools/..", Names{".."}},
      {"/pools/POOL/backends/NAME", "/pools/p/backends/b", Names{"p", "b"}},
      {"/pools/POOL/backends/NAME", "/pools/p/backend/b", std::nullopt},
      {"/pools/POOL/backends/NAME", "/pools/backends/b", std::nullopt},
  };
  for (const Row& row : rows) {
    INFO(row.pattern << " and " << row.path);
    CHECK(match_path(row.pattern, row.path) == row.names);
  }
}

TEST_CASE("what is percent-encoded comes back, and is one segment without special characters") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = percent_encode(all);
  CHECK(percent_decode(encoded) == all);
  CHECK(encoded.find_first_of("/?#\"<>' &") == std::string::npos);
  CHECK(percent_encode("a-b_c.d~9") == "a-b_c.d~9");
}

TEST_CASE("no path and method belongs to two endpoints") {
  for (const Endpoint& endpoint : endpoints()) {
    int matches = 0;
    for (const Endpoint& other : endpoints()) {
      if (other.method == endpoint.method && match_path(other.pattern, endpoint.pattern)) ++matches;
    }
    INFO(endpoint.method << ' ' << endpoint.pattern);
    CHECK(matches == 1);
  }
}

TEST_CASE("whatever is not for reading changes the state, but for a question that has a body") {
  for (const Endpoint& endpoint : endpoints()) {
    INFO(endpoint.method << ' ' << endpoint.pattern);
    CHECK(endpoint.changes_state == (endpoint.method != "GET" && endpoint.pattern != "/api/v1/explain"));
  }
}

}  // namespace
}  // namespace stickler::admin
