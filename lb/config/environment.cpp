#include "lb/config/environment.h"

#include <algorithm>
#include <utility>

#include "lb/base/bytes.h"
#include "lb/base/error.h"
#include "lb/config/secret.h"

namespace stickler::config {
namespace {

constexpr std::size_t bytes_max = 4U << 20;  // Of all texts that the environment had a part in.
constexpr std::size_t shown_bytes_min = 8;   // A shorter value is not taken for a secret.

bool is_name_byte(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// A ${...} at the beginning of a text.
struct Reference {
  std::string name;
  std::optional<std::string_view> fallback;
  std::size_t size = 0;  // Of the whole.
};

std::optional<Reference> parse_reference(std::string_view text) {
  std::size_t end = 2;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  Reference reference{.name = std::string(text.substr(2, end - 2)), .fallback = std::nullopt};
  if (reference.name.empty() || (reference.name[0] >= '0' && reference.name[0] <= '9')) return std::nullopt;
  const std::size_t close = text.find('}', end);
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(end, close - end);
  if (!rest.empty() && !rest.starts_with(":-")) return std::nullopt;
  if (!rest.empty()) reference.fallback = rest.substr(2);
  reference.size = close + 1;
  return reference;
}

class Expansion {
 public:
  explicit Expansion(const Variable& variable) : variable_(variable) {}

  void walk(Node& node) {
    for (Node& item : node.items) walk(item);
    for (Entry& entry : node.entries) walk(entry.value);
    if (node.kind != Kind::scalar || node.text.find("${") == std::string::npos) return;
    auto replaced = replace(node.text);
    node.written = std::move(node.text);
    node.kind = replaced ? Kind::scalar : Kind::unresolved;
    node.text = replaced ? *std::move(replaced) : std::move(replaced.error().message);
  }

  std::set<std::string> take_values() { return std::move(values_); }

 private:
  Result<std::string> replace(std::string_view text) {
    std::string result;
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      result += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.starts_with("$${")) {
        result += "${";
        text.remove_prefix(3);
      } else if (text.starts_with("${")) {
        const auto reference = parse_reference(text);
        if (!reference) return fail("expected ${NAME} or ${NAME:-default}; write $${ for the text '${' itself");
        auto value = value_of(*reference);
        if (!value) return value;
        result += *value;
        text.remove_prefix(reference->size);
      } else if (!text.empty()) {
        result += '$';
        text.remove_prefix(1);
      }
      if (bytes_ + result.size() > bytes_max) return fail("the values of the environment are too long");
    }
    bytes_ += result.size();
    return result;
  }

  Result<std::string> value_of(const Reference& reference) {
    auto value = variable_(reference.name);
    const bool is_given = value && !(value->empty() && reference.fallback);  // As the shell has it.
    if (is_given) return *values_.insert(*std::move(value)).first;
    if (reference.fallback) return std::string(*reference.fallback);
    return fail("the environment variable " + reference.name + " is not set; set it, or write ${" + reference.name +
                ":-default}");
  }

  const Variable& variable_;
  std::set<std::string> values_;
  std::size_t bytes_ = 0;
};

bool same_letter(char a, char b) { return ascii_lower(a) == ascii_lower(b); }

}  // namespace

std::set<std::string> expand(Node& root, const Variable& variable) {
  Expansion expansion(variable);
  expansion.walk(root);
  return expansion.take_values();
}

void hide_values(std::string& message, const std::set<std::string>& values) {
  for (const std::string& value : values) {
    if (value.size() < shown_bytes_min) continue;
    for (;;) {
      const auto found = std::search(message.begin(), message.end(), value.begin(), value.end(), same_letter);
      if (found == message.end()) break;
      message.replace(found, found + static_cast<std::ptrdiff_t>(value.size()), masked);
    }
  }
}

}  // namespace stickler::config
