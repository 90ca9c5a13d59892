#include "lb/http/path.h"

#include <optional>

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

constexpr std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// A byte at the front of a text, and how many characters stand for it.
struct Byte {
  char value;
  std::size_t size;
};

Byte first_byte(std::string_view text) {
  if (text[0] == '%' && text.size() >= 3) {
    const auto high = hex_digit(text[1]);
    const auto low = hex_digit(text[2]);
    if (high && low) return {static_cast<char>(*high * 16 + *low), 3};
  }
  return {text[0], 1};
}

// Of the bytes that "%xx" may stand for, those that stay encoded: decoded they would mean something else.
bool stays_encoded(char byte) {
  return byte == '/' || byte == '\\' || byte == '%' || static_cast<unsigned char>(byte) < 0x20;
}

void append_decoded(std::string& out, std::string_view segment) {
  while (!segment.empty()) {
    const Byte byte = first_byte(segment);
    if (byte.size == 1 || stays_encoded(byte.value)) {
      out.append(segment.substr(0, byte.size));
    } else {
      out += byte.value;
    }
    segment.remove_prefix(byte.size);
  }
}

bool is_dots(std::string_view segment) { return segment == "." || segment == ".."; }

// Whether a segment that is no dot segment contains one in another reading.
bool hides_dots(std::string_view segment) {
  if (segment.find_first_of("%\\;") == std::string_view::npos) return false;
  const std::string loose = loose_reading(segment);
  std::string_view rest = loose;
  while (true) {
    const std::size_t slash = rest.find('/');
    if (is_dots(rest.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    rest.remove_prefix(slash + 1);
  }
}

// Whether nothing of the path has to be decoded, folded or resolved.
bool is_plain(std::string_view path) {
  char before = '\0';
  for (const char c : path) {
    if (c == '%' || c == ';' || c == '\\' || (before == '/' && (c == '/' || c == '.'))) return false;
    before = c;
  }
  return path.starts_with('/');
}

}  // namespace

bool normalise_path(std::string_view path, std::string& out) {
  if (is_plain(path) || path == "*") return out.assign(path), true;
  out.clear();
  bool directory = false;     // The last segment was empty or dots: the result ends in a slash.
  bool behind_empty = false;  // The last segment, but for ".", was empty.
  while (!path.empty()) {
    if (path[0] == '/') path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    const std::size_t start = out.size();
    out += '/';
    append_decoded(out, segment);
    const std::string_view decoded = std::string_view(out).substr(start + 1);
    if (hides_dots(decoded)) return false;
    directory = decoded.empty() || is_dots(decoded);
    const bool climbs = decoded == "..";
    if (climbs && behind_empty) return false;
    if (decoded != ".") behind_empty = decoded.empty();
    if (!directory) continue;
    out.resize(start);
    if (!climbs) continue;
    if (out.empty()) return false;
    out.resize(out.rfind('/'));
  }
  if (directory || out.empty()) out += '/';
  return true;
}

bool has_two_readings(std::string_view path) {
  while (!path.empty()) {
    const Byte byte = first_byte(path);
    if (byte.value == '\\' || byte.value == ';' || (byte.value == '/' && byte.size > 1)) return true;
    path.remove_prefix(byte.size);
  }
  return false;
}

std::string loose_reading(std::string_view path) {
  std::string out;
  bool in_parameters = false;
  while (!path.empty()) {
    const Byte byte = first_byte(path);
    if (byte.value == '/' || byte.value == '\\') {
      in_parameters = false;
      out += '/';
    } else {
      in_parameters |= byte.value == ';';
      if (!in_parameters) out.append(path.substr(0, byte.size));
    }
    path.remove_prefix(byte.size);
  }
  return out;
}

std::optional<std::string_view> path_parameter(std::string_view path, std::string_view name) {
  for (std::size_t at = path.find(';'); at != std::string_view::npos; at = path.find(';')) {
    path.remove_prefix(at + 1);
    if (!equals_ignore_case(path.substr(0, name.size()), name) || !path.substr(name.size()).starts_with('=')) continue;
    path.remove_prefix(name.size() + 1);
    return path.substr(0, path.find_first_of(";/"));
  }
  return std::nullopt;
}

}  // namespace stickler::http
