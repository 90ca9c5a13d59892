// Steadiness: whether a backend has been well for so long that sessions which left it may come back: the damping of
// failback, so that users of a backend that flaps are not moved to and fro with it. Pure, time passed in.
//
// How long that is doubles with each failure, up to 64 times `first`; a backend that has been well for twice as long as
// was asked of it last begins anew.
#pragma once

#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

namespace stickler::cluster {

class Steadiness {
 public:
  static constexpr std::uint32_t failures_max = 7;

  struct History {
    std::optional<TimePoint> well_since{};  // Empty: it is not.
    std::uint32_t failures = 0;             // That are not forgotten, up to failures_max.

    friend bool operator==(const History&, const History&) = default;
  };

  Steadiness() = default;
  explicit Steadiness(const History& history) : history_(history) {}  // For another process to go on with.
  const History& history() const { return history_; }

  // Why it is not well: by itself, or because an operator has said so, which is no failure.
  enum class Out : std::uint8_t { failed, ordered };

  void come_in(TimePoint now);  // Does nothing where it is in, as go_out() where it is out.
  void go_out(Out why, Duration first, TimePoint now);
  void restart(Duration first, TimePoint now);  // It was gone and is back, empty, before anybody saw it.

  bool is_steady(Duration first, TimePoint now) const;
  std::optional<TimePoint> steady_at(Duration first, TimePoint now) const;  // nullopt: it is, or is out.

  Duration wait(Duration first) const;  // How long it has to have been well.

 private:
  History history_;
};

}  // namespace stickler::cluster
