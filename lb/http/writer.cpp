#include "lb/http/writer.h"

#include <charconv>

namespace stickler::http {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_status_line(std::string& out, std::uint16_t status, std::string_view reason) {
  out.append("HTTP/1.1 ");
  append_number(out, status);
  out.append(" ").append(reason).append("\r\n");
}

void append_chunk_head(std::string& out, std::size_t size) {
  char digits[18];
  char* end = std::to_chars(digits, digits + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(digits, end);
}

void append_last_chunk(std::string& out, const FieldBlock& trailers) {
  out.append("0\r\n");
  for (std::size_t i = 0; i < trailers.size(); ++i) out.append(trailers.line(i));
  out.append("\r\n");
}

bool has_plain_length(const FieldBlock& head) {
  const auto i = head.find(FieldId::content_length);
  if (!i) return false;
  const Field& field = head[*i];
  const std::string_view digits = head.value(*i);
  const bool one_space = head.line(*i).substr(field.name_size, field.value - field.line - field.name_size) == ": ";
  const bool nothing_behind = field.line_end == field.value + digits.size() + 2;
  return one_space && nothing_behind && (digits.size() == 1 || !digits.starts_with('0'));
}

void append_framing(std::string& out, const Framing& framing) {
  if (framing.kind == BodyKind::chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (framing.kind == BodyKind::length) {
    out.append("Content-Length: ");
    append_number(out, framing.length);
    out.append("\r\n");
  }
}

}  // namespace stickler::http
