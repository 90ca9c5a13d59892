// DecisionReport: where one request went, or would go, and why, in the words that the API shows. A value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/clock.h"

namespace stickler::admin {

struct SessionCookieReport {
  std::string state;    // "absent", "valid", "expired", "forged", "unbound".
  std::string primary;  // Whom it names; "": not known, or nobody of the pool.
  std::string backup;   // Likewise.
  std::string home;     // Likewise: where it was before it failed over.
  std::optional<Duration> age{};
  std::optional<Duration> unused{};
};

struct AttemptReport {
  std::string backend;
  std::string chosen_by;
  std::string failure;  // "": it answered.
};

struct CandidateReport {
  std::string name;
  std::string address;
  std::string state;  // "up", "draining", "drained", "trial", "ejected", "down"; "": not known.
  std::optional<std::uint32_t> weight{};
  std::optional<std::uint32_t> in_flight{};
  bool chosen = false;
  std::string why_not;  // "" of the chosen one.
};

// What becomes of a request that waits for a place, if none becomes free.
struct GivingUpReport {
  Duration after{};
  std::string backend;  // Where it goes then; "": nowhere, it is refused.
  std::string chosen_by;
  std::string refusal;
};

// Of a request that was served.
struct ServedReport {
  std::string request_id;
  WallTime at;
  Duration taken{};
  std::uint16_t status = 0;  // 0: there was no answer.
  std::string failure;       // Of what was not made good; "": none.
  std::vector<AttemptReport> attempts;
};

struct DecisionReport {
  std::optional<std::uint32_t> worker{};  // Empty: by the file alone.
  std::string config_file;
  std::string listener;
  std::string route;
  std::string pool;
  std::string policy;
  bool panics = false;               // The pool: health is ignored.
  std::uint16_t refusal_status = 0;  // Of an answer of our own; 0: it is for a backend.
  std::string refusal;
  std::optional<SessionCookieReport> cookie{};  // Empty: the pool has no affinity.
  std::string verdict;
  bool sets_cookie = false;
  std::string backend;
  std::string chosen_by;
  bool waits = false;
  std::optional<GivingUpReport> gives_up{};
  std::string waited_at;
  std::vector<CandidateReport> candidates;
  std::uint64_t candidates_left_out = 0;
  std::vector<std::string> notes;  // What is to be known with it, each a sentence.
  std::optional<ServedReport> served{};
};

// What is asked about.
struct ExplainQuery {
  std::string head;       // Raw, with the empty line behind it.
  std::string listener;   // "": the one that its host's port tells, or the only one.
  std::string client_ip;  // "": 127.0.0.1.
};

struct Explained {
  enum class Outcome : std::uint8_t { done, bad_request, unknown_listener };

  Outcome outcome = Outcome::done;
  DecisionReport report{};
  std::string message{};  // Why there is no report.
};

}  // namespace stickler::admin
