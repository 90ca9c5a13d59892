// Fields that concern one connection only and are never forwarded (RFC 9110 7.6.1). Pure; any thread.
#pragma once

#include <string_view>

#include "lb/http/message.h"

namespace stickler::http {

// By its own nature, or because a Connection field of this head names it. What a message cannot do without (Host,
// Content-Length, Cookie ...) is not removed by being named.
bool is_hop_by_hop(const FieldBlock& head, std::size_t field);

}  // namespace stickler::http
