#include "tests/sim/simulation.h"

#include <algorithm>

namespace stickler::sim {
namespace {

using affinity::Verdict;
using balance::Standing;
using balance::takes_bound;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours arrivals{3};  // Sessions begin within.

std::string text_of(std::optional<NodeId> node) { return node ? name_of(*node) : "nobody"; }

std::string word(Verdict verdict) { return std::string(affinity::to_string(verdict)); }

}  // namespace

void Tally::add(const Tally& other) {
  for (std::size_t i = 0; i < verdicts.size(); ++i) verdicts[i] += other.verdicts[i];
  requests += other.requests;
  unserved += other.unserved;
  set_cookies += other.set_cookies;
  attacks += other.attacks;
  chaos += other.chaos;
}

Simulation::Simulation(std::uint64_t seed, std::size_t sessions)
    : random_(mix64(seed)), sessions_(sessions), sessions_left_(sessions) {
  constexpr affinity::BackupRule rules[] = {affinity::BackupRule::none, affinity::BackupRule::next,
                                            affinity::BackupRule::announced};
  plan_.backup = rules[seed % 3];
  alive_.fill(1);
  for (auto& flags : reachable_) flags.fill(1);
  for (auto& times : unchanged_since_) times.fill(now_);
  const std::size_t nodes = 3 + random_.below(9);
  for (NodeId node = 0; node < nodes; ++node) {
    plan_.nodes.push_back({.node = node, .weight = 1 + random_.below(4)});
  }
  choose_buddies();
  // Up to the five minutes that clocks may differ.
  for (const Duration ahead : {Duration::zero(), Duration(seconds(random_.below(301)))}) {
    balancers_.emplace_back(ahead, random_.next());
    balancers_.back().start(plan_);
  }
  const auto spread = static_cast<std::uint32_t>(milliseconds(arrivals).count());
  for (std::size_t i = 0; i < sessions; ++i) {
    sessions_[i].requests_left = 1 + static_cast<int>(random_.below(16));
    schedule(milliseconds(random_.below(spread)), Kind::request, i);
  }
  schedule(seconds(10), Kind::chaos);
}

void Simulation::schedule(Duration after, Kind kind, std::size_t subject, NodeId node) {
  events_.push({.at = now_ + std::max(after, Duration::zero()),
                .order = event_count_++,
                .kind = kind,
                .subject = subject,
                .node = node});
}

void Simulation::run() {
  while (sessions_left_ > 0 && violation_.empty()) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    handle(event);
  }
}

void Simulation::handle(const Event& event) {
  Balancer& balancer = balancers_[event.kind == Kind::request ? 0 : event.subject];
  switch (event.kind) {
    case Kind::request:
      return request(event.subject);
    case Kind::chaos:
      return cause_trouble();
    case Kind::reload:
      balancer.reload(plan_);
      break;
    case Kind::order:
      carry_out_order(event.subject, event.node);
      break;
    case Kind::probe: {
      const bool ok = reachable_[event.subject][event.node] != 0;
      balancer.probe(event.node, ok);
      // Probes go on for ever; those that can change nothing are left out.
      if (!balancer.verdict_agrees(event.node, ok)) schedule(seconds(5), Kind::probe, event.subject, event.node);
      break;
    }
    case Kind::what_is_over:
      balancer.end_what_is_over(now_);
      await_end_of_ejections(event.subject);
      break;
  }
  watch_rules(event.subject);
}

// Seconds mostly, now and then all of the idle time but a moment, and sometimes longer than any cookie lasts.
Duration Simulation::pause() {
  switch (random_.below(16)) {
    case 0:
      return idle_time - milliseconds(random_.below(60'000));
    case 1:
      return idle_time + milliseconds(random_.below(3'600'000));
    case 2:
    case 3:
      return milliseconds(random_.below(1'800'000));
    default:
      return milliseconds(random_.below(60'000));
  }
}

void Simulation::request(std::size_t index) {
  Session& session = sessions_[index];
  const std::size_t which = random_.below(2);
  Balancer& balancer = balancers_[which];
  const std::optional<TimePoint> ends_before = balancer.next_end();
  if (session.cookie && random_.below(64) == 0) attack(session, which);
  if (!violation_.empty()) return;

  std::optional<std::string_view> cookie;
  if (session.cookie) cookie = affinity::as_text(*session.cookie);
  // Before the request: what it does to the balancer is for the next one.
  const Known known = known_of(session, which);
  const auto& keys = balancer.plan().keys;
  const bool key_known = std::ranges::find(keys, session.key) != keys.end();
  const Answer answer = balancer.serve(cookie, {.reachable = reachable_[which], .announced = buddies_}, now_, plan_);
  ++tally_.requests;
  ++tally_.verdicts[static_cast<std::size_t>(answer.verdict)];
  tally_.unserved += answer.served ? 0 : 1;
  tally_.set_cookies += answer.set_cookie ? 1 : 0;
  if (life_of(session) == Life::live && !key_known) fail("the simulation took away a key too early");
  judge(session, balancer, answer, known);
  keep_books(session, balancer, answer);

  if (balancer.next_end() != ends_before) await_end_of_ejections(which);
  watch_rules(which);
  if (--session.requests_left > 0) return schedule(pause(), Kind::request, index);
  --sessions_left_;
}

void Simulation::await_end_of_ejections(std::size_t balancer) {
  if (const auto end = balancers_[balancer].next_end()) schedule(*end - now_, Kind::what_is_over, balancer);
}

Simulation::Life Simulation::life_of(const Session& session) const {
  // Where clocks differ by five minutes and as much is allowed for, cookies may live longer, but not for ever.
  constexpr Duration slack = minutes(10) + seconds(2);
  if (!session.cookie) return Life::none;
  if (now_ - session.used <= idle_time && now_ - session.issued <= life_time) return Life::live;
  const bool too_old = now_ - session.issued > life_time + slack;
  const bool unused = now_ - session.written > idle_time + idle_time / 4 + slack;
  return too_old || unused ? Life::over : Life::unsure;
}

Simulation::Known Simulation::known_of(const Session& session, std::size_t balancer) const {
  const Balancer& at = balancers_[balancer];
  Known known;
  known.home = at.standing(session.home);
  known.home_stays =
      known.home && (takes_bound(*known.home) || (*known.home == Standing::drained && !at.has_room_for_bound()));
  known.has_other_eligible = at.has_other(session.home, Standing::eligible);
  known.has_other_standby = at.has_other(session.home, Standing::standby);
  if (!session.backup) return known;
  known.backup = at.standing(*session.backup);
  known.backup_takes = known.backup && takes_bound(*known.backup);
  known.backup_answers = known.backup_takes && reachable_[balancer][*session.backup] != 0;
  return known;
}

void Simulation::expect(const Answer& answer, Verdict verdict, bool cookie) {
  if (answer.verdict != verdict) return fail("expected " + word(verdict) + ", got " + word(answer.verdict));
  if (answer.set_cookie.has_value() != cookie) fail(word(verdict) + (cookie ? " without" : " with") + " a cookie");
}

// What the request of this session should have met.
void Simulation::judge(const Session& session, const Balancer& balancer, const Answer& answer, const Known& known) {
  if (!answer.only_eligible) return fail("a new choice fell on a node that is not eligible");
  if (answer.gave_up) return fail("nobody was picked, though somebody was eligible");
  if (!answer.served && answer.set_cookie) return fail("a cookie was set where nobody answered");
  judge_backup(answer);
  const Verdict verdict = answer.verdict;
  const bool began_anew = verdict == Verdict::expired || verdict == Verdict::forged;
  switch (life_of(session)) {
    case Life::none:
      if (verdict != Verdict::fresh) fail("without a cookie the verdict was " + word(verdict));
      break;
    case Life::over:
      if (!began_anew) fail("a session that is over was still honoured: " + word(verdict));
      break;
    case Life::unsure:
      if (!began_anew) judge_bound(session, balancer, answer, known);
      return;
    case Life::live:
      judge_bound(session, balancer, answer, known);
      return;
  }
  if (answer.served && !answer.set_cookie) fail("a session that began anew got no cookie");
}

void Simulation::judge_bound(const Session& session, const Balancer& balancer, const Answer& answer,
                             const Known& known) {
  if (!known.home_stays) return judge_homeless(session, balancer, answer, known);
  if (answer.first != session.home) {
    return fail("a live session of " + name_of(session.home) + " was sent to " + text_of(answer.first));
  }
  if (answer.served == session.home) {
    const bool due = balancer.wall(now_) - WallTime{seconds(session.written_at)} > idle_time / 4;
    const bool changed = session.key != answer.key || backup_changes(session, answer, known);
    return expect(answer, Verdict::bound, due || changed);
  }
  if (known.backup_answers && answer.served != session.backup) {
    return fail("a session whose node failed was sent past its backup " + text_of(session.backup) + " to " +
                text_of(answer.served));
  }
  if (!answer.served) return expect(answer, Verdict::bound, false);
  if (balancer.standing(session.home) != Standing::down) return expect(answer, Verdict::detour, false);
  expect(answer, known.backup_takes && answer.served == session.backup ? Verdict::failover : Verdict::moved, true);
}

// Its node is known to be down, drained, or none of the pool.
void Simulation::judge_homeless(const Session& session, const Balancer& balancer, const Answer& answer,
                                const Known& known) {
  const bool drained = known.home == Standing::drained;
  if (!known.backup_takes) {
    if (!known.home) return expect(answer, Verdict::unknown_node, answer.served.has_value());
    if (!answer.served) return expect(answer, Verdict::refused, false);
    return expect(answer, drained ? Verdict::drained : Verdict::moved, true);
  }
  if (answer.first != session.backup || (known.backup_answers && answer.served != session.backup)) {
    return fail("a session of " + name_of(session.home) + " with its backup on " + text_of(session.backup) +
                " was sent to " + text_of(answer.first) + " and served by " + text_of(answer.served));
  }
  if (!answer.served) return expect(answer, Verdict::refused, false);
  if (answer.served == session.backup) return expect(answer, drained ? Verdict::drained : Verdict::failover, true);
  const bool confirmed_down = balancer.standing(*session.backup) == Standing::down;
  expect(answer, confirmed_down ? Verdict::moved : Verdict::detour, confirmed_down);
}

void Simulation::judge_backup(const Answer& answer) {
  if (!answer.set_cookie) return;
  if (answer.backup && answer.backup == answer.served) return fail("a node was named as its own backup");
  switch (plan_.backup) {
    case affinity::BackupRule::none:
      if (answer.backup) fail("a backup was named by a pool that has none");
      break;
    case affinity::BackupRule::announced:
      if (answer.backup != answer.announced) {
        fail(text_of(answer.announced) + " was announced as backup, and " + text_of(answer.backup) + " was named");
      }
      break;
    case affinity::BackupRule::next:
      break;
  }
}

// Whether the cookie of a session that stays has to name another backup than it does.
bool Simulation::backup_changes(const Session& session, const Answer& answer, const Known& known) const {
  switch (plan_.backup) {
    case affinity::BackupRule::none:
      return false;
    case affinity::BackupRule::announced:
      return answer.announced != (known.backup ? session.backup : std::nullopt);
    case affinity::BackupRule::next:
      break;
  }
  if (!known.backup_takes) return known.has_other_eligible || known.has_other_standby;
  return known.backup == Standing::standby && known.has_other_eligible;
}

void Simulation::keep_books(Session& session, const Balancer& balancer, const Answer& answer) {
  if (!answer.served) return;
  const bool anew =
      answer.verdict == Verdict::fresh || answer.verdict == Verdict::expired || answer.verdict == Verdict::forged;
  if (anew) session.issued = now_;
  if (answer.set_cookie) {
    session.cookie = answer.set_cookie;
    session.home = *answer.served;
    session.backup = answer.backup;
    session.written = now_;
    session.written_at = affinity::unix_seconds(balancer.wall(now_));
    session.key = answer.key;
  }
  if (answer.verdict != Verdict::detour) session.used = now_;
}

void Simulation::watch_rules(std::size_t balancer) {
  const std::string_view broken = balancers_[balancer].broken_rule();
  if (!broken.empty()) fail(std::string(broken));
}

void Simulation::fail(const std::string& what) {
  if (!violation_.empty()) return;
  violation_ = what + " (event " + std::to_string(event_count_) + ", minute " +
               std::to_string(now_.time_since_epoch() / minutes(1)) + ")";
}

}  // namespace stickler::sim
