// Verdict: whether a backend is up, judged by a row of probes. Pure; one thread (control).
#pragma once

namespace stickler::health {

enum class Change : unsigned char { none, became_up, became_down };

struct VerdictRules {
  unsigned rise = 2;  // Successes in a row until a backend that was down is up. Requires: >= 1.
  unsigned fall = 3;  // Failures in a row until a backend that was up is down. Requires: >= 1.
};

class Verdict {
 public:
  explicit Verdict(VerdictRules rules, bool up = true) : rules_(rules), up_(up) {}

  // A probe that agrees with the verdict ends the streak: one lost packet a minute must not add up to "down".
  Change record(bool ok) {
    if (ok == up_) {
      against_ = 0;
      return Change::none;
    }
    if (++against_ < (up_ ? rules_.fall : rules_.rise)) return Change::none;
    up_ = ok;
    against_ = 0;
    return up_ ? Change::became_up : Change::became_down;
  }

  bool up() const { return up_; }

 private:
  VerdictRules rules_;
  bool up_;
  unsigned against_ = 0;  // Probes in a row that contradict the verdict.
};

}  // namespace stickler::health
