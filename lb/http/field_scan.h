// The lines of a head or trailer section (RFC 9112 5). Pure; for head_scan.
#pragma once

#include <string_view>

#include "lb/http/head_scan.h"
#include "lb/http/message.h"

namespace stickler::http {

// From `position`, the beginning of a field line, to behind the empty line. The result's size counts from 0.
ScanResult scan_fields(std::string_view input, std::size_t position, const HeadLimits& limits, FieldBlock& fields);

struct LineBreak {
  bool complete = false;            // CR LF stands there.
  Refusal refusal = Refusal::none;  // None, and not complete: the input ends first.
};
LineBreak line_break_at(std::string_view input, std::size_t position);

}  // namespace stickler::http
