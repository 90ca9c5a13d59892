// Policy: chooses a backend for a request that is bound to none. Immutable, shared by all workers; what changes
// during a pick is the worker's own PickState. A pick takes no lock and allocates nothing.
//
// An index is a place in the list of candidates the policy was built from, which is the pool's list of members:
// one that must not be chosen is in the list with weight 0, so that indexes stay the same when health changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/balance/load.h"
#include "lb/base/clock.h"
#include "lb/base/random.h"

namespace stickler::balance {

struct Candidate {
  std::string name;
  const BackendLoad* load = nullptr;  // Outlives the policy.
  std::uint32_t weight = 1;           // 0: never picked. At most weight_max, in PolicyOptions::weight_unit.
};
inline constexpr std::uint32_t weight_max = 256;

enum class HashTable : std::uint8_t { maglev, ring };

// What else the pool says, for the policy that asks for it.
struct PolicyOptions {
  HashTable hash_table = HashTable::maglev;
  double bounded_load = 0;  // Times the mean load, more than 1; 0: no bound.

  // The weights of the candidates are so many times those of the configuration: parts of one can be told.
  std::uint32_t weight_unit = 1;
};

using Pick = std::optional<std::size_t>;

struct PickContext {
  std::span<const std::size_t> tried{};  // Never picked again. A handful: searched one by one.
  std::optional<std::uint64_t> key{};    // The hash of what `hash.on` names; empty: the request has none of it.
  TimePoint now{};                       // For policies that look at how old a figure is.
};

bool was_tried(const PickContext& context, std::size_t index);

// The first that has weight and was not tried.
Pick first_left(const std::vector<Candidate>& candidates, const PickContext& context);

// Where a rotation stands: a PickState's credits, by the names of the candidates. One of each.
struct Turns {
  std::vector<std::string> names;
  std::vector<std::int64_t> credits;
};

// What one worker remembers of its picks in one pool. It outlives policies and snapshots. One thread.
class PickState {
 public:
  // `seed` differs between workers, so that they do not send their first requests to the same backend in step.
  explicit PickState(std::uint64_t seed) : random(seed) {}

  // Makes room for the candidates of a new policy, in its order. A name known before keeps its position in the
  // rotation. To be called before the first pick from a policy with other candidates; cheap when nothing differs.
  void remap(std::span<const std::string> names);

  Turns turns() const { return {.names = names_, .credits = credits}; }
  void resume(Turns turns);  // Goes on where another left off, as far as the next remap() has the same names.

  // Whether the last remap was to these very strings: a pick asks, so it must not compare thousands of them.
  bool follows(std::span<const std::string> names) const {
    return names.data() == followed_ && names.size() == credits.size();
  }

  Random random;

  // The rotation's current weights, one per candidate; unset for one that had no turn yet (rotation.h).
  static constexpr std::int64_t credit_unset = std::numeric_limits<std::int64_t>::min();
  std::vector<std::int64_t> credits;

 private:
  std::vector<std::string> names_;
  const std::string* followed_ = nullptr;  // Never dereferenced.
};

class Policy {
 public:
  virtual ~Policy() = default;

  // A candidate with weight that was not tried; nullopt when none is left.
  // Requires: `state` was remapped to this policy's candidates.
  virtual Pick pick(const PickContext& context, PickState& state) const = 0;
};

}  // namespace stickler::balance
