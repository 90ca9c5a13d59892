// The lines of a head or trailer section, byte by byte (RFC 9112 5). Pure; for head_scan.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lb/http/head_scan.h"
#include "lb/http/message.h"

namespace stickler::http {

enum ByteClass : std::uint8_t {
  tchar = 1,   // Token (RFC 9110 5.6.2).
  target = 2,  // Acceptable in a request target: visible ASCII but '#'.
};

// Which classes a byte is of.
extern const std::array<std::uint8_t, 256> byte_classes;

inline bool is(char byte, ByteClass wanted) { return (byte_classes[static_cast<unsigned char>(byte)] & wanted) != 0; }

bool is_token(std::string_view text);

// The first byte at or behind `from` that may not stand in a field value: a control other than the tab. It is the CR
// of the line's end in an honest message. npos-like: text.size().
std::size_t end_of_value(std::string_view text, std::size_t from);

// From `position`, the beginning of a field line, to behind the empty line. The result's size counts from 0.
ScanResult scan_fields(std::string_view input, std::size_t position, const HeadLimits& limits, FieldBlock& fields);

// Behind the CRLF at `position`; 0: the line break is broken or, where `input` ends, not complete.
struct LineBreak {
  bool complete = false;
  Refusal refusal = Refusal::none;
};
LineBreak line_break_at(std::string_view input, std::size_t position);

}  // namespace stickler::http
