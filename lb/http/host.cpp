#include "lb/http/host.h"

#include <arpa/inet.h>

#include <array>

#include "lb/base/bytes.h"
#include "lb/http/byte_scan.h"

namespace stickler::http {
namespace {

bool is_port(std::string_view text) {
  const auto number = parse_decimal(text);
  return number && text.size() <= 5 && *number <= 65535;
}

bool is_ipv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return false;
  text.copy(terminated.data(), text.size());
  in6_addr address;
  return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

}  // namespace

bool is_host_and_port(std::string_view text) {
  const std::size_t close = text.starts_with('[') ? text.find(']') : 0;
  if (close == std::string_view::npos) return false;
  const std::size_t colon = text.find(':', close);
  const std::string_view host = text.substr(0, colon);
  const bool valid = close > 0 ? host.size() == close + 1 && is_ipv6(host.substr(1, close - 1))
                               : !host.empty() && is_all(host, host_name);
  return valid && (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
}

}  // namespace stickler::http
