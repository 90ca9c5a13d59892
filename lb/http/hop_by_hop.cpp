#include "lb/http/hop_by_hop.h"

#include "lb/http/framing.h"

namespace stickler::http {
namespace {

bool is_end_to_end_essential(FieldId id) {
  switch (id) {
    case FieldId::authorization:
    case FieldId::cache_control:
    case FieldId::content_length:
    case FieldId::content_type:
    case FieldId::cookie:
    case FieldId::date:
    case FieldId::expect:
    case FieldId::forwarded:
    case FieldId::host:
    case FieldId::max_forwards:
    case FieldId::set_cookie:
    case FieldId::via:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_proto:
    case FieldId::x_request_id:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_hop_by_hop(const FieldBlock& head, std::size_t field) {
  switch (head[field].id) {
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
      return true;
    default:
      break;
  }
  if (is_end_to_end_essential(head[field].id)) return false;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id == FieldId::connection && list_has(head.value(i), head.name(field))) return true;
  }
  return false;
}

}  // namespace stickler::http
