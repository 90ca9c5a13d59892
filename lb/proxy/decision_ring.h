// DecisionRing: the last decisions of one worker, for `stickler why`: written where a stream ends, without an
// allocation, read on demand. Owned by the worker; its thread.
//
// A record holds places in lists, not names. The names are kept once for each configuration ("era") that records are
// of, and a record whose era has been forgotten is forgotten with it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/clock.h"
#include "lb/proxy/decision.h"
#include "lb/proxy/epoch.h"

namespace stickler::proxy {

// What a stream leaves behind of its way: two cache lines.
struct DecisionRecord {
  static constexpr std::size_t members_max = 16;  // Of the pool, that are told one by one.
  static constexpr std::size_t loads_max = 8;     // Likewise with their load.
  static constexpr std::uint16_t none16 = 0xffff;
  static constexpr std::uint32_t none32 = 0xffff'ffff;

  std::uint64_t id = 0;         // Hash of the request's.
  std::int64_t started_ns = 0;  // By the loop's clock: the wall's would have to be asked for each request.
  std::uint32_t taken_us = 0;
  std::uint32_t era = 0;
  std::uint16_t listener = 0;
  std::uint16_t route = none16;
  std::uint16_t pool = none16;
  std::uint16_t status = 0;
  http::Refusal refusal = http::Refusal::none;
  Failure failure = Failure::none;
  affinity::Verdict verdict = affinity::Verdict::none;
  SessionFound::State session = SessionFound::State::absent;  // Before the request was sent.
  ChosenBy by = ChosenBy::nobody;                             // Why `node` is the last that was chosen.
  std::uint8_t attempts = 0;
  bool has_loads = false;
  bool has_key = false;
  bool waits = false;  // It ended waiting for a place at `node`.
  bool sets_cookie = false;
  bool panics = false;
  std::uint16_t waited_at = none16;  // It did so in vain, as a request of a session.
  std::uint16_t home = none16;
  std::uint32_t node = none32;
  std::uint32_t primary = none32;  // That the cookie names, as is `backup`.
  std::uint32_t backup = none32;
  std::array<std::uint16_t, attempts_max> tried{};  // One beyond 65534: none16.
  std::array<Failure, attempts_max> failures{};     // Of each attempt.
  std::array<ChosenBy, attempts_max> chosen_by{};   // Likewise.
  std::array<cluster::Exclusion, members_max> exclusions{};
  std::array<std::uint16_t, loads_max> loads{};  // Of others, when the policy picked last.

  static std::uint16_t place16(std::size_t node) {
    return static_cast<std::uint16_t>(std::min<std::size_t>(node, none16));
  }
};
static_assert(sizeof(DecisionRecord) <= 128);

class DecisionRing {
 public:
  static constexpr std::size_t records_max = 8192;  // 1 MiB.
  static constexpr std::size_t eras_max = 16;

  DecisionRing() { records_.reserve(records_max); }

  // Which era the epoch's names are of: the last one, or one that begins with it.
  std::uint32_t era_of(const Epoch& epoch);

  void add(const DecisionRecord& record);

  // The last request of this id; nullopt: it is forgotten, or has not ended. Searches them all: up to 0.1 ms.
  std::optional<Decision> find(std::string_view request_id, const Clock& clock) const;

 private:
  struct NamedMember {
    std::string name;
    std::uint32_t weight;
    friend bool operator==(const NamedMember&, const NamedMember&) = default;
  };
  struct NamedPool {
    std::string name;
    const balance::PolicyEntry* policy;
    bool has_affinity;
    std::vector<NamedMember> members;
    friend bool operator==(const NamedPool&, const NamedPool&) = default;
  };
  struct NamedListener {
    std::string name;
    std::vector<std::string> routes;
    friend bool operator==(const NamedListener&, const NamedListener&) = default;
  };
  struct Era {
    std::vector<NamedListener> listeners;
    std::vector<NamedPool> pools;
    friend bool operator==(const Era&, const Era&) = default;
  };

  static Era names_of(const Epoch& epoch);
  static Decision decision_of(const DecisionRecord& record, const Era& era, const Clock& clock);
  static void add_members(Decision& decision, const DecisionRecord& record, const NamedPool& pool);

  std::vector<DecisionRecord> records_;  // Reserved: what no request has needed yet is not the process's memory.
  std::uint64_t added_ = 0;
  std::deque<Era> eras_;
  std::uint32_t first_era_ = 0;  // Of eras_.
};

}  // namespace stickler::proxy
