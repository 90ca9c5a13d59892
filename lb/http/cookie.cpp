#include "lb/http/cookie.h"

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

// Calls visit(pair, name) for each cookie-pair, the pair with its blanks as they stand.
template <class Visit>
void for_each_pair(std::string_view value, Visit visit) {
  while (!value.empty()) {
    const std::size_t semicolon = value.find(';');
    const std::string_view pair = value.substr(0, semicolon);
    visit(pair, trim_blanks(pair.substr(0, pair.find('='))));
    if (semicolon == std::string_view::npos) return;
    value.remove_prefix(semicolon + 1);
  }
}

std::string_view value_of_pair(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  return equals == std::string_view::npos ? std::string_view() : trim_blanks(pair.substr(equals + 1));
}

}  // namespace

FoundCookie find_cookie(const FieldBlock& head, std::string_view name) {
  FoundCookie found;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::cookie) continue;
    for_each_pair(head.value(i), [&](std::string_view pair, std::string_view pair_name) {
      if (pair_name != name) return;
      if (found.count++ == 0) found.value = value_of_pair(pair);
    });
  }
  return found;
}

bool has_cookie(std::string_view value, std::string_view name) {
  bool found = false;
  for_each_pair(value, [&](std::string_view, std::string_view pair_name) { found |= pair_name == name; });
  return found;
}

bool append_without_cookie(std::string& out, std::string_view value, std::string_view name) {
  bool any = false;
  for_each_pair(value, [&](std::string_view pair, std::string_view pair_name) {
    if (pair_name == name || trim_blanks(pair).empty()) return;
    if (any) {
      out.append(";").append(pair);
    } else {
      out.append(trim_blanks(pair));
    }
    any = true;
  });
  return any;
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
