// What the fields of a head mean for the connection: where the body ends (RFC 9112 6), whether it persists (9.3),
// expectations and upgrades. Pure; any thread.
#pragma once

#include <string_view>

#include "lb/http/head_scan.h"
#include "lb/http/message.h"
#include "lb/http/refusal.h"

namespace stickler::http {

// Fills what of the head follows from its fields, and marks those that a Connection field names.
Refusal frame_request(RequestHead& head);
Refusal frame_response(ResponseHead& head, const AnswerContext& context);

// Whether an Upgrade field names it.
bool upgrades_to_websocket(const FieldBlock& head);

// Whether the comma-separated value names the token, ignoring case.
bool list_has(std::string_view value, std::string_view token);

// How an answer is framed to a client of the request's version.
Framing framing_to_client(const ResponseHead& answer, const RequestHead& request);

}  // namespace stickler::http
