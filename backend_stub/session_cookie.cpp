#include "backend_stub/session_cookie.h"

#include <sodium.h>

#include <array>

#include "lb/base/bytes.h"
#include "lb/http/cookie.h"

namespace stickler::stub {
namespace {

constexpr std::size_t id_bytes = 16;

// Not Secure: the balancer may speak TLS where this server does not, and it alone knows.
const http::CookieAttributes attributes{.name = std::string(session_cookie_name), .domain = {}};

}  // namespace

std::string new_session_id() {
  std::array<char, id_bytes> bits;
  randombytes_buf(bits.data(), bits.size());
  return base64url_encode({bits.data(), bits.size()});
}

std::string session_id_of(const http::FieldBlock& head) {
  const auto value = http::find_cookie(head, session_cookie_name).value;
  if (!value) return {};
  const auto bits = base64url_decode(*value);
  return bits && bits->size() == id_bytes ? std::string(*value) : std::string();
}

std::string set_session_cookie(std::string_view id) {
  std::string value;
  http::append_set_cookie(value, attributes, id);
  return value;
}

std::string clear_session_cookie() { return set_session_cookie("") + "; Max-Age=0"; }

}  // namespace stickler::stub
