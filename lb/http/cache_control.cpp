#include "lb/http/cache_control.h"

#include <algorithm>

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

// Up to the comma behind the directive at the front; commas within its quotes are its own.
std::size_t end_of_directive(std::string_view value) {
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (quoted && value[i] == '\\') {
      ++i;
    } else if (value[i] == '"') {
      quoted = !quoted;
    } else if (value[i] == ',' && !quoted) {
      return i;
    }
  }
  return value.size();
}

template <class Visit>
void for_each_directive(const ResponseHead& head, Visit visit) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::cache_control) continue;
    std::string_view rest = head.value(i);
    while (!rest.empty()) {
      const std::size_t end = end_of_directive(rest);
      const std::string_view directive = trim_blanks(rest.substr(0, end));
      if (!directive.empty()) visit(directive);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

bool invites_shared_caches(std::string_view directive) {
  const std::string_view name = trim_blanks(directive.substr(0, directive.find('=')));
  // `private` with names of fields lets shared caches keep the rest.
  return equals_ignore_case(name, "public") || equals_ignore_case(name, "s-maxage") ||
         equals_ignore_case(name, "private");
}

}  // namespace

bool is_private(const ResponseHead& head) {
  bool result = false;
  for_each_directive(head, [&](std::string_view directive) {
    result |= equals_ignore_case(directive, "private") || equals_ignore_case(directive, "no-store");
  });
  return result;
}

void put_private(Output& out, const ResponseHead& head) {
  out.put("Cache-Control: private");
  for_each_directive(head, [&](std::string_view directive) {
    if (!invites_shared_caches(directive)) out.put(", ").put(directive);
  });
  out.put("\r\n");
}

}  // namespace stickler::http
