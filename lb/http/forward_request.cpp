#include "lb/http/forward_request.h"

#include <algorithm>
#include <charconv>

#include "lb/base/bytes.h"
#include "lb/http/cookie.h"
#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/range_copy.h"
#include "lb/http/writer.h"

namespace stickler::http {
namespace {

enum class Fate : std::uint8_t { keep, drop, without_cookie };

Fate fate_of(const RequestHead& head, std::size_t i, const ForwardRequest& forward) {
  if (forward.edits != nullptr && !forward.edits->empty() && forward.edits->drops(head.name(i))) return Fate::drop;
  switch (head[i].id) {
    case FieldId::other:
      return is_hop_by_hop(head, i) ? Fate::drop : Fate::keep;
    case FieldId::host:
    case FieldId::content_length:
    case FieldId::via:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_proto:
    case FieldId::x_request_id:
      return Fate::drop;  // Written by us.
    case FieldId::max_forwards:
      return head.method == Method::options || head.method == Method::trace ? Fate::drop : Fate::keep;
    case FieldId::forwarded:
      return forward.trusted ? Fate::keep : Fate::drop;
    case FieldId::cookie:
      return !forward.strip_cookie.empty() && has_cookie(head.value(i), forward.strip_cookie) ? Fate::without_cookie
                                                                                              : Fate::keep;
    default:
      return is_hop_by_hop(head, i) ? Fate::drop : Fate::keep;
  }
}

void append_request_line(std::string& out, const RequestHead& head) {
  const std::string_view path = head.path_and_query();
  out.append(head.method_text()).append(" ");
  if (path.starts_with('?')) out.append("/");  // Of an absolute target without a path (RFC 9112 3.2.1).
  out.append(path).append(" HTTP/1.1\r\n");
  if (!head.authority().empty()) append_field(out, "Host", head.authority());
}

// "name: " and the values a trusted client sent, before ours.
void append_extended(std::string& out, const RequestHead& head, FieldId id, std::string_view name) {
  out.append(name).append(": ");
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id == id && !head.value(i).empty()) out.append(head.value(i)).append(", ");
  }
}

void append_kept_or(std::string& out, const RequestHead& head, FieldId id, std::string_view name,
                    std::string_view ours) {
  const std::string_view given = head.value_of(id);
  append_field(out, name, given.empty() ? ours : given);
}

// The defaults that every backend gets, unless the configuration removes or sets them.
void append_forwarded(std::string& out, const RequestHead& head, const ForwardRequest& forward) {
  const auto wanted = [&](std::string_view name) { return forward.edits == nullptr || !forward.edits->drops(name); };
  if (wanted("X-Forwarded-For")) {
    if (forward.trusted) {
      append_extended(out, head, FieldId::x_forwarded_for, "X-Forwarded-For");
      out.append(forward.client_ip).append("\r\n");
    } else {
      append_field(out, "X-Forwarded-For", forward.client_ip);
    }
  }
  const auto kept_or = [&](FieldId id, std::string_view name, std::string_view ours) {
    if (!wanted(name)) return;
    if (forward.trusted) return append_kept_or(out, head, id, name, ours);
    append_field(out, name, ours);
  };
  kept_or(FieldId::x_forwarded_proto, "X-Forwarded-Proto", forward.scheme);
  if (!head.authority().empty()) kept_or(FieldId::x_forwarded_host, "X-Forwarded-Host", head.authority());
  if (wanted("X-Request-Id")) append_field(out, "X-Request-Id", forward.request_id);
  if (wanted("Via")) {
    append_extended(out, head, FieldId::via, "Via");
    out.append(head.minor_version == 0 ? "1.0 stickler\r\n" : "1.1 stickler\r\n");
  }
}

void append_hop_fields(std::string& out, const RequestHead& head) {
  if (head.wants_websocket) out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id == FieldId::te && list_has(head.value(i), "trailers")) {
      out.append("TE: trailers\r\nConnection: TE\r\n");
      break;
    }
  }
  if (head.method == Method::options || head.method == Method::trace) {
    if (const auto hops = parse_decimal(head.value_of(FieldId::max_forwards)); hops && *hops > 0) {
      out.append("Max-Forwards: ");
      append_number(out, *hops - 1);
      out.append("\r\n");
    }
  }
}

}  // namespace

void write_request_head(std::string& out, const RequestHead& head, const ForwardRequest& forward) {
  append_request_line(out, head);
  RangeCopy copy(out, head);
  for (std::size_t i = 0; i < head.size(); ++i) {
    const Fate fate = fate_of(head, i, forward);
    if (fate == Fate::keep) copy.keep(i);
    if (fate != Fate::without_cookie) continue;
    copy.flush();
    const std::size_t start = out.size();
    out.append(head.name(i)).append(": ");
    if (append_without_cookie(out, head.value(i), forward.strip_cookie)) {
      out.append("\r\n");
    } else {
      out.resize(start);
    }
  }
  copy.flush();
  append_framing(out, head.framing);
  append_hop_fields(out, head);
  append_forwarded(out, head, forward);
  if (forward.edits != nullptr && !forward.edits->empty()) {
    char port[8];
    const char* port_end = std::to_chars(port, port + sizeof(port), forward.client_port).ptr;
    forward.edits->append_fields(out, {.client_ip = forward.client_ip,
                                       .client_port = {port, port_end},
                                       .request_id = forward.request_id,
                                       .host = head.authority(),
                                       .method = head.method_text(),
                                       .path = head.path_and_query(),
                                       .scheme = forward.scheme,
                                       .listener = forward.listener,
                                       .pool = forward.pool,
                                       .backend = forward.backend});
  }
  out.append("\r\n");
}

}  // namespace stickler::http
