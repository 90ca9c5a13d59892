#include "lb/http/framing.h"

#include "lb/base/bytes.h"
#include "lb/http/field_scan.h"

namespace stickler::http {
namespace {

// Calls `visit` with each element of a comma-separated value, trimmed; stops when it returns false.
template <class Visit>
void for_each_element(std::string_view value, Visit visit) {
  while (true) {
    const std::size_t comma = value.find(',');
    if (!visit(trim_blanks(value.substr(0, comma))) || comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

// chunked, once, last and alone. Another coding is one we do not have; anything else is no list of codings.
Refusal check_codings(std::string_view value) {
  Refusal result = Refusal::none;
  bool chunked_seen = false;
  for_each_element(value, [&](std::string_view coding) {
    if (!is_token(coding) || chunked_seen) {
      result = Refusal::bad_transfer_encoding;
      return false;
    }
    if (equals_ignore_case(coding, "chunked")) {
      chunked_seen = true;
    } else {
      result = Refusal::unknown_coding;
    }
    return true;
  });
  return result;
}

// Which of the fields that frame a body there are.
struct Lengths {
  std::size_t transfer_encodings = 0;
  std::size_t content_lengths = 0;
  std::string_view transfer_encoding;
  std::string_view content_length;
};

Lengths lengths_of(const FieldBlock& head) {
  Lengths lengths;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id == FieldId::transfer_encoding) {
      ++lengths.transfer_encodings;
      lengths.transfer_encoding = head.value(i);
    } else if (head[i].id == FieldId::content_length) {
      ++lengths.content_lengths;
      lengths.content_length = head.value(i);
    }
  }
  return lengths;
}

// The rules that requests and answers share. Leaves `framing` alone where neither field stands.
Refusal frame(const FieldBlock& head, std::uint8_t minor_version, Framing& framing) {
  const Lengths lengths = lengths_of(head);
  if (lengths.transfer_encodings > 0) {
    if (lengths.content_lengths > 0) return Refusal::te_and_cl;
    if (minor_version == 0) return Refusal::te_in_http10;
    if (lengths.transfer_encodings > 1) return Refusal::bad_transfer_encoding;
    const Refusal refusal = check_codings(lengths.transfer_encoding);
    if (refusal == Refusal::none) framing = {.kind = BodyKind::chunked, .length = 0};
    return refusal;
  }
  if (lengths.content_lengths == 0) return Refusal::none;
  const auto length = parse_decimal(lengths.content_length);
  if (lengths.content_lengths > 1 || !length) return Refusal::bad_content_length;
  framing = {.kind = BodyKind::length, .length = *length};
  return Refusal::none;
}

struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
};

ConnectionOptions connection_options(const FieldBlock& head) {
  ConnectionOptions options;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::connection) continue;
    options.close |= list_has(head.value(i), "close");
    options.keep_alive |= list_has(head.value(i), "keep-alive");
    options.upgrade |= list_has(head.value(i), "upgrade");
  }
  return options;
}

bool persists(const ConnectionOptions& options, std::uint8_t minor_version) {
  return !options.close && (minor_version >= 1 || options.keep_alive);
}

}  // namespace

bool list_has(std::string_view value, std::string_view token) {
  bool found = false;
  for_each_element(value, [&](std::string_view element) {
    found = equals_ignore_case(element, token);
    return !found;
  });
  return found;
}

Refusal frame_request(RequestHead& head) {
  head.framing = {};
  head.expect_continue = false;
  if (const Refusal refusal = frame(head, head.minor_version, head.framing); refusal != Refusal::none) return refusal;
  const ConnectionOptions options = connection_options(head);
  head.keep_alive = persists(options, head.minor_version);
  bool websocket = false;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id == FieldId::expect) {
      if (!equals_ignore_case(head.value(i), "100-continue")) return Refusal::unknown_expectation;
      head.expect_continue = head.minor_version >= 1;
    }
    websocket |= head[i].id == FieldId::upgrade && equals_ignore_case(head.value(i), "websocket");
  }
  head.wants_websocket = websocket && options.upgrade && head.method == Method::get && head.minor_version >= 1 &&
                         head.framing.kind == BodyKind::none;
  return Refusal::none;
}

Refusal frame_response(ResponseHead& head, const AnswerContext& context) {
  head.keep_alive = persists(connection_options(head), head.minor_version);
  head.framing = {};
  if (head.status == 101 && !context.upgrade_requested) return Refusal::unasked_upgrade;
  if (context.head_request || head.status < 200 || head.status == 204 || head.status == 304) return Refusal::none;
  head.framing = {.kind = BodyKind::until_close, .length = 0};
  const Refusal refusal = frame(head, head.minor_version, head.framing);
  if (head.framing.kind == BodyKind::until_close) head.keep_alive = false;
  return refusal;
}

Framing framing_to_client(const ResponseHead& answer, const RequestHead& request) {
  const bool chunks = request.minor_version >= 1;
  switch (answer.framing.kind) {
    case BodyKind::none:
    case BodyKind::length:
      return answer.framing;
    case BodyKind::chunked:
    case BodyKind::until_close:
      break;
  }
  return {.kind = chunks ? BodyKind::chunked : BodyKind::until_close, .length = 0};
}

}  // namespace stickler::http
