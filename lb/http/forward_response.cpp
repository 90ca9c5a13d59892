#include "lb/http/forward_response.h"

#include <optional>

#include "lb/http/cache_control.h"
#include "lb/http/cookie.h"
#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/output.h"
#include "lb/http/range_copy.h"
#include "lb/http/writer.h"

namespace stickler::http {
namespace {

constexpr std::size_t own_fields_bytes = 128;  // Date, framing, Connection.

void put_status_line(Output& out, RangeCopy& copy, const ResponseHead& head) {
  constexpr std::string_view start = "HTTP/1.1 200 ";
  const Span& reason = head.reason_span;
  // As received, unless the version is another or the space behind the code is missing.
  if (reason.begin == start.size() && head.bytes()[7] == '1') return copy.keep(0, reason.begin + reason.size + 2);
  out.put("HTTP/1.1 ").put_number(head.status).put(" ").put(head.reason()).put("\r\n");
}

void put_field(Output& out, RangeCopy& copy, std::size_t i, const PrefixedCookie& prefixed) {
  const FieldBlock& head = copy.head();
  if (head[i].id != FieldId::set_cookie || prefixed.name.empty()) return copy.keep(i);
  copy.flush();
  out.put(head.range(head[i].line, head[i].value));
  put_with_node_prefix(out, head.value(i), prefixed.name, prefixed.node);
  out.put("\r\n");
}

class ResponseWriter {
 public:
  ResponseWriter(std::string& out, const ResponseHead& head, const ForwardResponse& forward)
      : head_(head),
        forward_(forward),
        edits_(forward.edits != nullptr && !forward.edits->empty() ? forward.edits : nullptr),
        makes_private_(!forward.set_cookie.empty() && (drops("Cache-Control") || !is_private(head))),
        out_(out, head.bytes().size() + forward.set_cookie.size() + own_fields_bytes),
        copy_(out_, head) {}

  void write();

 private:
  bool keeps(std::size_t i) const;
  std::optional<std::uint64_t> length() const;
  bool keeps_length() const;
  void put_framing();
  void put_connection();
  void put_own_fields();

  bool drops(std::string_view name) const { return edits_ != nullptr && edits_->drops(name); }

  // Without a body, but Content-Length says what there would be (RFC 9110 8.6, 15.4.5).
  bool announces_length() const {
    return (forward_.request->method == Method::head && head_.status >= 200 && head_.status != 204) ||
           head_.status == 304;
  }

  const ResponseHead& head_;
  const ForwardResponse& forward_;
  const HeaderEdits* edits_;  // nullptr: none.
  bool makes_private_;
  Output out_;
  RangeCopy copy_;
};

void ResponseWriter::write() {
  put_status_line(out_, copy_, head_);
  for (std::size_t i = 0; i < head_.size(); ++i) {
    if (keeps(i)) put_field(out_, copy_, i, forward_.prefixed);
  }
  copy_.flush();
  put_framing();
  put_connection();
  put_own_fields();
  out_.put("\r\n");
  out_.finish();
}

bool ResponseWriter::keeps(std::size_t i) const {
  if (drops(head_.name(i))) return false;
  switch (head_[i].id) {
    case FieldId::content_length:
      return keeps_length();
    case FieldId::cache_control:
      return !makes_private_;
    case FieldId::trailer:
      return forward_.framing.kind == BodyKind::chunked && !head_[i].named;
    default:
      return !is_hop_by_hop(head_[i]);
  }
}

// What Content-Length is to say; nothing: there is to be none.
std::optional<std::uint64_t> ResponseWriter::length() const {
  if (forward_.framing.kind == BodyKind::length) return forward_.framing.length;
  if (forward_.framing.kind == BodyKind::none && announces_length()) return head_.content_length;
  return std::nullopt;
}

bool ResponseWriter::keeps_length() const {
  const auto wanted = length();
  return wanted && wanted == head_.content_length && has_plain_length(head_);
}

void ResponseWriter::put_framing() {
  if (forward_.framing.kind == BodyKind::chunked) out_.put("Transfer-Encoding: chunked\r\n");
  if (const auto wanted = length(); wanted && !keeps_length()) {
    out_.put("Content-Length: ").put_number(*wanted).put("\r\n");
  }
}

void ResponseWriter::put_connection() {
  const bool switches = head_.status == 101;
  const bool upgrades = switches || (head_.status == 426 && upgrades_to_websocket(head_));
  const bool closes = !switches && !forward_.keep_alive;
  if (upgrades) {
    out_.put("Upgrade: websocket\r\n").put(closes ? "Connection: close, Upgrade\r\n" : "Connection: Upgrade\r\n");
  } else if (closes) {
    out_.put("Connection: close\r\n");
  } else if (forward_.request->minor_version == 0) {
    out_.put("Connection: keep-alive\r\n");
  }
}

void ResponseWriter::put_own_fields() {
  const bool dated = head_.status == 101 || head_.has(FieldId::date) || drops("Date");
  if (!dated) out_.put_field("Date", forward_.date);
  if (!forward_.set_cookie.empty()) out_.put_field("Set-Cookie", forward_.set_cookie);
  if (makes_private_) {
    if (drops("Cache-Control")) {
      out_.put("Cache-Control: private\r\n");
    } else {
      put_private(out_, head_);
    }
  }
  if (edits_ == nullptr) return;
  edits_->append_fields(out_, forward_.variables);
  if (const HeaderTemplate* host = edits_->host()) {
    out_.put("Host: ");
    host->append(out_, forward_.variables);
    out_.put("\r\n");
  }
}

}  // namespace

void write_response_head(std::string& out, const ResponseHead& head, const ForwardResponse& forward) {
  ResponseWriter(out, head, forward).write();
}

void write_interim_head(std::string& out, const ResponseHead& head, const PrefixedCookie& prefixed) {
  Output output(out, head.bytes().size() + own_fields_bytes);
  RangeCopy copy(output, head);
  put_status_line(output, copy, head);
  for (std::size_t i = 0; i < head.size(); ++i) {
    const bool framing = head[i].id == FieldId::content_length || head[i].id == FieldId::trailer;
    if (!framing && !is_hop_by_hop(head[i])) put_field(output, copy, i, prefixed);
  }
  copy.flush();
  output.put("\r\n").finish();
}

}  // namespace stickler::http
