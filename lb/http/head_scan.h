// The strict scan of a raw head: the one authority over what a head says. Pure; any thread; allocates only while a
// head's vector of fields grows. Its verdict does not depend on how much of what follows has arrived.
//
// Every byte is checked against RFC 9112 2-5 before anything is believed. llhttp does not see heads (h1_parser.h), so
// nothing that a parser elsewhere tolerates can be smuggled past this one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lb/http/message.h"
#include "lb/http/refusal.h"

namespace stickler::http {

struct HeadLimits {
  std::uint64_t header_bytes = 32UL * 1024;  // The whole head.
  std::uint32_t headers = 100;
  std::uint64_t uri_bytes = 8UL * 1024;
  bool secure = false;  // The connection is encrypted, so that a target may be of https (RFC 9110 7.4).
};

struct ScanResult {
  enum class Outcome : std::uint8_t { complete, need_more, refused };

  Outcome outcome = Outcome::need_more;
  Refusal refusal = Refusal::none;
  // Complete: bytes of the head, the empty line included. More needed: of the start line, 0 while it is not whole.
  std::size_t size = 0;
};

// Fills `head`, whose views borrow `input`; `head` is meaningful only when complete.
ScanResult scan_request(std::string_view input, const HeadLimits& limits, RequestHead& head);

// What an answer's framing depends on (RFC 9112 6.3).
struct AnswerContext {
  bool head_request = false;       // The request was HEAD.
  bool upgrade_requested = false;  // A 101 is welcome.
};

ScanResult scan_response(std::string_view input, const HeadLimits& limits, const AnswerContext& context,
                         ResponseHead& head);

// The lines of a trailer section after a chunked body, up to and with the empty line. `fields` borrow `input`.
ScanResult scan_trailers(std::string_view input, const HeadLimits& limits, FieldBlock& fields);

}  // namespace stickler::http
