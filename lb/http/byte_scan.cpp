#include "lb/http/byte_scan.h"

#include <algorithm>

namespace stickler::http {
namespace {

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&](std::string_view bytes, unsigned wanted) {
    for (const char c : bytes) classes[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(wanted);
  };
  mark("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", tchar | host_name | id_byte);
  mark("!#$%&'*+-.^_`|~", tchar);
  mark("-._~", host_name);
  mark("-._~+/=:@", id_byte);
  for (unsigned c = 0x21; c <= 0x7e; ++c) {
    if (c != '#') classes[c] |= target;
  }
  return classes;
}

}  // namespace

const std::array<std::uint8_t, 256> byte_classes = make_byte_classes();

bool is_all(std::string_view text, ByteClass wanted) {
  return std::ranges::all_of(text, [wanted](char c) { return is(c, wanted); });
}

}  // namespace stickler::http
