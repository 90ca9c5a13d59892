// Standing: what a backend may be given now. A value; any thread.
#pragma once

#include <cstdint>

#include "lb/base/clock.h"

namespace stickler::balance {

enum class Standing : std::uint8_t {
  eligible,    // New choices and bound sessions.
  standby,     // Well, but primaries serve: only the sessions that are bound to it, until its turn comes.
  bound_only,  // Draining or of weight 0: only the sessions that are bound to it.
  drained,     // Well, but its drain came to an end: nothing, and the sessions bound to it move.
  down,        // Confirmed down by a verdict, an ejection or the configuration: nothing.
};

// Of a backend since when it has been well, if that is so long ago that sessions which left it may come back
// (cluster::Steadiness): it has not.
inline constexpr TimePoint not_steady = TimePoint::max();

// Whether the sessions that are bound to it may go there.
constexpr bool takes_bound(Standing standing) {
  return standing == Standing::eligible || standing == Standing::standby || standing == Standing::bound_only;
}

}  // namespace stickler::balance
