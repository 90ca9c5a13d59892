// What of a request the policy `hash` looks at. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/http/message.h"

namespace stickler::proxy {

struct HashOn {
  enum class What : std::uint8_t { client_ip, path, uri, header, cookie };

  What what = What::client_ip;
  std::string name;  // Of the header, whatever its case, or of the cookie.
};

// Empty: the request has none of it. `path` is normalised, so that spellings of one path share a backend.
std::optional<std::uint64_t> hash_key(const HashOn& on, const http::RequestHead& head, std::string_view client_ip,
                                      std::string_view path);

}  // namespace stickler::proxy
