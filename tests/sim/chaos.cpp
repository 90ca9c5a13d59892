// What goes wrong in the simulation: nodes, networks, operators and forgers.
#include <algorithm>
#include <utility>

#include "lb/balance/registry.h"
#include "tests/sim/simulation.h"

namespace stickler::sim {
namespace {

using balance::Standing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <class T>
void shuffle(std::vector<T>& items, Random& random) {
  for (std::size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[random.below(static_cast<std::uint32_t>(i))]);
}

}  // namespace

void Simulation::cause_trouble() {
  ++tally_.chaos;
  schedule(milliseconds(random_.below(120'000)), Kind::chaos);
  const NodeId node = random_.below(node_count);
  switch (random_.below(10)) {
    case 0:  // A node dies. The dead come back sooner than others die, so that most are up.
      alive_[node] = 0;
      break;
    case 1:
    case 2:
    case 3:
    case 4:
      alive_[node] = 1;
      for (auto& flags : partitioned_) flags[node] = 0;
      break;
    case 5: {
      char& cut = partitioned_[random_.below(2)][node];
      cut = cut == 0 ? 1 : 0;
      break;
    }
    case 6:
      change_plan();
      roll_out();
      break;
    case 7:
    case 8:
      change_order(node);
      break;
    case 9:
      if (random_.below(20) == 0) restart(random_.below(2));
      break;
  }
  rotate_keys();
  choose_buddies();
  for (std::size_t b = 0; b < balancers_.size(); ++b) {
    change_reachability(b, node);
    check_standings(b);
  }
}

void Simulation::restart(std::size_t balancer) {
  balancers_[balancer].start(plan_);
  unchanged_since_[balancer].fill(now_);
  for (NodeId node = 0; node < node_count; ++node) schedule(seconds(1), Kind::probe, balancer, node);
}

void Simulation::change_reachability(std::size_t balancer, NodeId node) {
  const char reachable = alive_[node] != 0 && partitioned_[balancer][node] == 0 ? 1 : 0;
  if (std::exchange(reachable_[balancer][node], reachable) == reachable) return;
  unchanged_since_[balancer][node] = now_;
  schedule(milliseconds(random_.below(30'000)), Kind::probe, balancer, node);
}

void Simulation::change_plan() {
  const auto policies = balance::policies();
  std::vector<NodePlan>& nodes = plan_.nodes;
  NodePlan& some = nodes[random_.below(static_cast<std::uint32_t>(nodes.size()))];
  switch (random_.below(6)) {
    case 0:
      shuffle(nodes, random_);
      break;
    case 1: {
      const NodeId node = random_.below(node_count);
      if (plan_.find(node) == nullptr) nodes.push_back({.node = node, .weight = random_.below(4)});
      break;
    }
    case 2:
      if (nodes.size() > 3) nodes.erase(nodes.begin() + (&some - nodes.data()));
      break;
    case 3:
      plan_.policy = policies[random_.below(static_cast<std::uint32_t>(policies.size()))].name;
      break;
    default:
      change_node(some);
      break;
  }
  for (auto& times : unchanged_since_) times.fill(now_);
}

void Simulation::change_node(NodePlan& node) {
  using cluster::Configured;
  switch (random_.below(4)) {
    case 0:
      ++node.port;
      break;
    case 1:
      node.weight = random_.below(5);
      break;
    case 2:
      node.role = random_.below(3) == 0 ? cluster::Role::standby : cluster::Role::primary;
      break;
    default:
      constexpr Configured states[] = {Configured::up, Configured::up, Configured::up, Configured::drain,
                                       Configured::down};
      node.state = states[random_.below(5)];
      break;
  }
}

// As docs/affinity.md tells the operator: the new key last, once all have it first, once no cookie needs it the old
// one away.
void Simulation::rotate_keys() {
  const Duration since = now_ - keys_changed_;
  std::vector<std::uint32_t>& keys = plan_.keys;
  if (keys.size() == 1 && since > minutes(20)) {
    keys.push_back(++newest_key_);
  } else if (keys.size() == 2 && keys[0] < keys[1] && since > minutes(5)) {
    std::swap(keys[0], keys[1]);
  } else if (keys.size() == 2 && keys[0] > keys[1] && since > minutes(60)) {
    keys.pop_back();
  } else {
    return;
  }
  keys_changed_ = now_;
  roll_out();
}

void Simulation::roll_out() {
  for (std::size_t b = 0; b < balancers_.size(); ++b) {
    schedule(milliseconds(random_.below(60'000)), Kind::reload, b);
    // A node that is new to a balancer, or at another address, is probed anew.
    for (NodeId node = 0; node < node_count; ++node) schedule(milliseconds(60'000), Kind::probe, b, node);
  }
}

// A drain that is ordered while there is one already gets another deadline, but mostly it ends.
void Simulation::change_order(NodeId node) {
  std::optional<TimePoint>& drain = drains_[node];
  const bool ends = drain && random_.below(8) != 0;
  drain = ends ? std::nullopt : std::optional(now_ + milliseconds(random_.below(1'800'000)));
  for (std::size_t b = 0; b < balancers_.size(); ++b) {
    schedule(milliseconds(random_.below(5'000)), Kind::order, b, node);
  }
}

void Simulation::carry_out_order(std::size_t balancer, NodeId node) {
  Balancer& orderly = balancers_[balancer];
  if (drains_[node]) {
    orderly.drain(node, *drains_[node], now_);
  } else {
    orderly.undrain(node, now_);
  }
  await_end_of_ejections(balancer);
}

// A node finds another for its replicas when the one that has them is gone.
void Simulation::choose_buddies() {
  const auto count = static_cast<std::uint32_t>(plan_.nodes.size());
  for (NodeId node = 0; node < node_count; ++node) {
    NodeId& buddy = buddies_[node];
    const bool serves = buddy != node && alive_[buddy] != 0 && plan_.find(buddy) != nullptr;
    if (!serves) buddy = plan_.nodes[random_.below(count)].node;
  }
}

// What has been one way for long enough must be known: verdicts take seconds, ejections end within a minute.
void Simulation::check_standings(std::size_t balancer) {
  for (NodeId node = 0; node < node_count; ++node) {
    if (now_ - unchanged_since_[balancer][node] < minutes(4)) continue;
    const NodePlan* plan = balancers_[balancer].plan().find(node);
    if (plan == nullptr) continue;
    const bool up = balancers_[balancer].standing(node) != Standing::down;
    const bool wanted = reachable_[balancer][node] != 0 && plan->state != cluster::Configured::down;
    if (up != wanted) fail(name_of(node) + (up ? " is still taken for up" : " is still taken for down"));
  }
}

// A text that no balancer of this pool has sealed, or none whose clock was right.
std::string Simulation::forge(const Session& session, std::size_t balancer) {
  const Balancer& target = balancers_[balancer];
  std::string text(affinity::as_text(*session.cookie));
  const auto place = [&] { return random_.below(static_cast<std::uint32_t>(text.size())); };
  affinity::Binding binding{.primary = target.keys().signing().node_id(name_of(session.home)),
                            .issued = affinity::unix_seconds(target.wall(now_)),
                            .last_seen = affinity::unix_seconds(target.wall(now_)),
                            .nonce = random_.next()};
  switch (random_.below(7)) {
    case 0: {  // One bit.
      char& flipped = text[place()];
      flipped = static_cast<char>(flipped ^ (1 << random_.below(8)));
      return text;
    }
    case 1:
      return text.substr(0, place());
    case 2:
      return std::string(affinity::as_text(affinity::seal(binding, target.keys(), "admin")));
    case 3: {  // By who has read how it is made, but not the key.
      const std::vector<std::string> guessed = {key_text(1'000'000)};
      return std::string(affinity::as_text(affinity::seal(binding, affinity::CookieKeys(guessed), "login")));
    }
    case 4:
      binding.last_seen += 302 + random_.below(1'000'000);
      return std::string(affinity::as_text(affinity::seal(binding, target.keys(), "login")));
    case 5:
      binding.issued += 302 + random_.below(1'000'000);
      return std::string(affinity::as_text(affinity::seal(binding, target.keys(), "login")));
    default: {  // The head of one and the tail of another, cut where they differ: in the nonce or the tag.
      const std::string other(affinity::as_text(affinity::seal(binding, target.keys(), "login")));
      const std::size_t at = 48 + random_.below(24);
      return text.substr(0, at) + other.substr(at);
    }
  }
}

void Simulation::attack(const Session& session, std::size_t balancer) {
  ++tally_.attacks;
  const std::string text = forge(session, balancer);
  const Answer answer =
      balancers_[balancer].serve(text, {.reachable = reachable_[balancer], .announced = buddies_}, now_, plan_);
  if (answer.verdict != affinity::Verdict::forged) {
    return fail("a forged cookie was taken as " + std::string(affinity::to_string(answer.verdict)) + ": " + text);
  }
  if (!answer.only_eligible) fail("a forged cookie chose the node");
  if (answer.served && !answer.set_cookie) fail("a forged cookie was left with the client");
}

}  // namespace stickler::sim
