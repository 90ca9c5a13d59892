#include "lb/admin/path_pattern.h"

#include <algorithm>

namespace stickler::admin {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

std::optional<unsigned> hex_value(char c) {
  if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  const std::size_t value = hex_digits.find(c);
  if (value == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(value);
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// The front of `path` up to its next slash, which goes too.
std::string_view take_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_value(text[i + 1]);
    const auto low = hex_value(text[i + 2]);
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', hex_digits[byte / 16], hex_digits[byte % 16]};
  }
  return encoded;
}

std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path) {
  std::vector<std::string> names;
  // Segments are split before they are decoded: an encoded slash belongs to a name.
  const auto segments = [](std::string_view text) { return std::count(text.begin(), text.end(), '/'); };
  if (segments(pattern) != segments(path)) return std::nullopt;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    auto found = percent_decode(take_segment(path));
    if (!found) return std::nullopt;
    const bool is_name = !wanted.empty() && wanted[0] >= 'A' && wanted[0] <= 'Z';
    if (is_name ? found->empty() : *found != wanted) return std::nullopt;
    if (is_name) names.push_back(*std::move(found));
  }
  return names;
}

}  // namespace stickler::admin
