#include <algorithm>

#include "lb/base/bytes.h"
#include "lb/config/quote.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::size_t name_max = 64;

void read_version(const Field& field) {
  if (!field.require("'version: 1' at the top of the file")) return;
  if (!field.is("1")) field.reject("1", "it is the version of this file's format, not of a program");
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_max && std::ranges::all_of(text, [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool check_name(const Field& field) {
  if (is_name(field.name())) return true;
  field.complain_at_key("expected " + std::string(name_form));
  return false;
}

std::string read_pool_name(const Field& field) {
  const auto name = text(field);
  if (name && is_name(*name)) return *name;
  if (name) field.reject("the name of a pool");
  return "";
}

Config read_config(const Field& root) {
  Config config;
  if (root.kind() != Kind::map) {
    root.reject("keys, the first of them 'version: 1'");
    return config;
  }
  root.check_map();
  read_version(root["version"]);
  config.process = read_process(root["process"]);
  config.admin = read_admin(root["admin"]);
  config.log = read_log(root["log"]);
  config.access_log = read_access_log(root["access_log"]);
  config.listeners = read_listeners(root["listeners"]);
  config.pools = read_pools(root["pools"]);
  config.headers = read_headers(root["headers"]);
  return config;
}

}  // namespace stickler::config
