#include "lb/http/reply.h"

#include <algorithm>
#include <array>

#include "lb/http/writer.h"

namespace stickler::http {
namespace {

struct Phrase {
  std::uint16_t status;
  std::string_view text;
};

constexpr std::array phrases = {
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{204, "No Content"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{417, "Expectation Failed"},
    Phrase{421, "Misdirected Request"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view reason_phrase(std::uint16_t status) {
  const auto* found = std::ranges::find(phrases, status, &Phrase::status);
  return found == phrases.end() ? std::string_view() : found->text;
}

Reply reply_to(Refusal refusal) {
  Reply reply{.status = status_of(refusal), .text = sentence_of(refusal), .fields = {}};
  // Who asks what may be done, or did what may not, is told what may (RFC 9110 10.2.1).
  if (reply.status == 405 || refusal == Refusal::options_answered)
    reply.fields = "Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n";
  return reply;
}

void write_reply(std::string& out, const Reply& reply, const ReplyContext& context) {
  append_status_line(out, reply.status, reason_phrase(reply.status));
  append_field(out, "Server", "stickler");
  append_field(out, "Date", context.date);
  append_field(out, "Content-Type", "text/plain; charset=utf-8");
  append_framing(out, {.kind = BodyKind::length, .length = reply.text.size() + 1});
  out.append(reply.fields);
  if (context.close) {
    out.append("Connection: close\r\n");
  } else if (context.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (!context.head_request) out.append(reply.text).append("\n");
}

}  // namespace stickler::http
