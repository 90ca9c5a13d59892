#include "lb/proxy/hash_key.h"

#include "lb/base/bytes.h"
#include "lb/base/hash.h"
#include "lb/http/cookie.h"

namespace stickler::proxy {
namespace {

std::optional<std::string_view> first_value(const http::FieldBlock& head, std::string_view name) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (equals_ignore_case(head.name(i), name)) return head.value(i);
  }
  return std::nullopt;
}

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
      return first_value(head, on.name);
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
