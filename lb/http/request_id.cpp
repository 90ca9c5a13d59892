#include "lb/http/request_id.h"

#include "lb/http/byte_scan.h"

namespace stickler::http {

bool is_request_id(std::string_view text) {
  constexpr std::size_t bytes_max = 128;
  return !text.empty() && text.size() <= bytes_max && is_all(text, id_byte);
}

bool has_request_id(const FieldBlock& head) {
  return head.count(FieldId::x_request_id) == 1 && is_request_id(head.value_of(FieldId::x_request_id));
}

}  // namespace stickler::http
