#include "lb/http/cookie.h"

#include <algorithm>

#include "lb/base/bytes.h"
#include "lb/http/byte_scan.h"
#include "lb/http/cookie_date.h"

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

// Of a Max-Age; nullopt: it is none, and ignored.
std::optional<bool> is_over(std::string_view age) {
  const bool is_negative = age.starts_with('-');
  if (is_negative) age.remove_prefix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (age.empty() || !std::all_of(age.begin(), age.end(), is_digit)) return std::nullopt;
  return is_negative || age.find_first_not_of('0') == std::string_view::npos;
}

constexpr char node_prefix_end = '~';

bool is_node_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

std::optional<std::string_view> CookieValues::next() {
  for (;;) {
    while (!rest_.empty()) {
      const std::string_view pair = take_pair(rest_);
      if (has_name(pair, name_)) return value_of_pair(pair);
    }
    if (fields_left_ == 0) return std::nullopt;
    const std::size_t i = head_.size() - fields_left_--;
    if (head_[i].id == FieldId::cookie) rest_ = head_.value(i);
  }
}

FoundCookie find_cookie(const FieldBlock& head, std::string_view name) {
  FoundCookie found;
  CookieValues values(head, name);
  while (const auto value = values.next()) {
    if (found.count++ == 0) found.value = value;
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

std::optional<SetCookie> SetCookies::next() {
  while (fields_left_ > 0) {
    const std::size_t i = head_.size() - fields_left_--;
    if (head_[i].id != FieldId::set_cookie) continue;
    const std::string_view field = head_.value(i);
    std::string_view rest = field;
    const std::string_view pair = take_pair(rest);
    const bool has_value = pair.find('=') != std::string_view::npos;  // Without one it sets no cookie of that name.
    if (has_value && has_name(pair, name_)) return SetCookie{value_of_pair(pair), field.substr(pair.size())};
  }
  return std::nullopt;
}

bool is_removal(const SetCookie& cookie, WallTime now) {
  if (unquoted(cookie.value).empty()) return true;
  std::optional<bool> by_age;
  std::optional<bool> by_date;
  std::string_view rest = cookie.attributes;
  while (!rest.empty()) {
    const std::string_view attribute = take_pair(rest);
    const std::string_view name = trimmed(attribute.substr(0, attribute.find('=')));
    if (equals_ignore_case(name, "Max-Age")) {
      if (const auto removes = is_over(value_of_pair(attribute))) by_age = removes;
    } else if (equals_ignore_case(name, "Expires")) {
      const auto date = parse_cookie_date(value_of_pair(attribute));
      if (date) by_date = *date <= std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    }
  }
  return by_age.value_or(by_date.value_or(false));  // Max-Age goes first, wherever it stands.
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
