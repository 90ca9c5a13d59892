// A backend's circuit breaker: closed while its traffic is well; open, that is ejected, for a while when it is not; and
// half open after that, when single requests try it before all come back. Pure, time passed in.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/cluster/outlier.h"

namespace stickler::cluster {

// Why a backend was ejected.
enum class Ejected : std::uint8_t {
  failures,      // In a row.
  success_rate,  // Far below that of the others (success_rate.h).
  trial,         // It failed again as it was tried.
};
inline constexpr std::array<std::string_view, 3> ejected_words = {"consecutive_failures", "success_rate", "trial"};
constexpr std::string_view to_string(Ejected why) { return ejected_words[static_cast<std::size_t>(why)]; }

// Each time out lasts one `eject` longer than the one before, up to growth_max of them; a backend that has stayed in
// for as long as it was out begins anew, and until then little is needed to open it again: a backend that flaps must
// not cost consecutive_failures requests each time. Control thread.
class Breaker {
 public:
  static constexpr std::uint32_t growth_max = 5;
  static constexpr std::uint32_t trials_max = 3;          // Good ones in a row that close it.
  static constexpr std::uint32_t failures_when_back = 2;  // In a row, until it has stayed in.

  enum class State : std::uint8_t { closed, open, half_open };

  struct History {
    State state = State::closed;
    Ejected why = Ejected::failures;  // It was opened last.
    TimePoint until{};                // When the state ends by itself, unless it is closed.
    TimePoint out_until{};            // When it was last to end being open.
    Duration last_length{};           // Of that.
    std::uint32_t in_a_row = 0;       // Times out.
  };

  Breaker() = default;
  explicit Breaker(const History& history) : history_(history) {}  // For another process to go on with.
  const History& history() const { return history_; }

  void open(Ejected why, const OutlierRules& rules, TimePoint now);
  void half_open(const OutlierRules& rules, TimePoint now);  // For one `eject`.
  void close() { history_.state = State::closed; }           // At once, e.g. because probes found it up again.

  // One request that tried it. Does nothing unless it is half open.
  void record_trial(bool ok, const OutlierRules& rules, TimePoint now);

  State state() const { return history_.state; }
  bool is_closed() const { return history_.state == State::closed; }
  Ejected why() const { return history_.why; }
  std::optional<TimePoint> until() const;  // When this state ends by itself; nullopt: closed.
  std::uint32_t failures_max(const OutlierRules& rules, TimePoint now) const;  // In a row, that open it now.

 private:
  bool has_stayed(TimePoint now) const {
    return history_.in_a_row == 0 || now - history_.out_until >= history_.last_length;
  }

  History history_;
  std::uint32_t trials_ = 0;
};

// Whose turn it is to try a backend that is half open: one request's over all workers, or the first of those that are
// bound to it, which do not wait for their turn. Part of the Backend; any thread.
// Workers take and leave it; control looks how far it has come. Relaxed: it orders nothing else.
class TrialTurn {
 public:
  enum class Stage : std::uint8_t { free, waiting, answered };

  bool take() {
    Stage free = Stage::free;
    return stage_.compare_exchange_strong(free, Stage::waiting, std::memory_order_relaxed);
  }
  void note_answer() { stage_.store(Stage::answered, std::memory_order_relaxed); }  // Its head came. Who has the turn.
  void leave() { stage_.store(Stage::free, std::memory_order_relaxed); }            // Likewise.
  Stage stage() const { return stage_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Stage> stage_{Stage::free};
};

}  // namespace stickler::cluster
