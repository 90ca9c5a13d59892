// Fields that concern one connection only and are never forwarded (RFC 9110 7.6.1). Pure; any thread.
#pragma once

#include "lb/http/message.h"

namespace stickler::http {

// By its own nature, or because a Connection field of this head names it. What a message cannot do without (Host,
// Content-Length, Cookie and other standard fields for the recipient) is not removed by being named.
bool is_hop_by_hop(const Field& field);

// Whether a field may stand in a trailer section that is forwarded: none that rules of HTTP are about. It would change
// framing, routing, authority or caching behind the back of whoever has judged the head (RFC 9110 6.5.1).
constexpr bool may_trail(FieldId id) { return id == FieldId::other; }

}  // namespace stickler::http
