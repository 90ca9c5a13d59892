// Decision: where one request went, or would go, and why no other backend got it: what explain and why show. A value
// with names of its own, which outlive the epoch it was made in; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/affinity/choice.h"
#include "lb/balance/registry.h"
#include "lb/base/clock.h"
#include "lb/cluster/health_state.h"
#include "lb/http/refusal.h"
#include "lb/proxy/choosing.h"
#include "lb/proxy/outcome.h"

namespace stickler::proxy {

// The session as it was found, by our cookie or by what the application says of it.
struct SessionFound {
  enum class State : std::uint8_t { absent, valid, expired, forged, unbound };  // unbound: known by name only.

  State state = State::absent;
  std::string primary{};  // Of a valid one: the member that it names; "": none of the pool.
  std::string backup{};   // Likewise.
  std::string home{};     // Likewise: where it was before it failed over.
  std::optional<Duration> age{};
  std::optional<Duration> unused{};  // Since it was seen last.
};

struct DecidedAttempt {
  std::string backend;
  ChosenBy by = ChosenBy::nobody;
  Failure failure = Failure::none;
};

// A member of the pool as the request found it. Empty: not known.
struct Considered {
  std::string name;
  std::string address{};
  std::optional<std::uint32_t> weight{};
  std::optional<std::uint32_t> in_flight{};
  std::optional<cluster::State> state{};
  cluster::Exclusion exclusion = cluster::Exclusion::none;
  bool is_chosen = false;
  std::string_view why_not{};  // "" of the chosen one; static.
};

// What becomes of a request if the place that it waits for does not become free.
struct GivingUp {
  Duration after{};
  ChosenBy by = ChosenBy::nobody;  // Whom it goes to then; nobody: it is answered by us.
  std::string backend{};
  http::Refusal refusal = http::Refusal::none;
};

struct Decision {
  std::string listener;
  std::string route{};  // "": none was found, and there is no more to say.
  std::string pool{};
  std::string_view policy{};             // Static.
  bool panics = false;                   // The pool: health was ignored.
  std::optional<SessionFound> cookie{};  // Empty: the pool has no affinity.
  affinity::Verdict verdict = affinity::Verdict::none;
  bool sets_cookie = false;
  http::Refusal refusal = http::Refusal::none;  // Answered by us, for this reason.
  ChosenBy by = ChosenBy::nobody;
  std::string backend{};               // "": none.
  bool waits = false;                  // For a place at it.
  std::optional<GivingUp> gives_up{};  // Of one that waits, as things stand.
  std::string waited_at{};             // For a place, in vain; "": it did not.
  std::vector<Considered> members{};
  std::size_t members_left_out = 0;

  // Of a request that was served.
  struct Served {
    WallTime at;
    Duration taken{};
    std::uint16_t status = 0;  // 0: there was no answer.
    Failure failure = Failure::none;
    std::vector<DecidedAttempt> attempts;
  };
  std::optional<Served> served{};
};

// What is known of the choice by which a member is judged.
struct Judging {
  ChosenBy by = ChosenBy::nobody;
  balance::DecidedBy decided_by = balance::DecidedBy::turn;
  bool has_key = false;  // For the policy that asks for one.
};

// Of a member as the choice found it; empty weight or load: not known.
struct Judged {
  cluster::Exclusion exclusion = cluster::Exclusion::none;
  bool has_failed = false;      // It was tried before.
  bool was_waited_for = false;  // In vain: it had no place.
  bool is_full = false;
  std::optional<std::uint32_t> load{};
  std::optional<std::uint32_t> load_of_chosen{};
  std::uint32_t weight = 1;
  std::uint32_t weight_of_chosen = 1;
};

// The one word for why `member` is not the chosen one.
std::string_view why_not(const Judged& member, const Judging& choice);

// Every word of why_not(), for the documents.
std::span<const std::string_view> why_not_words();

SessionFound::State state_of(const Session& session);

std::string_view to_string(ChosenBy by);                // "", "session", "backup", "policy", "trial"
std::string_view to_string(SessionFound::State state);  // "absent", ...

}  // namespace stickler::proxy
