// host [":" port] as Host and an absolute target carry it (RFC 9110 7.2, RFC 3986 3.2). Pure; any thread.
#pragma once

#include <string_view>

namespace stickler::http {

// A name of letters, digits, '-', '.', '_' and '~', an IPv4 address, or an IPv6 address in brackets; a port of 1 to 5
// digits up to 65535. No user, no path, no list, not empty.
bool is_host_and_port(std::string_view text);

}  // namespace stickler::http
