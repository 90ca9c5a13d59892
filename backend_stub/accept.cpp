#include "backend_stub/accept.h"

#include <string_view>

#include "lb/base/bytes.h"

namespace stickler::stub {
namespace {

// Cuts what stands before the separator from the front of `text`.
std::string_view cut(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(part.size() < text.size() ? part.size() + 1 : part.size());
  return trim_blanks(part);
}

bool is_zero_quality(std::string_view parameter) {
  if (!equals_ignore_case(parameter.substr(0, 2), "q=")) return false;
  return parameter.size() > 2 && parameter.find_first_not_of("0.", 2) == std::string_view::npos;
}

bool names_html(std::string_view element) {
  if (!equals_ignore_case(cut(element, ';'), "text/html")) return false;
  while (!element.empty()) {
    if (is_zero_quality(cut(element, ';'))) return false;
  }
  return true;
}

}  // namespace

bool asks_for_html(const http::FieldBlock& head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!equals_ignore_case(head.name(i), "accept")) continue;
    std::string_view list = head.value(i);
    while (!list.empty()) {
      if (names_html(cut(list, ','))) return true;
    }
  }
  return false;
}

}  // namespace stickler::stub
