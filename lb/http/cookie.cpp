#include "lb/http/cookie.h"

#include <algorithm>

#include "lb/http/byte_scan.h"

namespace stickler::http {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The cookie-pair at the front of a Cookie value, with its blanks as they stand; removes it and its semicolon.
std::string_view take_pair(std::string_view& rest) {
  const std::size_t semicolon = rest.find(';');
  const std::string_view pair = rest.substr(0, semicolon);
  rest.remove_prefix(semicolon == std::string_view::npos ? rest.size() : semicolon + 1);
  return pair;
}

bool has_name(std::string_view pair, std::string_view name) {
  while (!pair.empty() && is_blank(pair.front())) pair.remove_prefix(1);
  if (!pair.starts_with(name)) return false;
  pair.remove_prefix(name.size());
  while (!pair.empty() && is_blank(pair.front())) pair.remove_prefix(1);
  return pair.empty() || pair.front() == '=';
}

std::string_view value_of_pair(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  return equals == std::string_view::npos ? std::string_view() : trimmed(pair.substr(equals + 1));
}

constexpr char node_prefix_end = '~';

bool is_node_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

FoundCookie find_cookie(const FieldBlock& head, std::string_view name) {
  FoundCookie found;
  if (!head.has(FieldId::cookie)) return found;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::cookie) continue;
    for (std::string_view rest = head.value(i); !rest.empty();) {
      const std::string_view pair = take_pair(rest);
      if (has_name(pair, name) && found.count++ == 0) found.value = value_of_pair(pair);
    }
  }
  return found;
}

bool has_cookie(std::string_view value, std::string_view name) {
  while (!value.empty()) {
    if (has_name(take_pair(value), name)) return true;
  }
  return false;
}

std::string_view unquoted(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

std::optional<std::string_view> find_set_cookie(const FieldBlock& head, std::string_view name) {
  if (!head.has(FieldId::set_cookie)) return std::nullopt;
  for (std::size_t i = head.size(); i-- > 0;) {
    if (head[i].id != FieldId::set_cookie) continue;
    std::string_view rest = head.value(i);
    const std::string_view pair = take_pair(rest);
    if (has_name(pair, name)) return value_of_pair(pair);
  }
  return std::nullopt;
}

bool put_without_cookie(Output& out, std::string_view value, std::string_view name) {
  bool any = false;
  while (!value.empty()) {
    const std::string_view pair = take_pair(value);
    if (has_name(pair, name) || trimmed(pair).empty()) continue;
    if (any) {
      out.put(";").put(pair);
    } else {
      out.put(trimmed(pair));
    }
    any = true;
  }
  return any;
}

NodePrefix split_node_prefix(std::string_view value) {
  value = unquoted(value);
  const std::size_t end = value.find(node_prefix_end);
  if (end == std::string_view::npos || !is_node_name(value.substr(0, end))) return {.node = {}, .value = value};
  return {.node = value.substr(0, end), .value = value.substr(end + 1)};
}

void put_without_node_prefix(Output& out, std::string_view value, std::string_view name) {
  const char* done = value.data();
  for (std::string_view rest = value; !rest.empty();) {
    const std::string_view pair = take_pair(rest);
    if (!has_name(pair, name)) continue;
    const NodePrefix prefix = split_node_prefix(value_of_pair(pair));
    if (prefix.node.empty()) continue;
    out.put({done, prefix.node.data()});
    done = prefix.value.data();
  }
  out.put({done, value.data() + value.size()});
}

void put_with_node_prefix(Output& out, std::string_view value, std::string_view name, std::string_view node) {
  std::string_view rest = value;
  const std::string_view pair = take_pair(rest);
  const std::string_view set = has_name(pair, name) ? unquoted(value_of_pair(pair)) : std::string_view();
  if (set.empty()) {
    out.put(value);
    return;
  }
  out.put({value.data(), set.data()})
      .put(node)
      .put({&node_prefix_end, 1})
      .put({set.data(), value.data() + value.size()});
}

void append_set_cookie(std::string& out, const CookieAttributes& attributes, std::string_view value) {
  out.append(attributes.name).append("=").append(value);
  if (!attributes.path.empty()) out.append("; Path=").append(attributes.path);
  if (!attributes.domain.empty()) out.append("; Domain=").append(attributes.domain);
  if (attributes.secure) out.append("; Secure");
  if (attributes.http_only) out.append("; HttpOnly");
  switch (attributes.same_site) {
    case SameSite::lax:
      out.append("; SameSite=Lax");
      break;
    case SameSite::strict:
      out.append("; SameSite=Strict");
      break;
    case SameSite::none:
      out.append("; SameSite=None");
      break;
  }
  if (attributes.partitioned) out.append("; Partitioned");
}

}  // namespace stickler::http
