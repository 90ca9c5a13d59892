#include "lb/http/forward_response.h"

#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/range_copy.h"
#include "lb/http/writer.h"

namespace stickler::http {
namespace {

bool without_body(const ResponseHead& head, const RequestHead& request) {
  return request.method == Method::head || head.status == 304;
}

// `private` may be added to, but what the backend forbade further stands.
bool is_private_already(const ResponseHead& head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::cache_control) continue;
    const std::string_view value = head.value(i);
    if (list_has(value, "private") || list_has(value, "no-store")) return true;
  }
  return false;
}

bool keeps(const ResponseHead& head, std::size_t i, const ForwardResponse& forward) {
  const bool edited = forward.edits != nullptr && !forward.edits->empty();
  if (edited && forward.edits->drops(head.name(i))) return false;
  switch (head[i].id) {
    case FieldId::content_length:
      return without_body(head, *forward.request);  // Else written from the framing.
    case FieldId::cache_control:
      return forward.set_cookie.empty() || is_private_already(head);
    default:
      return !is_hop_by_hop(head, i);
  }
}

void append_connection(std::string& out, const ResponseHead& head, const ForwardResponse& forward) {
  if (head.status == 101) {
    out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  } else if (!forward.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (forward.request->minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
}

}  // namespace

void write_response_head(std::string& out, const ResponseHead& head, const ForwardResponse& forward) {
  append_status_line(out, head.status, head.reason());
  RangeCopy copy(out, head);
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (keeps(head, i, forward)) copy.keep(i);
  }
  copy.flush();
  append_framing(out, forward.framing);
  append_connection(out, head, forward);
  if (head.status != 101 && head.value_of(FieldId::date).empty()) append_field(out, "Date", forward.date);
  if (!forward.set_cookie.empty()) {
    append_field(out, "Set-Cookie", forward.set_cookie);
    if (!is_private_already(head)) out.append("Cache-Control: private\r\n");
  }
  if (forward.edits != nullptr && !forward.edits->empty()) forward.edits->append_fields(out, forward.variables);
  out.append("\r\n");
}

void write_interim_head(std::string& out, const ResponseHead& head) {
  append_status_line(out, head.status, head.reason());
  RangeCopy copy(out, head);
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::content_length && !is_hop_by_hop(head, i)) copy.keep(i);
  }
  copy.flush();
  out.append("\r\n");
}

}  // namespace stickler::http
