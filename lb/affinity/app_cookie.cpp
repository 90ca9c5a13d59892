#include "lb/affinity/app_cookie.h"

#include <cassert>

#include "lb/http/cookie.h"

namespace stickler::affinity {

NamedNode split_route_suffix(std::string_view value, std::string_view separator) {
  assert(!separator.empty());
  value = http::unquoted(value);
  const std::size_t at = value.rfind(separator);
  if (at == std::string_view::npos) return {.session = value, .node = {}};
  return {.session = value.substr(0, at), .node = value.substr(at + separator.size())};
}

NamedNode split_prefix(std::string_view value) {
  const http::NodePrefix prefix = http::split_node_prefix(value);
  return {.session = prefix.value, .node = prefix.node};
}

}  // namespace stickler::affinity
