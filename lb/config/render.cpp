#include "lb/config/render.h"

#include <string_view>

#include "lb/config/secret.h"

namespace stickler::config {
namespace {

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append(std::string& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::text:
      return append_string(out, value.is_secret ? value.shown : value.text);
    case Value::Kind::plain:
      out += value.text;
      return;
    case Value::Kind::list:
      out += '[';
      for (const Value& item : value.items) {
        if (&item != &value.items.front()) out += ", ";
        append(out, item);
      }
      out += ']';
      return;
    case Value::Kind::map:
      out += '{';
      for (const auto& member : value.members) {
        if (&member != &value.members.front()) out += ", ";
        append_string(out, member.first);
        out += ": ";
        append(out, member.second);
      }
      out += '}';
      return;
  }
}

}  // namespace

std::string to_json(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string render_json(const Config& config) { return to_json(effective(config)); }

}  // namespace stickler::config
