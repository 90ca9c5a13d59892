#include "lb/http/framing.h"

#include "lb/base/bytes.h"
#include "lb/http/byte_scan.h"

namespace stickler::http {
namespace {

// Each option costs a look at each field.
constexpr std::size_t connection_options_max = 32;

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

// The one valid Content-Length.
std::optional<std::uint64_t> content_length_of(const FieldBlock& head) {
  if (head.count(FieldId::content_length) != 1) return std::nullopt;
  return parse_decimal(head.value_of(FieldId::content_length));
}

// The rules that requests and answers share. Leaves `framing` alone where neither field stands.
Refusal frame(const FieldBlock& head, std::uint8_t minor_version, Framing& framing) {
  if (head.has(FieldId::transfer_encoding)) {
    if (head.has(FieldId::content_length)) return Refusal::te_and_cl;
    if (minor_version == 0) return Refusal::te_in_http10;
    if (head.count(FieldId::transfer_encoding) > 1) return Refusal::bad_transfer_encoding;
    const Refusal refusal = check_codings(head.value_of(FieldId::transfer_encoding));
    if (refusal == Refusal::none) framing = {.kind = BodyKind::chunked, .length = 0};
    return refusal;
  }
  if (!head.has(FieldId::content_length)) return Refusal::none;
  const auto length = content_length_of(head);
  if (!length) return Refusal::bad_content_length;
  framing = {.kind = BodyKind::length, .length = *length};
  return Refusal::none;
}

// RFC 9110 7.6.2: to be counted down on the methods that explore the way. What cannot be counted would go in circles.
Refusal read_max_forwards(RequestHead& head) {
  head.max_forwards.reset();
  const bool counts = head.method == Method::options || head.method == Method::trace;
  if (!counts || !head.has(FieldId::max_forwards)) return Refusal::none;
  head.max_forwards = parse_decimal(head.value_of(FieldId::max_forwards));
  return head.max_forwards && head.count(FieldId::max_forwards) == 1 ? Refusal::none : Refusal::bad_max_forwards;
}

// The fields that only this connection is concerned with are marked.
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool names_fields = false;
  std::size_t count = 0;
};

void mark_named(FieldBlock& head, std::string_view name) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (equals_ignore_case(head.name(i), name)) head.mark_named(i);
  }
}

ConnectionOptions connection_options(FieldBlock& head) {
  ConnectionOptions options;
  if (!head.has(FieldId::connection)) return options;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::connection) continue;
    if (equals_ignore_case(head.value(i), "keep-alive")) {  // What most clients say, and alone.
      options.keep_alive = true;
      continue;
    }
    for_each_element(head.value(i), [&](std::string_view option) {
      if (equals_ignore_case(option, "close")) {
        options.close = true;
      } else if (equals_ignore_case(option, "keep-alive")) {
        options.keep_alive = true;
      } else if (equals_ignore_case(option, "upgrade")) {
        options.upgrade = true;
      } else if (!option.empty()) {
        options.names_fields = true;
        mark_named(head, option);
      }
      return ++options.count <= connection_options_max;
    });
  }
  return options;
}

bool persists(const ConnectionOptions& options, std::uint8_t minor_version) {
  return !options.close && (minor_version >= 1 || options.keep_alive);
}

}  // namespace

bool upgrades_to_websocket(const FieldBlock& head) {
  if (!head.has(FieldId::upgrade)) return false;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id == FieldId::upgrade && list_has(head.value(i), "websocket")) return true;
  }
  return false;
}

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
  if (const Refusal refusal = frame(head, head.minor_version, head.framing); refusal != Refusal::none) return refusal;
  if (const Refusal refusal = read_max_forwards(head); refusal != Refusal::none) return refusal;
  const ConnectionOptions options = connection_options(head);
  if (options.count > connection_options_max) return Refusal::too_many_fields;
  head.keep_alive = persists(options, head.minor_version);
  head.connection_names_fields = options.names_fields;
  head.expect_continue = head.wants_websocket = false;
  for (std::size_t i = 0; head.has(FieldId::expect) && i < head.size(); ++i) {
    if (head[i].id != FieldId::expect) continue;
    if (!equals_ignore_case(head.value(i), "100-continue")) return Refusal::unknown_expectation;
    head.expect_continue = head.minor_version >= 1;
  }
  head.wants_websocket = options.upgrade && head.method == Method::get && head.minor_version >= 1 &&
                         head.framing.kind == BodyKind::none && upgrades_to_websocket(head);
  return Refusal::none;
}

Refusal frame_response(ResponseHead& head, const AnswerContext& context) {
  const ConnectionOptions options = connection_options(head);
  if (options.count > connection_options_max) return Refusal::too_many_fields;
  head.keep_alive = persists(options, head.minor_version);
  head.connection_names_fields = options.names_fields;
  head.framing = {};
  head.content_length = head.has(FieldId::transfer_encoding) ? std::nullopt : content_length_of(head);
  if (head.status == 101 && !(context.upgrade_requested && upgrades_to_websocket(head))) {
    return Refusal::unasked_upgrade;
  }
  if (context.head_request || head.status < 200 || head.status == 204 || head.status == 304) return Refusal::none;
  head.framing = {.kind = BodyKind::until_close, .length = 0};
  const Refusal refusal = frame(head, head.minor_version, head.framing);
  if (head.framing.kind == BodyKind::until_close) head.keep_alive = false;
  return refusal;
}

Framing framing_to_client(const ResponseHead& answer, const RequestHead& request) {
  const BodyKind kind = answer.framing.kind;
  if (kind == BodyKind::none || kind == BodyKind::length) return answer.framing;
  return {.kind = request.minor_version >= 1 ? BodyKind::chunked : BodyKind::until_close, .length = 0};
}

}  // namespace stickler::http
