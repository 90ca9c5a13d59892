#include "lb/http/field_scan.h"

#include "lb/http/byte_scan.h"
#include "lb/http/field_names.h"

namespace stickler::http {
namespace {

using Outcome = ScanResult::Outcome;

ScanResult refused(Refusal refusal) { return {.outcome = Outcome::refused, .refusal = refusal, .size = 0}; }

struct Name {
  FieldId id = FieldId::other;
  Refusal refusal = Refusal::none;
};

// Of the name between `line` and `colon`. Most names are known ones, and a known one is a token.
Name judge_name(std::string_view input, std::size_t line, std::size_t colon) {
  constexpr std::size_t name_bytes_max = 0xffff;
  const std::size_t size = colon - line;
  const FieldId known = known_field_at(input.substr(line), size);
  if (known != FieldId::other) return {.id = known};
  const std::string_view name = input.substr(line, size);
  if (size <= name_bytes_max && is_token(name)) return {.id = id_of_unknown(name)};
  return {.refusal = is_blank(input[line]) ? Refusal::obs_fold : Refusal::bad_field_name};
}

// The field whose value, with the blanks around it, ends at `end`.
Field make_field(std::string_view input, std::size_t line, std::size_t colon, std::size_t end) {
  std::size_t value = colon + 1;
  std::size_t value_end = end;
  while (value < value_end && is_blank(input[value])) ++value;
  while (value < value_end && is_blank(input[value_end - 1])) --value_end;
  return {.line = static_cast<std::uint32_t>(line),
          .line_end = static_cast<std::uint32_t>(end + 2),
          .value = static_cast<std::uint32_t>(value),
          .value_size = static_cast<std::uint32_t>(value_end - value),
          .name_size = static_cast<std::uint16_t>(colon - line)};
}

}  // namespace

LineBreak line_break_at(std::string_view input, std::size_t position) {
  if (input.substr(position, 2) == "\r\n") return {.complete = true, .refusal = Refusal::none};
  if (position >= input.size()) return {};
  if (input[position] == '\n') return {.complete = false, .refusal = Refusal::bare_line_break};
  if (input[position] != '\r') return {.complete = false, .refusal = Refusal::bad_field_value};
  if (position + 1 < input.size()) return {.complete = false, .refusal = Refusal::bad_field_value};
  return {};
}

ScanResult scan_fields(std::string_view input, std::size_t position, const HeadLimits& limits, FieldBlock& fields) {
  std::size_t at = position;
  std::uint32_t room = limits.headers;
  while (at < input.size()) {
    if (input[at] == '\r' || input[at] == '\n') {
      const LineBreak end = line_break_at(input, at);
      if (end.refusal != Refusal::none) return refused(end.refusal);
      if (!end.complete) break;
      return {.outcome = Outcome::complete, .refusal = Refusal::none, .size = at + 2};
    }
    const std::size_t colon = find_colon(input, at);
    const Name name = judge_name(input, at, colon);
    if (name.refusal != Refusal::none) return refused(name.refusal);
    if (colon == input.size()) break;
    const std::size_t value_end = end_of_value(input, colon + 1);
    const LineBreak end = line_break_at(input, value_end);
    if (end.refusal != Refusal::none) return refused(end.refusal);
    if (!end.complete) break;
    if (room-- == 0) return refused(Refusal::too_many_fields);
    Field field = make_field(input, at, colon, value_end);
    field.id = name.id;
    fields.add(field);
    at = value_end + 2;
  }
  return {.outcome = Outcome::need_more, .refusal = Refusal::none, .size = position};
}

}  // namespace stickler::http
