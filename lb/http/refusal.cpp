#include "lb/http/refusal.h"

#include <array>

namespace stickler::http {
namespace {

struct Row {
  std::string_view word;
  std::uint16_t status;
  std::string_view sentence;
};

constexpr std::array<Row, refusal_count> rows = {{
    {"none", 500, ""},
    {"bad_request_line", 400, "The request line is not METHOD SP target SP HTTP/1.x."},
    {"bad_method", 400, "The method is not a token of at most 32 bytes."},
    {"bad_target", 400, "The request target is not acceptable."},
    {"bad_version", 400, "The protocol version is malformed."},
    {"bad_status_line", 502, "The backend sent a malformed status line."},
    {"bad_field_name", 400, "A field name is not a token directly before its colon."},
    {"bad_field_value", 400, "A field value has a control character."},
    {"obs_fold", 400, "A field value is folded over several lines."},
    {"bare_line_break", 400, "A line does not end in CR LF."},
    {"bad_host", 400, "There must be exactly one valid Host."},
    {"path_climbs_out", 400, "The path climbs above its root, or into an encoded or an empty segment."},
    {"ambiguous_path", 400, "The path's separators can be read in ways that lead to different routes."},
    {"bad_max_forwards", 400, "Max-Forwards must be one decimal number, given once."},
    {"te_and_cl", 400, "Transfer-Encoding and Content-Length exclude each other."},
    {"bad_content_length", 400, "Content-Length must be one decimal number, given once."},
    {"bad_transfer_encoding", 400, "Transfer-Encoding must be chunked, given once."},
    {"unknown_coding", 501, "This transfer coding is not supported."},
    {"te_in_http10", 400, "HTTP/1.0 has no Transfer-Encoding."},
    {"bad_chunk", 400, "The chunked body is malformed."},
    {"bad_trailer", 400, "The trailer section is malformed or too large."},
    {"parsers_disagree", 400, "The end of the body is not clear."},
    {"unsupported_version", 505, "This protocol version is not supported."},
    {"unknown_method", 501, "This method is not known."},
    {"connect_refused", 405, "CONNECT is not allowed here."},
    {"max_forwards_reached", 405, "Max-Forwards is 0, and this is a proxy."},
    {"options_answered", 200, "Max-Forwards is 0, so this proxy answers for itself."},
    {"unknown_expectation", 417, "The only expectation understood is 100-continue."},
    {"misdirected", 421, "This host and path are not served here."},
    {"unasked_upgrade", 502, "The backend switched protocols unasked."},
    {"too_many_interim", 502, "The backend sent too many interim answers."},
    {"uri_too_long", 414, "The request target is too long."},
    {"head_too_large", 431, "The head is too large."},
    {"too_many_fields", 431, "There are too many fields."},
    {"body_too_large", 413, "The body is too large."},
    {"head_too_slow", 408, "The head did not arrive in time."},
    {"body_too_slow", 408, "The body did not arrive in time."},
    {"no_backend", 503, "No backend is available."},
    {"node_down", 503, "The node of this session is down."},
    {"node_full", 503, "The node of this session is busy."},
    {"queue_full", 503, "All backends are busy and the queue is full."},
    {"queue_timeout", 503, "All backends are busy."},
    {"connect_failed", 502, "The backend refused the connection."},
    {"connect_timeout", 504, "The backend did not accept the connection in time."},
    {"no_answer", 502, "The backend closed the connection without an answer."},
    {"bad_answer", 502, "The backend sent a malformed answer."},
    {"answer_timeout", 504, "The backend did not answer in time."},
}};

const Row& row_of(Refusal refusal) { return rows[static_cast<std::size_t>(refusal)]; }

}  // namespace

std::string_view to_string(Refusal refusal) { return row_of(refusal).word; }
std::uint16_t status_of(Refusal refusal) { return row_of(refusal).status; }
std::string_view sentence_of(Refusal refusal) { return row_of(refusal).sentence; }

}  // namespace stickler::http
