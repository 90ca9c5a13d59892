#include "lb/http/hop_by_hop.h"

namespace stickler::http {

bool is_hop_by_hop(const Field& field) {
  switch (field.id) {
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
      return true;
    case FieldId::other:
    case FieldId::user_agent:
    case FieldId::trailer:
    case FieldId::x_forwarded_other:
    case FieldId::x_node_generation:
    case FieldId::x_session_backup:
      return field.named;
    default:
      return false;
  }
}

}  // namespace stickler::http
