// The node that a cookie of the application names in its own value. Pure; any thread.
#pragma once

#include <string_view>

namespace stickler::affinity {

struct NamedNode {
  std::string_view session;  // The value without it: the same wherever the session is.
  std::string_view node;     // "": it names none.
};

// "SESSION.node", as Tomcat writes it with a jvmRoute: the node stands behind the last separator. The value may stand
// in quotes. Requires: the separator is not empty.
NamedNode split_route_suffix(std::string_view value, std::string_view separator);

// "node~SESSION", as http::put_with_node_prefix made it.
NamedNode split_prefix(std::string_view value);

}  // namespace stickler::affinity
