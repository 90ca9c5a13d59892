#include <algorithm>

#include "lb/base/bytes.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::size_t routes_max = 4096;  // Each request is held against them one by one.
constexpr std::size_t host_max = 253;     // RFC 1035 2.3.4.
constexpr std::size_t path_max = 1024;

bool is_host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_host_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  const bool has_empty_label = name.starts_with('.') || name.find("..") != std::string_view::npos;
  return !name.empty() && !has_empty_label && name.size() <= host_max && std::ranges::all_of(name, is_host_byte);
}

bool is_ipv6_host(std::string_view name) {
  return name.size() > 2 && name.front() == '[' && name.back() == ']' && Address::parse(std::string(name) + ":1");
}

std::string host_advice(std::string_view host) {
  if (host == "*") return "to match any host, leave it out";
  if (host.find("://") != std::string_view::npos) return "write the name alone";
  if (host.find('/') != std::string_view::npos) return "the path is a key of its own";
  if (host.find(':') != std::string_view::npos) return "write it without the port";
  if (host.find('*') != std::string_view::npos) return "a '*' stands only for whole labels at the beginning";
  return "";
}

std::string read_host(const Field& field) {
  const auto given = text(field);
  if (!given) return "";
  std::string host = to_lower(*given);
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  if (is_host_name(host) || is_ipv6_host(host)) return host;
  field.reject("a host such as login.example.com or *.example.com", host_advice(host));
  return "";
}

bool has_segment(std::string_view path, std::string_view segment) {
  const std::string middle = "/" + std::string(segment) + "/";
  return path.find(middle) != std::string_view::npos || path.ends_with(middle.substr(0, middle.size() - 1));
}

// Requests are matched by their normalised path, so a path that is not normal itself would match none.
std::string path_advice(std::string_view path) {
  if (path.find_first_of("?#") != std::string_view::npos) return "the query is no part of the path";
  if (path.find("//") != std::string_view::npos) return "requests are matched with single slashes";
  if (has_segment(path, ".") || has_segment(path, "..")) return "requests are matched with '.' and '..' resolved";
  if (path.find('*') != std::string_view::npos) return "a path matches everything below it without a '*'";
  if (path.find('%') != std::string_view::npos) return "requests are matched decoded: write the character itself";
  return path.size() > path_max ? "at most " + std::to_string(path_max) + " bytes" : "";
}

std::string read_path(const Field& field) {
  const auto path = text(field);
  if (!path) return "";
  if (!path->starts_with('/')) {
    field.reject("a path that begins with '/'");
    return "";
  }
  const std::string advice = path_advice(*path);
  if (!advice.empty()) field.reject("a path such as /api/", advice);
  return *path;
}

Route read_route(const Field& field) {
  Route route;
  if (!field.check_map()) return route;
  route.host = read_host(field["host"]);
  route.path = read_path(field["path"]);
  if (const Field exact = field["path_exact"]) {
    if (field["path"]) exact.complain_at_key("give either path or path_exact");
    route.path = read_path(exact);
    route.path_match = PathMatch::exact;
  }
  const Field pool = field["pool"];
  if (pool.require("the name of a pool")) route.pool = read_pool_name(pool);
  route.headers = read_headers(field["headers"]);
  return route;
}

}  // namespace

std::vector<Route> read_routes(const Field& field) {
  std::vector<Route> routes;
  if (!field.check_list()) return routes;
  const std::vector<Field> items = field.items();
  if (items.size() > routes_max) {
    field.complain_at_key("at most " + std::to_string(routes_max) + " routes, got " + std::to_string(items.size()));
    return routes;
  }
  for (const Field& item : items) routes.push_back(read_route(item));
  return routes;
}

}  // namespace stickler::config
