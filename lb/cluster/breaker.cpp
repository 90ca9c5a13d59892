#include "lb/cluster/breaker.h"

#include <algorithm>

namespace stickler::cluster {

void Breaker::open(Ejected why, const OutlierRules& rules, TimePoint now) {
  history_.in_a_row = has_stayed(now) ? 1 : std::min(history_.in_a_row + 1, growth_max);
  history_.last_length = rules.eject * history_.in_a_row;
  history_.out_until = now + history_.last_length;
  history_.until = history_.out_until;
  history_.why = why;
  history_.state = State::open;
}

void Breaker::half_open(const OutlierRules& rules, TimePoint now) {
  trials_ = 0;
  history_.until = now + rules.eject;
  history_.state = State::half_open;
}

void Breaker::record_trial(bool ok, const OutlierRules& rules, TimePoint now) {
  if (history_.state != State::half_open) return;
  if (!ok) return open(Ejected::trial, rules, now);
  if (++trials_ >= trials_max) close();
}

std::optional<TimePoint> Breaker::until() const {
  if (is_closed()) return std::nullopt;
  return history_.until;
}

std::uint32_t Breaker::failures_max(const OutlierRules& rules, TimePoint now) const {
  return has_stayed(now) ? rules.consecutive_failures : std::min(rules.consecutive_failures, failures_when_back);
}

}  // namespace stickler::cluster
