// Which X-Request-Id is believed: it is logged and forwarded, so it is one, short and harmless everywhere. Pure; any
// thread.
#pragma once

#include <string_view>

#include "lb/http/message.h"

namespace stickler::http {

// 1 to 128 letters, digits and "-._~+/=:@".
bool is_request_id(std::string_view text);

// Whether there is exactly one, and it is valid.
bool has_request_id(const FieldBlock& head);

}  // namespace stickler::http
