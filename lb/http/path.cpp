#include "lb/http/path.h"

#include <optional>

namespace stickler::http {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// The byte at the front, decoded where that is safe for matching; removes it from `text`.
void append_decoded(std::string& out, std::string_view& text) {
  if (text[0] == '%' && text.size() >= 3) {
    const auto high = hex_digit(text[1]);
    const auto low = hex_digit(text[2]);
    if (high && low) {
      const auto byte = static_cast<char>(*high * 16 + *low);
      const bool stays = byte == '/' || byte == '\\' || byte == '%' || static_cast<unsigned char>(byte) < 0x20;
      if (stays) {
        out.append(text.substr(0, 3));
      } else {
        out += byte;
      }
      text.remove_prefix(3);
      return;
    }
  }
  out += text[0];
  text.remove_prefix(1);
}

}  // namespace

bool normalise_path(std::string_view path, std::string& out) {
  out.clear();
  if (path == "*") return out = path, true;
  bool directory = false;  // The last segment was empty, "." or "..": the result ends in a slash.
  while (!path.empty()) {
    if (path[0] == '/') path.remove_prefix(1);
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    const std::size_t start = out.size();
    out += '/';
    while (!segment.empty()) append_decoded(out, segment);
    const std::string_view decoded = std::string_view(out).substr(start + 1);
    directory = decoded.empty() || decoded == "." || decoded == "..";
    if (!directory) continue;
    const bool climbs = decoded == "..";
    out.resize(start);
    if (!climbs) continue;
    if (out.empty()) return false;
    out.resize(out.rfind('/'));
  }
  if (directory || out.empty()) out += '/';
  return true;
}

}  // namespace stickler::http
