// KeyTable: which candidate a key belongs to, so that a key keeps its candidate when others come and go. Built from
// names and weights alone: every worker, process and machine builds the same. Immutable; any thread.
//
// Slots in a circle, each owned by a candidate; whoever may not have a key leaves it to the owner of the next slot that
// may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

class KeyTable {
 public:
  // Maglev (Eisenbud et al., NSDI 2016, 3.4), with weights: even to a percent, found in one step.
  static KeyTable maglev(const std::vector<Candidate>& candidates);

  // A ring of points (Karger et al. 1997): less even, but a change moves no key that it need not.
  static KeyTable ring(const std::vector<Candidate>& candidates);

  std::size_t size() const { return owners_.size(); }  // 0: no candidate has weight.
  std::size_t slot_of(std::uint64_t key) const;
  std::size_t owner(std::size_t slot) const { return owners_[slot]; }

 private:
  std::vector<std::uint64_t> points_;  // Of a ring, ascending; a slot is the arc that ends at its point.
  std::vector<std::uint32_t> owners_;
};

}  // namespace stickler::balance
