// FaultOrder: what POST /fault asks for. A value; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "backend_stub/answers.h"
#include "lb/base/clock.h"
#include "lb/base/error.h"

namespace stickler::stub {

enum class Fault : std::uint8_t {
  none,
  slow,            // Answered late.
  error,           // 500.
  hang,            // No answer until the fault ends.
  reset,           // The connection is reset instead of an answer.
  close_mid_body,  // The answer ends in the middle of its body.
  full,            // No new session; the ones that are there go on.
};

struct FaultOrder {
  Fault fault = Fault::none;
  std::optional<Duration> lasts;  // None: until the next order.
  double share = 1;               // Of the requests that are hit, chosen at random.
  Duration delay{};               // Before the hit request is looked at.
};

// Strict: an unknown key, a wrong type, and a key that has no effect beside the others are errors that say so.
Result<FaultOrder> parse_fault(std::string_view json);

Json to_json(const FaultOrder& order);  // As it was asked for.

}  // namespace stickler::stub
