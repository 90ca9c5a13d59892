// Fields that concern one connection only and are never forwarded (RFC 9110 7.6.1). Pure; any thread.
#pragma once

#include "lb/http/message.h"

namespace stickler::http {

inline constexpr FieldSet hop_by_hop_fields{
    FieldId::connection, FieldId::http2_settings,    FieldId::keep_alive, FieldId::proxy_connection,
    FieldId::te,         FieldId::transfer_encoding, FieldId::upgrade,
};

// What a Connection field can make hop-by-hop by naming it. The others are what a message cannot do without: Host,
// Content-Length, Cookie and other standard fields for the recipient.
inline constexpr FieldSet removable_fields{
    FieldId::other,
    FieldId::trailer,
    FieldId::user_agent,
    FieldId::x_forwarded_other,
    FieldId::x_node_generation,
    FieldId::x_session_backup,
};

constexpr bool is_hop_by_hop(const Field& field) {
  return hop_by_hop_fields.has(field.id) || (field.named && removable_fields.has(field.id));
}

// Whether a field may stand in a trailer section that is forwarded: none that rules of HTTP are about. It would change
// framing, routing, authority or caching behind the back of whoever has judged the head (RFC 9110 6.5.1).
constexpr bool may_trail(FieldId id) { return id == FieldId::other; }

}  // namespace stickler::http
