// Failure: why an attempt or a whole exchange went wrong, in one word: one counter and one log word each. A value; any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lb/http/refusal.h"
#include "lb/metrics/counters.h"

namespace stickler::proxy {

enum class Failure : std::uint8_t {
  none,
  // The backend's.
  connect_error,
  connect_timeout,
  stale,   // A kept connection ended as it was used again: nobody's fault (RFC 9112 9.3.1).
  closed,  // Before a byte of its answer.
  reset,   // Likewise.
  cut_head,
  cut_body,
  bad_answer,
  answer_timeout,
  body_timeout,
  node_down,  // Confirmed down while it was asked.
  // The client's.
  client_reset,
  client_cut_body,
  client_stalled,  // Does not read its answer.
  bad_request_body,
  // Neither's.
  tunnel_idle,
  shutdown,
};
inline constexpr std::size_t failure_count = static_cast<std::size_t>(Failure::shutdown) + 1;
static_assert(failure_count <= metrics::reasons_max && http::refusal_count <= metrics::reasons_max);

inline constexpr std::array<std::string_view, failure_count> failure_words = {
    "none",         "connect_error",   "connect_timeout", "stale",
    "closed",       "reset",           "cut_head",        "cut_body",
    "bad_answer",   "answer_timeout",  "body_timeout",    "node_down",
    "client_reset", "client_cut_body", "client_stalled",  "bad_request_body",
    "tunnel_idle",  "shutdown"};

constexpr std::string_view to_string(Failure failure) { return failure_words[static_cast<std::size_t>(failure)]; }

constexpr bool is_clients_fault(Failure failure) {
  return failure >= Failure::client_reset && failure <= Failure::bad_request_body;
}

// What the client is told when the last attempt failed so.
constexpr http::Refusal refusal_of(Failure failure) {
  switch (failure) {
    case Failure::connect_error:
      return http::Refusal::connect_failed;
    case Failure::connect_timeout:
      return http::Refusal::connect_timeout;
    case Failure::answer_timeout:
    case Failure::body_timeout:
      return http::Refusal::answer_timeout;
    case Failure::bad_answer:
      return http::Refusal::bad_answer;
    default:
      return http::Refusal::no_answer;
  }
}

}  // namespace stickler::proxy
