// One balancer of the simulation: the registry, the policies, the verdicts of probes and the affinity of the product,
// put together as the server and its workers put them together, without their I/O. One thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lb/affinity/choice.h"
#include "lb/affinity/cookie.h"
#include "lb/affinity/keys.h"
#include "lb/affinity/node_table.h"
#include "lb/balance/policy.h"
#include "lb/base/clock.h"
#include "lb/base/random.h"
#include "lb/cluster/backend_registry.h"
#include "lb/health/verdict.h"
#include "tests/sim/plan.h"

namespace stickler::sim {

inline constexpr Duration idle_time = std::chrono::minutes(30);
inline constexpr Duration life_time = std::chrono::hours(2);

// What became of a request.
struct Answer {
  affinity::Verdict verdict = affinity::Verdict::none;
  std::optional<NodeId> first;   // Where it was sent first.
  std::optional<NodeId> served;  // Who answered.
  std::optional<affinity::CookieText> set_cookie;
  std::optional<NodeId> backup;     // That the cookie names, if one is set.
  std::optional<NodeId> announced;  // By who answered, if this balancer has it in its list.
  std::uint32_t key = 0;            // That signs: the first of the plan that the request began with.
  bool only_eligible = true;        // Nobody but the bound node got it who was not eligible.
  bool gave_up = false;             // Nobody was picked, though somebody eligible was left.
};

// The nodes as a request comes.
struct World {
  std::span<const char> reachable;    // Of every node: from here.
  std::span<const NodeId> announced;  // Of every node: whom it names as the backup of its sessions.
};

class Balancer {
 public:
  Balancer(Duration ahead, std::uint64_t seed) : ahead_(ahead), random_(seed), pick_state_(random_.next()) {}

  void start(const Plan& plan);  // As a new process: nothing is known but the plan.
  void reload(const Plan& plan);

  // `next_plan`: what a reload may bring amid a request whose first attempt has failed.
  Answer serve(std::optional<std::string_view> cookie, const World& world, TimePoint now, const Plan& next_plan);
  void probe(NodeId node, bool ok);
  void drain(NodeId node, TimePoint deadline, TimePoint now);  // Nothing, if the configuration has it down.
  void undrain(NodeId node, TimePoint now);
  void end_what_is_over(TimePoint now);

  // --- For whoever judges it
  const Plan& plan() const { return plan_; }
  const affinity::CookieKeys& keys() const { return *epoch_.keys; }
  std::optional<balance::Standing> standing(NodeId node) const;   // nullopt: not in the list.
  bool has_other(NodeId node, balance::Standing standing) const;  // Some node but this one is in this standing.
  bool has_room_for_bound() const;                                // Some node takes the sessions that are bound to it.
  bool verdict_agrees(NodeId node, bool ok) const { return verdicts_[node].up() == ok; }
  std::optional<TimePoint> next_end() const { return registry_.next_end(); }
  WallTime wall(TimePoint now) const {
    return WallTime{now.time_since_epoch()} + std::chrono::hours(24 * 365 * 56) + ahead_;
  }
  std::string_view broken_rule() const;  // Of the set in force; "": none is broken.

 private:
  // What a request begins with and ends with.
  struct Epoch {
    std::shared_ptr<const cluster::BackendSet> set;
    std::shared_ptr<const affinity::NodeTable> nodes;
    std::shared_ptr<const affinity::CookieKeys> keys;
    std::vector<NodeId> ids;  // By place in the set.
  };

  void publish();
  static std::optional<std::size_t> place_of(NodeId node, const Epoch& epoch);
  void order(NodeId node, const cluster::Order& order, TimePoint now);
  // Whom the next attempt goes to, as a worker has it: the node that the session is bound to, its backup, the policy's.
  balance::Pick next_target(const Epoch& epoch, const affinity::Choice& choice, std::span<const std::size_t> tried);
  bool connect(const Epoch& epoch, std::size_t place, std::span<const char> reachable, TimePoint now);

  const Duration ahead_;
  Random random_;
  balance::PickState pick_state_;
  Plan plan_;
  cluster::BackendRegistry registry_;
  std::array<health::Verdict, node_count> verdicts_ = fresh_verdicts();
  Epoch epoch_;

  static std::array<health::Verdict, node_count> fresh_verdicts();
};

}  // namespace stickler::sim
