#include "lb/route/router.h"

#include <utility>

#include "lb/base/bytes.h"

namespace stickler::route {
namespace {

bool ends_with_ignore_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equals_ignore_case(text.substr(text.size() - end.size()), end);
}

bool host_matches(std::string_view pattern, std::string_view host) {
  if (pattern.empty()) return true;
  if (!pattern.starts_with("*.")) return equals_ignore_case(pattern, host);
  const std::string_view suffix = pattern.substr(1);
  return host.size() > suffix.size() && ends_with_ignore_case(host, suffix);
}

bool path_matches(const Rule& rule, std::string_view path) {
  switch (rule.path_match) {
    case PathMatch::any:
      return true;
    case PathMatch::exact:
      return path == rule.path;
    case PathMatch::prefix:
      return path.starts_with(rule.path) &&
             (path.size() == rule.path.size() ? !path.empty() : path[rule.path.size()] == '/');
  }
  return false;
}

}  // namespace

std::string_view host_without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

Router::Router(std::vector<Rule> rules, std::optional<PoolIndex> default_pool)
    : rules_(std::move(rules)), default_pool_(default_pool) {
  for (Rule& rule : rules_) {
    rule.host = std::string(host_without_port(rule.host));
    // Without its final slash a prefix ends where a segment does: "/api/" is "/api", "/" is "".
    if (rule.path_match == PathMatch::prefix && rule.path.ends_with('/')) rule.path.pop_back();
  }
}

std::optional<Match> Router::match(std::string_view host, std::string_view path) const {
  const std::string_view name = host_without_port(host);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (host_matches(rules_[i].host, name) && path_matches(rules_[i], path)) return Match{i, rules_[i].pool};
  }
  if (!default_pool_) return std::nullopt;
  return Match{std::nullopt, *default_pool_};
}

}  // namespace stickler::route
