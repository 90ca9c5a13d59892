#include "tests/sim/balancer.h"

#include <algorithm>

namespace stickler::sim {
namespace {

using balance::Standing;

constexpr std::string_view pool_name = "login";
constexpr health::VerdictRules probe_rules{.rise = 2, .fall = 3};
constexpr std::size_t attempts_max = 3;
constexpr TimePoint no_time{};  // Nothing starts slowly here.

const affinity::CookieRules cookie_rules{.pool = pool_name, .ttl = life_time, .idle = idle_time};

cluster::PoolSettings settings_of(const Plan& plan) {
  cluster::PoolSettings settings;
  settings.name = pool_name;
  settings.policy = plan.policy;
  settings.active_health = true;
  for (const NodePlan& node : plan.nodes) {
    settings.backends.push_back({.name = name_of(node.node),
                                 .address = *Address::parse("127.0.0.1:" + std::to_string(node.port)),
                                 .weight = node.weight,
                                 .state = node.state,
                                 .role = node.role});
  }
  return settings;
}

template <std::size_t... i>
std::array<health::Verdict, node_count> verdicts(std::index_sequence<i...>) {
  return {((void)i, health::Verdict(probe_rules))...};
}

}  // namespace

std::array<health::Verdict, node_count> Balancer::fresh_verdicts() {
  return verdicts(std::make_index_sequence<node_count>());
}

void Balancer::start(const Plan& plan) {
  registry_ = {};
  verdicts_ = fresh_verdicts();
  pick_state_ = balance::PickState(random_.next());
  plan_ = {};
  reload(plan);
}

void Balancer::reload(const Plan& plan) {
  for (const NodePlan& node : plan.nodes) {
    const NodePlan* before = plan_.find(node.node);
    if (before == nullptr || before->port != node.port) verdicts_[node.node] = health::Verdict(probe_rules);
  }
  if (epoch_.keys == nullptr || plan_.keys != plan.keys) {
    std::vector<std::string> texts;
    for (const std::uint32_t key : plan.keys) texts.push_back(key_text(key));
    epoch_.keys = std::make_shared<const affinity::CookieKeys>(texts);
  }
  plan_ = plan;
  registry_.configure({settings_of(plan)}, no_time);
  publish();
}

void Balancer::publish() {
  epoch_.set = registry_.build(pool_name);
  epoch_.nodes = std::make_shared<const affinity::NodeTable>(epoch_.set->names(), *epoch_.keys);
  epoch_.ids.clear();
  for (const NodePlan& node : plan_.nodes) epoch_.ids.push_back(node.node);
  pick_state_.remap(epoch_.set->names());
}

void Balancer::probe(NodeId node, bool ok) {
  if (plan_.find(node) == nullptr || verdicts_[node].record(ok) == health::Change::none) return;
  if (registry_.record_probe_verdict(pool_name, name_of(node), ok, no_time)) publish();
}

void Balancer::end_what_is_over(TimePoint now) {
  const auto ended = registry_.end_what_is_over(now);
  if (ended.any()) publish();
}

void Balancer::order(NodeId node, const cluster::Order& order, TimePoint now) {
  if (registry_.order(pool_name, name_of(node), order, now)) publish();
}

void Balancer::drain(NodeId node, TimePoint deadline, TimePoint now) {
  const NodePlan* plan = plan_.find(node);
  if (plan == nullptr || plan->state == cluster::Configured::down) return;
  order(node, {.state = cluster::Configured::drain, .since = now, .deadline = deadline}, now);
}

void Balancer::undrain(NodeId node, TimePoint now) {
  const NodePlan* plan = plan_.find(node);
  if (plan != nullptr) order(node, {.state = plan->state, .since = now}, now);
}

std::optional<std::size_t> Balancer::place_of(NodeId node, const Epoch& epoch) {
  const auto place = std::ranges::find(epoch.ids, node);
  if (place == epoch.ids.end()) return std::nullopt;
  return static_cast<std::size_t>(place - epoch.ids.begin());
}

std::optional<Standing> Balancer::standing(NodeId node) const {
  const auto place = place_of(node, epoch_);
  return place ? std::optional(epoch_.set->standings()[*place]) : std::nullopt;
}

bool Balancer::has_other(NodeId node, Standing standing) const {
  for (std::size_t i = 0; i < epoch_.ids.size(); ++i) {
    if (epoch_.ids[i] != node && epoch_.set->standings()[i] == standing) return true;
  }
  return false;
}

bool Balancer::has_room_for_bound() const { return std::ranges::any_of(epoch_.set->standings(), balance::takes_bound); }

std::string_view Balancer::broken_rule() const {
  std::size_t ejected = 0;
  for (const cluster::Member& member : epoch_.set->members())
    ejected += member.state == cluster::State::ejected ? 1 : 0;
  if (ejected > epoch_.set->size() / 2) return "more than half of the pool is ejected";
  if (ejected > 0 && epoch_.set->eligible_count() == 0) return "an ejection has left the pool without a backend";
  bool primaries = false;
  bool standbys = false;
  bool waits = false;
  for (std::size_t i = 0; i < epoch_.set->size(); ++i) {
    const Standing standing = epoch_.set->standings()[i];
    const bool is_standby = plan_.nodes[i].role == cluster::Role::standby;
    primaries |= !is_standby && standing == Standing::eligible;
    standbys |= is_standby && standing == Standing::eligible;
    waits |= standing == Standing::standby;
  }
  if (primaries && standbys) return "standbys get new sessions beside primaries";
  if (waits && !primaries) return "a standby waits for primaries of which none is eligible";
  return "";
}

// An attempt that fails is reported as a worker does it, and may complete a streak.
bool Balancer::connect(const Epoch& epoch, std::size_t place, std::span<const char> reachable, TimePoint now) {
  constexpr std::uint32_t failures_max = 5;
  cluster::Backend& backend = *(*epoch.set)[place].backend;
  const NodeId node = epoch.ids[place];
  const bool ok = reachable[node] != 0;
  if (backend.failures.record(ok, failures_max) && registry_.eject_failing(pool_name, backend.name, now)) publish();
  const bool is_trial = (*epoch.set)[place].state == cluster::State::trial;
  using Trial = cluster::BackendRegistry::Trial;
  if (is_trial && registry_.record_trial(pool_name, backend.name, ok, now) != Trial::goes_on) publish();
  // Now and then probes have their say before the request is tried elsewhere.
  if (!ok && random_.below(8) == 0) {
    for (unsigned i = 0; i < probe_rules.fall; ++i) probe(node, false);
  }
  return ok;
}

balance::Pick Balancer::next_target(const Epoch& epoch, const affinity::Choice& choice,
                                    std::span<const std::size_t> tried) {
  for (const balance::Pick& bound : {choice.pinned, choice.backup}) {
    if (bound && std::ranges::find(tried, *bound) == tried.end()) return bound;
  }
  return epoch.set->pick({.tried = tried}, pick_state_);
}

Answer Balancer::serve(std::optional<std::string_view> cookie, const World& world, TimePoint now,
                       const Plan& next_plan) {
  const Epoch epoch = epoch_;
  const affinity::BackupRule backup = plan_.backup;
  std::optional<affinity::Opened> opened;
  if (cookie) opened = affinity::open(*cookie, *epoch.keys, cookie_rules, wall(now));
  const affinity::Choice choice =
      affinity::choose(opened, {.nodes = *epoch.nodes, .standings = epoch.set->standings()});

  Answer answer;
  answer.key = plan_.keys.front();
  std::array<std::size_t, attempts_max> tried{};
  affinity::Exchange exchange;
  for (std::size_t attempt = 0; attempt < attempts_max && !exchange.served; ++attempt) {
    const balance::Pick pick = next_target(epoch, choice, std::span(tried.data(), attempt));
    if (!pick) {
      answer.gave_up = epoch.set->eligible_count() > attempt;
      break;
    }
    if (attempt == 0) answer.first = epoch.ids[*pick];
    const bool bound = pick == choice.pinned || pick == choice.backup;
    if (!bound && epoch.set->standings()[*pick] != Standing::eligible) answer.only_eligible = false;
    tried[attempt] = *pick;
    if (connect(epoch, *pick, world.reachable, now)) {
      exchange.served = pick;
    } else if (random_.below(16) == 0) {
      reload(next_plan);
    }
  }
  if (exchange.served) {
    answer.served = epoch.ids[*exchange.served];
    exchange.announces = backup == affinity::BackupRule::announced;
    exchange.announced = place_of(world.announced[*answer.served], epoch);
    // A node that has nobody else names itself, which names nobody.
    if (exchange.announced && exchange.announced != exchange.served) answer.announced = epoch.ids[*exchange.announced];
  }
  if (choice.pinned) exchange.pinned_down = standing(epoch.ids[*choice.pinned]) == Standing::down;

  const affinity::Settlement settlement = affinity::settle(opened, choice, exchange,
                                                           {.nodes = *epoch.nodes,
                                                            .rules = cookie_rules,
                                                            .now = wall(now),
                                                            .nonce = random_.next(),
                                                            .backup = backup,
                                                            .standings = epoch.set->standings()});
  answer.verdict = settlement.verdict;
  if (!settlement.set_cookie) return answer;
  answer.set_cookie = affinity::seal(*settlement.set_cookie, *epoch.keys, pool_name);
  const affinity::NodeId named = settlement.set_cookie->backup;
  if (const auto place = named == 0 ? std::nullopt : epoch.nodes->find(0, named)) answer.backup = epoch.ids[*place];
  return answer;
}

}  // namespace stickler::sim
