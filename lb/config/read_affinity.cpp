#include <algorithm>

#include "lb/base/bytes.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::size_t key_bytes_min = 32;
constexpr std::size_t keys_max = 16;
constexpr std::size_t cookie_name_max = 64;
constexpr std::size_t separator_max = 8;
constexpr std::uint32_t table_entries_max = 100'000'000;  // 4.4 GB.

// RFC 6265 4.1.1: any character but controls and ';'.
bool is_attribute_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != ';'; });
}

std::string read_cookie_name(const Field& field, std::string fallback) {
  std::string name = text(field, fallback);
  if (is_token(name) && name.size() <= cookie_name_max) return name;
  field.reject("a cookie name of up to 64 letters, digits and any of !#$%&'*+-.^_`|~");
  return fallback;
}

std::string read_header_name(const Field& field, std::string fallback) {
  std::string name = text(field, fallback);
  if (is_token(name)) return name;
  field.reject("the name of a header");
  return fallback;
}

std::string read_cookie_path(const Field& field, std::string fallback) {
  std::string path = text(field, fallback);
  if (path.starts_with('/') && is_attribute_value(path)) return path;
  field.reject("a path that begins with '/' and has no ';'");
  return fallback;
}

std::string read_domain(const Field& field) {
  std::string domain = to_lower(text(field, ""));
  const bool is_sound = std::ranges::all_of(domain, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
  if (is_sound) return domain;
  field.reject("a domain such as example.com");
  return "";
}

std::vector<std::string> read_keys(const Field& field) {
  std::vector<std::string> keys;
  if (!field.check_list()) return keys;
  const std::vector<Field> items = field.items();
  if (items.size() > keys_max) {
    field.complain_at_key("at most " + std::to_string(keys_max) + " keys, got " + std::to_string(items.size()));
    return keys;
  }
  for (const Field& item : items) {
    const auto key = text(item);
    if (!key) continue;
    if (key->size() < key_bytes_min) {
      item.complain("a key has at least " + std::to_string(key_bytes_min) + " bytes, this one has " +
                    std::to_string(key->size()) + "; make one with: openssl rand -base64 32");
    }
    keys.push_back(*key);
  }
  return keys;
}

Cookie read_cookie(const Field& field) {
  Cookie cookie;
  cookie.name = read_cookie_name(field["name"], cookie.name);
  cookie.ttl = duration(field["ttl"], cookie.ttl, 1s);
  cookie.idle = duration(field["idle"], cookie.idle, 1s);
  cookie.path = read_cookie_path(field["path"], cookie.path);
  cookie.domain = read_domain(field["domain"]);
  cookie.same_site = choice(field["same_site"], cookie.same_site, same_site_words);
  cookie.secure = choice(field["secure"], cookie.secure, cookie_secure_words);
  cookie.http_only = boolean(field["http_only"], cookie.http_only);
  cookie.partitioned = boolean(field["partitioned"], cookie.partitioned);
  cookie.keys = read_keys(field["keys"]);
  return cookie;
}

// Behind the session's value and before the node's name, in the value of a cookie (RFC 6265 4.1.1).
std::string read_separator(const Field& field, std::string fallback) {
  std::string separator = text(field, fallback);
  const bool is_sound =
      !separator.empty() && separator.size() <= separator_max && std::ranges::all_of(separator, [](char c) {
        return c > ' ' && c <= '~' && std::string_view("\",;\\").find(c) == std::string_view::npos;
      });
  if (is_sound) return separator;
  field.reject("up to 8 characters that a cookie's value may have, such as '.'");
  return fallback;
}

std::optional<AppCookie> read_app_cookie(const Field& field) {
  if (!field.check_map()) return std::nullopt;
  AppCookie cookie;
  if (const Field name = field["name"]; name.require("the cookie's name, such as JSESSIONID")) {
    cookie.name = read_cookie_name(name, cookie.name);
  }
  if (const Field how = field["how"]; how.require("how it says which node, such as route_suffix")) {
    cookie.how = choice(how, cookie.how, app_cookie_how_words);
  }
  cookie.separator = read_separator(field["separator"], cookie.separator);
  return cookie;
}

std::optional<SessionHeader> read_session_header(const Field& field) {
  if (!field.check_map()) return std::nullopt;
  SessionHeader header;
  if (const Field name = field["name"]; name.require("the header's name, such as X-Session-Id")) {
    header.name = read_header_name(name, header.name);
  }
  if (const Field how = field["how"]; how.require("learn or hash")) {
    header.how = choice(how, header.how, header_how_words);
  }
  return header;
}

std::optional<StoreUrl> read_store(const Field& field) {
  const std::string store = text(field, "memory");
  if (store == "memory") return std::nullopt;
  if (!store.starts_with("redis://")) {
    field.reject("memory or redis://HOST:PORT");
    return std::nullopt;
  }
  auto url = StoreUrl::parse(store);
  if (url) return *std::move(url);
  field.complain("expected redis://HOST:PORT, or redis://:PASSWORD@HOST:PORT/DATABASE: " + url.error().message);
  return std::nullopt;
}

SessionTable read_table(const Field& field) {
  SessionTable table;
  field.check_map();
  table.entries = whole_number(field["entries"], table.entries, {1, table_entries_max});
  table.idle = duration(field["idle"], table.idle, 1s);
  table.store = read_store(field["store"]);
  table.timeout = duration(field["timeout"], table.timeout, 10ms);
  table.keys = read_keys(field["keys"]);
  return table;
}

Overload read_overload(const Field& field) {
  Overload overload;
  field.check_map();
  overload.queue = duration(field["queue"], overload.queue, 0s);
  overload.then = choice(field["then"], overload.then, overload_then_words);
  return overload;
}

}  // namespace

Affinity read_affinity(const Field& field) {
  Affinity affinity;
  field.check_map();
  if (const Field cookie = field["cookie"]; cookie.check_map()) affinity.cookie = read_cookie(cookie);
  affinity.app_cookie = read_app_cookie(field["app_cookie"]);
  affinity.header = read_session_header(field["header"]);
  affinity.table = read_table(field["table"]);
  affinity.backup = choice(field["backup"], affinity.backup, backup_rule_words);
  affinity.backup_header = read_header_name(field["backup_header"], affinity.backup_header);
  affinity.when_unavailable = choice(field["when_unavailable"], affinity.when_unavailable, when_unavailable_words);
  affinity.overload = read_overload(field["overload"]);
  affinity.failback = choice(field["failback"], affinity.failback, failback_words);
  return affinity;
}

}  // namespace stickler::config
