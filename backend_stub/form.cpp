#include "backend_stub/form.h"

#include <algorithm>
#include <optional>

#include "lb/base/bytes.h"

namespace stickler::stub {
namespace {

constexpr std::size_t fields_max = 16;

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  c = ascii_lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

}  // namespace

Result<Form> parse_form(std::string_view body) {
  Form form;
  while (!body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(pair.size() + 1, body.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals));
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return fail("the form has a % that two hexadecimal digits do not follow");
    if (form.size() == fields_max) return fail("the form has too many fields");
    form.emplace_back(*std::move(name), *std::move(value));
  }
  return form;
}

Result<std::string> form_value(const Form& form, std::string_view name) {
  const auto is_named = [name](const auto& field) { return field.first == name; };
  const auto found = std::ranges::find_if(form, is_named);
  if (found == form.end()) return fail("the form has no field '" + std::string(name) + "'");
  if (std::ranges::count_if(form, is_named) > 1)
    return fail("the form has the field '" + std::string(name) + "' twice");
  return found->second;
}

bool may_be_form(const http::FieldBlock& head) {
  const std::string_view type = head.value_of("content-type");
  return type.empty() ||
         equals_ignore_case(trim_blanks(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

}  // namespace stickler::stub
