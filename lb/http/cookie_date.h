// When a cookie expires, as browsers read an Expires attribute (RFC 6265 5.1.1): in any order, between any separators,
// whatever the day of the week and the zone are said to be. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stickler::http {

// Seconds since 1970, UTC; before that below 0. nullopt: no date, for which a browser ignores the attribute.
std::optional<std::int64_t> parse_cookie_date(std::string_view text);

}  // namespace stickler::http
