// Refusal: why Stickler answers a request by itself, in one word: for the answer, the log and the metrics. Also why a
// backend's answer was not acceptable. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stickler::http {

enum class Refusal : std::uint8_t {
  none,
  // The bytes of a head (RFC 9112 2-5).
  bad_request_line,
  bad_method,
  bad_target,
  bad_version,
  bad_status_line,
  bad_field_name,
  bad_field_value,
  obs_fold,
  bare_line_break,
  bad_host,
  path_climbs_out,
  ambiguous_path,
  bad_max_forwards,
  // Where a body ends (RFC 9112 6, 7).
  te_and_cl,
  bad_content_length,
  bad_transfer_encoding,
  unknown_coding,
  te_in_http10,
  bad_chunk,
  bad_trailer,
  parsers_disagree,
  // What is well-formed and not served.
  unsupported_version,
  unknown_method,
  connect_refused,
  max_forwards_reached,
  options_answered,
  unknown_expectation,
  misdirected,
  unasked_upgrade,
  too_many_interim,
  // Limits.
  uri_too_long,
  head_too_large,
  too_many_fields,
  body_too_large,
  head_too_slow,
  body_too_slow,
  // No answer to be had from a backend.
  no_backend,
  node_down,
  node_full,
  queue_full,
  queue_timeout,
  connect_failed,
  connect_timeout,
  no_answer,
  bad_answer,
  answer_timeout,
};
inline constexpr std::size_t refusal_count = static_cast<std::size_t>(Refusal::answer_timeout) + 1;

std::string_view to_string(Refusal refusal);  // "te_and_cl"
std::uint16_t status_of(Refusal refusal);
std::string_view sentence_of(Refusal refusal);  // For the answer's body, without a line break.

}  // namespace stickler::http
