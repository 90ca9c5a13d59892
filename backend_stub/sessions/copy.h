// What nodes pass to each other of a session, and how they tell which of two copies counts. Values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "backend_stub/sessions/session_store.h"

namespace stickler::stub {

// Of two copies the one with the greater stamp counts. A node that takes a session over opens a new term: whatever the
// old owner still writes is of a lower one, and refused. Two nodes that open the same term at once differ by name.
struct Stamp {
  std::uint64_t term = 0;  // 0: of no copy.
  std::string owner;
  std::uint64_t version = 0;  // What users see: one more with each write.

  friend std::strong_ordering operator<=>(const Stamp&, const Stamp&) = default;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

inline bool same_reign(const Stamp& a, const Stamp& b) { return a.term == b.term && a.owner == b.owner; }

struct Copy {
  std::string id;
  Stamp stamp;
  Duration left{};  // Until its life is over. Not a time: nodes have clocks of their own.
  std::shared_ptr<const Session> session;
};

}  // namespace stickler::stub
