#include "lb/proxy/hash_key.h"

#include "lb/base/hash.h"
#include "lb/http/cookie.h"

namespace stickler::proxy {
namespace {

std::optional<std::string_view> text_of(const HashOn& on, const http::RequestHead& head, std::string_view client_ip,
                                        std::string_view path) {
  switch (on.what) {
    case HashOn::What::client_ip:
      return client_ip;
    case HashOn::What::path:
      return path;
    case HashOn::What::uri:
      return head.path_and_query();
    case HashOn::What::header:
      if (const auto found = head.find(on.name)) return head.value(*found);
      return std::nullopt;
    case HashOn::What::cookie:
      break;
  }
  return http::find_cookie(head, on.name).value;
}

}  // namespace

std::optional<std::uint64_t> hash_key(const HashOn& on, const http::RequestHead& head, std::string_view client_ip,
                                      std::string_view path) {
  const auto text = text_of(on, head, client_ip, path);
  if (!text) return std::nullopt;
  return hash_bytes(*text);
}

}  // namespace stickler::proxy
