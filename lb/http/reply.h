// An answer of our own: a status, a short plain text that names the reason, and nothing to learn from. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/refusal.h"

namespace stickler::http {

struct Reply {
  std::uint16_t status = 500;
  std::string_view text;    // The body, without its line feed.
  std::string_view fields;  // Further lines, each with its CRLF, e.g. "Allow: GET\r\n".
};

struct ReplyContext {
  std::string_view date;
  bool close = false;         // The connection ends with it.
  bool head_request = false;  // No body.
  bool http10 = false;
};

Reply reply_to(Refusal refusal);

void write_reply(std::string& out, const Reply& reply, const ReplyContext& context);

std::string_view reason_phrase(std::uint16_t status);  // RFC 9110 15; "" for one that is not known.

}  // namespace stickler::http
