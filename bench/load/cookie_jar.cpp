#include "bench/load/cookie_jar.h"

#include <algorithm>

#include "lb/base/bytes.h"

namespace stickler::bench {

void CookieJar::store(std::string_view set_cookie) {
  const std::size_t end = set_cookie.find(';');
  const std::string_view pair = set_cookie.substr(0, end);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = trim_blanks(pair.substr(0, equals));
  const bool removed =
      end != std::string_view::npos && to_lower(set_cookie.substr(end)).find("max-age=0") != std::string::npos;
  const auto known = std::ranges::find_if(cookies_, [&](const auto& cookie) { return cookie.first == name; });
  if (removed) {
    if (known != cookies_.end()) cookies_.erase(known);
  } else if (known != cookies_.end()) {
    known->second = trim_blanks(pair.substr(equals + 1));
  } else {
    cookies_.emplace_back(name, trim_blanks(pair.substr(equals + 1)));
  }
}

void CookieJar::append_field(std::string& out) const {
  if (cookies_.empty()) return;
  out += "Cookie: ";
  for (std::size_t i = 0; i < cookies_.size(); ++i) {
    if (i > 0) out += "; ";
    out.append(cookies_[i].first).append("=").append(cookies_[i].second);
  }
  out += "\r\n";
}

}  // namespace stickler::bench
