#include "lb/http/forward_request.h"

#include <charconv>

#include "lb/http/cookie.h"
#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/host.h"
#include "lb/http/output.h"
#include "lb/http/range_copy.h"
#include "lb/http/writer.h"

namespace stickler::http {
namespace {

class RequestWriter {
 public:
  RequestWriter(std::string& out, const RequestHead& head, const ForwardRequest& forward)
      : head_(head),
        forward_(forward),
        edits_(forward.edits != nullptr && !forward.edits->empty() ? forward.edits : nullptr),
        out_(out, bytes_expected()),
        copy_(out_, head) {}

  void write();

 private:
  std::size_t bytes_expected() const;
  void put_request_line();
  void put_host();
  void put_kept_fields();
  bool keeps(std::size_t i) const;
  void put_cookies(std::size_t i);
  void put_without_prefix(std::size_t i);
  void put_framing();
  void put_hop_fields();
  void put_forwarded_fields();
  void put_forwarded();
  void put_extended(FieldId id, std::string_view name);
  HeaderVariables variables();

  bool is_wanted(std::string_view name) const { return edits_ == nullptr || !edits_->drops(name); }

  const RequestHead& head_;
  const ForwardRequest& forward_;
  const HeaderEdits* edits_;  // nullptr: none.
  Output out_;
  RangeCopy copy_;
  bool keeps_host_ = true;
  char port_[8];
};

void RequestWriter::write() {
  put_request_line();
  put_host();
  put_kept_fields();
  put_framing();
  put_hop_fields();
  put_forwarded_fields();
  if (edits_ != nullptr) edits_->append_fields(out_, variables());
  out_.put("\r\n");
  out_.finish();
}

// Enough unless the configuration adds fields.
std::size_t RequestWriter::bytes_expected() const {
  return head_.bytes().size() + 2 * head_.authority().size() + forward_.client_ip.size() + forward_.request_id.size() +
         256;
}

void RequestWriter::put_request_line() {
  constexpr std::string_view version = "HTTP/1.1";
  const std::size_t at = head_.target_span.begin + head_.target_span.size + 1;
  if (!head_.absolute_target && head_.range(at, at + version.size()) == version) {
    return copy_.keep(head_.method_span.begin, at + version.size() + 2);
  }
  const std::string_view path = head_.path_and_query();
  out_.put(head_.method_text()).put(" ");
  if (path.starts_with('?')) out_.put("/");  // Of an absolute target without a path (RFC 9112 3.2.1).
  out_.put(path).put(" HTTP/1.1\r\n");
}

// The client's Host goes on where it stands, if it is the one to go on. A client of HTTP/1.0 may have sent none; there
// has to be one in 1.1, and the pool is what it amounts to.
void RequestWriter::put_host() {
  const HeaderTemplate* ours = edits_ != nullptr ? edits_->host() : nullptr;
  if (ours == nullptr && !head_.absolute_target && !head_.authority().empty()) return;
  keeps_host_ = false;
  copy_.flush();
  out_.put("Host: ");
  const std::size_t value = out_.size();
  if (ours != nullptr) ours->append(out_, variables());
  for (const std::string_view fallback : {head_.authority(), forward_.pool, std::string_view("localhost")}) {
    if (is_host_and_port(out_.since(value))) break;
    out_.cut(value);
    out_.put(fallback);
  }
  out_.put("\r\n");
}

void RequestWriter::put_kept_fields() {
  for (std::size_t i = 0; i < head_.size(); ++i) {
    if (edits_ != nullptr && edits_->drops(head_.name(i))) continue;
    if (head_[i].id == FieldId::cookie && !forward_.strip_cookie.empty()) {
      put_cookies(i);
    } else if (head_[i].id == FieldId::cookie && !forward_.prefixed_cookie.empty()) {
      put_without_prefix(i);
    } else if (keeps(i)) {
      copy_.keep(i);
    }
  }
  copy_.flush();
}

bool RequestWriter::keeps(std::size_t i) const {
  switch (head_[i].id) {
    case FieldId::host:
      return keeps_host_;
    case FieldId::content_length:
      return has_plain_length(head_);
    case FieldId::max_forwards:
      return !head_.max_forwards;  // Else counted down.
    case FieldId::expect:
      return head_.expect_continue;  // HTTP/1.0 knows none (RFC 9110 10.1.1).
    case FieldId::trailer:
      return head_.framing.kind == BodyKind::chunked && !head_[i].named;
    case FieldId::x_forwarded_other:
      return forward_.trusted && !head_[i].named;
    case FieldId::discarded:
    case FieldId::forwarded:  // And those that follow: written by us.
    case FieldId::via:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_proto:
    case FieldId::x_request_id:
      return false;
    default:
      return !is_hop_by_hop(head_[i]);
  }
}

void RequestWriter::put_cookies(std::size_t i) {
  if (!has_cookie(head_.value(i), forward_.strip_cookie)) return copy_.keep(i);
  copy_.flush();
  const std::size_t start = out_.size();
  out_.put(head_.name(i)).put(": ");
  if (put_without_cookie(out_, head_.value(i), forward_.strip_cookie)) {
    out_.put("\r\n");
  } else {
    out_.cut(start);
  }
}

void RequestWriter::put_without_prefix(std::size_t i) {
  if (!has_cookie(head_.value(i), forward_.prefixed_cookie)) return copy_.keep(i);
  copy_.flush();
  out_.put(head_.range(head_[i].line, head_[i].value));
  put_without_node_prefix(out_, head_.value(i), forward_.prefixed_cookie);
  out_.put("\r\n");
}

void RequestWriter::put_framing() {
  if (head_.framing.kind == BodyKind::chunked) {
    out_.put("Transfer-Encoding: chunked\r\n");
  } else if (head_.framing.kind == BodyKind::length && !has_plain_length(head_)) {
    out_.put("Content-Length: ").put_number(head_.framing.length).put("\r\n");
  }
}

void RequestWriter::put_hop_fields() {
  if (head_.wants_websocket) {
    out_.put("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  } else if (head_.has(FieldId::te) && head_.minor_version >= 1) {
    for (std::size_t i = 0; i < head_.size(); ++i) {
      if (head_[i].id != FieldId::te || !list_has(head_.value(i), "trailers")) continue;
      out_.put("TE: trailers\r\nConnection: TE\r\n");
      break;
    }
  }
  if (head_.max_forwards && *head_.max_forwards > 0) {
    out_.put("Max-Forwards: ").put_number(*head_.max_forwards - 1).put("\r\n");
  }
}

// The defaults that every backend gets, unless the configuration removes or sets them.
void RequestWriter::put_forwarded_fields() {
  if (is_wanted("X-Forwarded-For")) {
    if (forward_.trusted) {
      put_extended(FieldId::x_forwarded_for, "X-Forwarded-For");
      out_.put(forward_.client_ip).put("\r\n");
    } else {
      out_.put_field("X-Forwarded-For", forward_.client_ip);
    }
  }
  const auto put_kept_or = [&](FieldId id, std::string_view name, std::string_view ours) {
    const std::string_view given = forward_.trusted ? head_.value_of(id) : std::string_view();
    const std::string_view value = given.empty() ? ours : given;
    if (!value.empty() && is_wanted(name)) out_.put_field(name, value);
  };
  put_kept_or(FieldId::x_forwarded_proto, "X-Forwarded-Proto", forward_.scheme);
  put_kept_or(FieldId::x_forwarded_host, "X-Forwarded-Host", head_.authority());
  if (forward_.trusted && head_.has(FieldId::forwarded) && is_wanted("Forwarded")) put_forwarded();
  if (is_wanted("X-Request-Id")) out_.put_field("X-Request-Id", forward_.request_id);
  if (is_wanted("Via")) {
    put_extended(FieldId::via, "Via");
    out_.put(head_.minor_version == 0 ? "1.0 stickler\r\n" : "1.1 stickler\r\n");
  }
}

// What a trusted client sent, and our hop (RFC 7239 4). Whatever is no token is quoted.
void RequestWriter::put_forwarded() {
  put_extended(FieldId::forwarded, "Forwarded");
  const std::string_view ip = forward_.client_ip;
  if (ip.find(':') != std::string_view::npos) {
    out_.put("for=\"[").put(ip).put("]\"");
  } else {
    out_.put("for=").put(ip.find('.') != std::string_view::npos ? ip : "unknown");
  }
  if (const std::string_view host = head_.authority(); !host.empty()) {
    const std::string_view quote = host.find(':') != std::string_view::npos ? "\"" : "";
    out_.put(";host=").put(quote).put(host).put(quote);
  }
  out_.put(";proto=").put(forward_.scheme).put("\r\n");
}

// "name: " and the values that came, before ours.
void RequestWriter::put_extended(FieldId id, std::string_view name) {
  out_.put(name).put(": ");
  if (!head_.has(id)) return;
  for (std::size_t i = 0; i < head_.size(); ++i) {
    if (head_[i].id == id && head_[i].value_size > 0) out_.put(head_.value(i)).put(", ");
  }
}

HeaderVariables RequestWriter::variables() {
  const char* port_end = std::to_chars(port_, port_ + sizeof(port_), forward_.client_port).ptr;
  return {.client_ip = forward_.client_ip,
          .client_port = {port_, port_end},
          .request_id = forward_.request_id,
          .host = head_.authority(),
          .method = head_.method_text(),
          .path = head_.path_and_query(),
          .scheme = forward_.scheme,
          .listener = forward_.listener,
          .pool = forward_.pool,
          .backend = forward_.backend};
}

}  // namespace

void write_request_head(std::string& out, const RequestHead& head, const ForwardRequest& forward) {
  RequestWriter(out, head, forward).write();
}

}  // namespace stickler::http
