// The node's name in the value of an application's cookie.
#include "lb/affinity/app_cookie.h"

#include <catch2/catch.hpp>
#include <string>

namespace stickler::affinity {
namespace {

TEST_CASE("the node stands behind the last separator, and what is before it is the session") {
  struct Row {
    std::string value, separator, session, node;
  };
  const Row rows[] = {
      {"8A2F.node1", ".", "8A2F", "node1"},
      {"8A2F.x.node1", ".", "8A2F.x", "node1"},
      {"\"8A2F.node1\"", ".", "8A2F", "node1"},
      {"8A2F!node1", "!", "8A2F", "node1"},
      {"8A2F.node1", "!", "8A2F.node1", ""},
      {"8A2F::node1", "::", "8A2F", "node1"},
      {"8A2F:node1", "::", "8A2F:node1", ""},
      {"8A2F", ".", "8A2F", ""},
      {"8A2F.", ".", "8A2F", ""},
      {".node1", ".", "", "node1"},
      {".", ".", "", ""},
      {"\"", ".", "\"", ""},
      {"\"\"", ".", "", ""},
      {"", ".", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value, row.separator);
    const NamedNode named = split_route_suffix(row.value, row.separator);
    CHECK(named.session == row.session);
    CHECK(named.node == row.node);
  }
}

TEST_CASE("the node stands before the first tilde, if that is a name") {
  struct Row {
    std::string value, session, node;
  };
  const Row rows[] = {
      {"node1~8A2F", "8A2F", "node1"},
      {"node1~8A2F~x", "8A2F~x", "node1"},
      {"\"node1~8A2F\"", "8A2F", "node1"},
      {"node1~", "", "node1"},
      {"8A2F", "8A2F", ""},
      {"~8A2F", "~8A2F", ""},
      {"a/b~8A2F", "a/b~8A2F", ""},
      {"", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    const NamedNode named = split_prefix(row.value);
    CHECK(named.session == row.session);
    CHECK(named.node == row.node);
  }
}

}  // namespace
}  // namespace stickler::affinity
