// Paths of the admin API: a pattern such as "/api/v1/pools/POOL", whose upper-case words stand for any name. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::admin {

// %xx decoded; nullopt: there is a '%' without two hexadecimal digits behind it.
std::optional<std::string> percent_decode(std::string_view text);

// Everything but unreserved characters (RFC 3986 2.3) as %xx: a name as one segment of a path.
std::string percent_encode(std::string_view text);

// What stands in `path` for the upper-case words of `pattern`, decoded; nullopt: the path is another.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);

}  // namespace stickler::admin
