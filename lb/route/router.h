// Router: which route a request takes. Immutable; any thread; match() allocates nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/ids.h"

namespace stickler::route {

enum class PathMatch : unsigned char {
  any,
  prefix,  // On segment borders: /ws is /ws and /ws/x, not /wsx; a slash at its end changes nothing.
  exact,
};

struct Rule {
  std::string host;  // "" any; "login.example.com"; "*.example.com": one or more labels before it.
  std::string path;  // Begins with '/', unless any.
  PathMatch path_match = PathMatch::any;
  PoolIndex pool;
};

struct Match {
  std::optional<std::size_t> rule{};  // Place in the rules given; nullopt: the default pool.
  PoolIndex pool;
};

class Router {
 public:
  // Rules are tried in this order, the first that matches wins.
  Router(std::vector<Rule> rules, std::optional<PoolIndex> default_pool);

  // `host` as in the Host field: any case, with or without a port and a final dot. `path`: normalised, without the
  // query; "*" for OPTIONS *. nullopt: no rule matches and there is no default.
  std::optional<Match> match(std::string_view host, std::string_view path) const;

 private:
  std::vector<Rule> rules_;
  std::optional<PoolIndex> default_pool_;
};

// "[::1]:80" -> "[::1]", "Example.com.:80" -> "Example.com": what a rule is compared with, ignoring case.
std::string_view host_without_port(std::string_view host);

}  // namespace stickler::route
