#include "lb/http/field_scan.h"

#include <emmintrin.h>

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

using Outcome = ScanResult::Outcome;

ScanResult refused(Refusal refusal) { return {.outcome = Outcome::refused, .refusal = refusal, .size = 0}; }

// What a byte that ends a value too early means.
Refusal refusal_of(char byte) { return byte == '\n' ? Refusal::bare_line_break : Refusal::bad_field_value; }

}  // namespace

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) classes[static_cast<unsigned char>(c)] |= tchar;
  for (unsigned c = '0'; c <= 'z'; ++c) {
    if ((c <= '9') || (c >= 'A' && c <= 'Z') || c >= 'a') classes[c] |= tchar;
  }
  for (unsigned c = 0x21; c <= 0x7e; ++c) {
    if (c != '#') classes[c] |= target;
  }
  return classes;
}

const std::array<std::uint8_t, 256> byte_classes = make_byte_classes();

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is(c, tchar)) return false;
  }
  return !text.empty();
}

std::size_t end_of_value(std::string_view text, std::size_t from) {
  std::size_t i = from;
  const __m128i control_max = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i tab = _mm_set1_epi8('\t');
  for (; i + 16 <= text.size(); i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, control_max), bytes);
    const __m128i stops =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control), _mm_cmpeq_epi8(bytes, del));
    const int mask = _mm_movemask_epi8(stops);
    if (mask != 0) return i + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return i;
  }
  return i;
}

LineBreak line_break_at(std::string_view input, std::size_t position) {
  if (position >= input.size()) return {};
  if (input[position] != '\r') return {.complete = false, .refusal = refusal_of(input[position])};
  if (position + 1 >= input.size()) return {};
  if (input[position + 1] != '\n') return {.complete = false, .refusal = Refusal::bad_field_value};
  return {.complete = true, .refusal = Refusal::none};
}

ScanResult scan_fields(std::string_view input, std::size_t position, const HeadLimits& limits, FieldBlock& fields) {
  std::size_t at = position;
  while (at < input.size()) {
    const std::size_t line = at;
    if (input[at] == '\r' || input[at] == '\n') {
      const LineBreak end = line_break_at(input, at);
      if (end.refusal != Refusal::none) return refused(end.refusal);
      if (!end.complete) return {};
      return {.outcome = Outcome::complete, .refusal = Refusal::none, .size = at + 2};
    }
    if (input[at] == ' ' || input[at] == '\t') return refused(Refusal::obs_fold);
    while (at < input.size() && is(input[at], tchar)) ++at;
    if (at == input.size()) break;
    if (input[at] != ':' || at == line || at - line > 0xffff) return refused(Refusal::bad_field_name);
    const std::size_t value = at + 1;
    at = end_of_value(input, value);
    const LineBreak end = line_break_at(input, at);
    if (end.refusal != Refusal::none) return refused(end.refusal);
    if (!end.complete) break;
    if (fields.size() >= limits.headers) return refused(Refusal::too_many_fields);
    const std::string_view trimmed = trim_blanks(input.substr(value, at - value));
    const std::size_t begin = trimmed.empty() ? value : static_cast<std::size_t>(trimmed.data() - input.data());
    const std::size_t name_size = value - 1 - line;
    at += 2;
    fields.add({.line = static_cast<std::uint32_t>(line),
                .line_end = static_cast<std::uint32_t>(at),
                .value = static_cast<std::uint32_t>(begin),
                .value_size = static_cast<std::uint32_t>(trimmed.size()),
                .name_size = static_cast<std::uint16_t>(name_size),
                .id = field_id(input.substr(line, name_size))});
  }
  return {};
}

}  // namespace stickler::http
