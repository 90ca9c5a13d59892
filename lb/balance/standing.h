// Standing: what a backend may be given now. A value; any thread.
#pragma once

#include <cstdint>

namespace stickler::balance {

enum class Standing : std::uint8_t {
  eligible,    // New choices and bound sessions.
  bound_only,  // Draining or of weight 0: only the sessions that are bound to it.
  down,        // Confirmed down by a verdict, an ejection or the configuration: nothing.
};

}  // namespace stickler::balance
