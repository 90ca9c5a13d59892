// Small pure helpers over bytes and ASCII text. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stickler {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

std::string to_lower(std::string_view text);

// Without the spaces and tabs at both ends (OWS, RFC 9110 5.6.3).
std::string_view trim_blanks(std::string_view text);

// 1*DIGIT that fits 63 bits; nothing else.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

// Unpadded base64url (RFC 4648 5). Decoding refuses padding, foreign characters and non-zero trailing bits.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

std::string hex(std::uint64_t value);  // 16 lower-case digits.

}  // namespace stickler
