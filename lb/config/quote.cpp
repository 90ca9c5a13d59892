#include "lb/config/quote.h"

namespace stickler::config {
namespace {

// C0, DEL, and C1 as UTF-8 writes it (0xc2 and one byte): terminals obey all of them.
bool is_control(std::string_view text, std::size_t i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (byte == 0xc2 && i + 1 < text.size()) return static_cast<unsigned char>(text[i + 1]) < 0xa0;
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::size_t end = text.size();
  if (end > bytes_max) {
    end = bytes_max;
    while (end > 0 && is_continuation(text[end])) --end;
  }
  std::string result;
  for (std::size_t i = 0; i < end; ++i) {
    if (!is_control(text, i)) {
      result += text[i];
      continue;
    }
    result += '?';
    if (text[i] == '\xc2') ++i;
  }
  return end < text.size() ? result + "..." : result;
}

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

}  // namespace stickler::config
