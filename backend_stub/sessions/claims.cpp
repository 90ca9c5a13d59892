#include "backend_stub/sessions/claims.h"

#include <algorithm>
#include <utility>

namespace stickler::stub {
namespace {

// A write that stands in the way takes one answer of a peer, or two patiences where a backup has died.
constexpr int rounds_max = 100;
constexpr std::chrono::milliseconds pause{5};

}  // namespace

Claims::Claims(Group& group, Spread& spread)
    : group_(group), spread_(spread), pause_(group.loop, [this] {
        for (const std::string& id : std::exchange(later_, {})) look(id);
      }) {}

void Claims::claim(const std::string& id, Done done) {
  if (group_.table.end_of(id) != nullptr) return done(Outcome::missing);
  const auto [run, is_new] = running_.try_emplace(id);
  run->second.waiting.push_back(std::move(done));
  if (!is_new) return;
  run->second.rounds_left = rounds_max;
  if (group_.peers.settled()) look(id);
}

void Claims::peers_settled() {
  std::vector<std::string> ids;
  for (const auto& [id, run] : running_) ids.push_back(id);
  for (const std::string& id : ids) look(id);
}

void Claims::look(const std::string& id) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.phase != Phase::pausing) return;
  Run& run = found->second;
  run = {.waiting = std::move(run.waiting),
         .rounds_left = run.rounds_left - 1,
         .phase = Phase::looking,
         .standstills = group_.pulse.standstills()};
  if (const Replica* own = group_.table.find(id)) run.had = own->stamp;
  if (const Stamp* floor = group_.table.floor_of(id)) run.term = floor->term;
  run.term = std::max(run.term, run.had.term);
  ask(id, {group_.peers.live().begin(), group_.peers.live().end()}, Find{.id = id, .have = run.had});
}

// One more is awaited than is asked, so that answers within the call end nothing before all are asked.
void Claims::ask(const std::string& id, const std::vector<std::string>& peers, const Message& question) {
  running_.at(id).awaited = peers.size() + 1;
  for (const std::string& peer : peers) {
    group_.peers.ask(peer, question, [this, id, peer](Message* answer) { received(id, peer, answer); });
  }
  arrived(id);
}

void Claims::received(const std::string& id, const std::string& peer, Message* answer) {
  Run& run = running_.at(id);
  // Who was lost while it was asked may have written meanwhile, and whoever holds that may have been asked before.
  if (answer == nullptr) run.again = true;
  if (auto* found = answer == nullptr ? nullptr : std::get_if<Found>(answer)) {
    run.term = std::max(run.term, found->term);
    if (found->status == Found::Status::busy) run.again = true;
    if (found->status == Found::Status::erased) run.end = std::max(run.end, found->stamp);
    const bool owned = found->status == Found::Status::owned;
    if (run.phase == Phase::looking && (owned || found->status == Found::Status::held)) {
      run.holders.push_back({.name = peer, .stamp = found->stamp});
      if (owned && (!run.owner || run.owner->stamp < found->stamp)) run.owner = run.holders.back();
    }
    // Between the two questions the owner has gone: to another node, or with the session.
    if (run.phase == Phase::claiming && found->status == Found::Status::none) run.again = true;
    if (found->copy && found->copy->id == id && (!run.best || run.best->stamp < found->copy->stamp))
      run.best = std::move(found->copy);
  }
  arrived(id);
}

void Claims::arrived(const std::string& id) {
  Run& run = running_.at(id);
  if (--run.awaited > 0) return;
  if (run.end.term > 0) return finish_ended(id, run);
  if (run.again) return look_later(id, run);
  run.phase == Phase::looking ? looked(id, run) : claimed(id, run);
}

void Claims::looked(const std::string& id, Run& run) {
  if (run.holders.empty() && group_.table.find(id) == nullptr) return conclude(id, Outcome::missing);
  run.phase = Phase::claiming;
  ++run.term;
  std::vector<std::string> peers;
  if (run.owner) {
    peers.push_back(run.owner->name);
  } else {
    for (const Holder& holder : run.holders) peers.push_back(holder.name);
  }
  const Stamp have = run.best ? std::max(run.best->stamp, run.had) : run.had;
  ask(id, peers,
      Claim{.id = id, .have = have, .stamp = {.term = run.term, .owner = group_.peers.self(), .version = 0}});
}

void Claims::claimed(const std::string& id, Run& run) {
  // What the others have said may have been waiting for this process for long.
  group_.pulse.feel();
  if (run.standstills != group_.pulse.standstills()) return look_later(id, run);
  const Replica* own = group_.table.find(id);
  // Peers have left out what our own copy made needless; if that has gone meanwhile, they have to be asked again. So
  // they have if another node has become the owner for all that.
  const bool lost_own = run.had.term > 0 && (own == nullptr || own->stamp < run.had);
  if (lost_own || (own != nullptr && own->stamp.term >= run.term)) return look_later(id, run);
  if (own != nullptr && (!run.best || run.best->stamp <= own->stamp)) run.best = group_.table.copy_of(id, *own);
  if (!run.best) return look_later(id, run);
  Run done = std::move(run);
  running_.erase(id);
  this->own(id, std::move(done));
}

// Some node may not have heard of it.
void Claims::finish_ended(const std::string& id, const Run& run) {
  group_.remove_older(id, run.end);
  for (const Holder& holder : run.holders) {
    group_.peers.ask(holder.name, Erase{.id = id, .stamp = run.end}, [](Message*) {});
  }
  conclude(id, Outcome::missing);
}

void Claims::look_later(const std::string& id, Run& run) {
  if (run.rounds_left <= 0) return conclude(id, Outcome::unavailable);
  run.phase = Phase::pausing;
  later_.push_back(id);
  if (later_.size() == 1) pause_.start(pause);
}

void Claims::own(const std::string& id, Run run) {
  Copy copy = *std::move(run.best);
  copy.stamp.term = run.term;
  copy.stamp.owner = group_.peers.self();
  group_.table.put(copy, group_.pulse.now_beyond_doubt());
  // Whoever waits looks at the session again, and claims it again if another node was faster.
  const auto told = [this, id, waiting = std::move(run.waiting), holders = std::move(run.holders)](auto) {
    release(id, holders);
    for (const Done& done : waiting) done(Outcome::owned);
  };
  // Also to those who have this version: a node that was asked for the session refuses whatever is older than the
  // claim, and who owned it throws it away when it is told so.
  spread_.whole(id, told);
}

// Copies that nobody keeps up to date are better gone; but not before somebody else has one.
void Claims::release(const std::string& id, const std::vector<Holder>& holders) {
  const Replica* replica = group_.table.find(id);
  if (group_.everywhere() || replica == nullptr || !group_.owns(*replica) || replica->backup.empty()) return;
  const Release question{.id = id, .stamp = replica->stamp};
  const std::string backup = replica->backup;
  for (const Holder& holder : holders) {
    if (holder.name == backup || spread_.sends_to(id, holder.name)) continue;
    group_.peers.ask(holder.name, question, [](Message*) {});
  }
}

void Claims::conclude(const std::string& id, Outcome outcome) {
  const Run run = std::move(running_.at(id));
  running_.erase(id);
  for (const Done& done : run.waiting) done(outcome);
}

bool Claims::yield_to_look(const std::string& id, const std::string& other) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.phase == Phase::pausing) return true;
  if (found->second.phase == Phase::claiming || group_.peers.self() < other) return false;
  found->second.again = true;
  return true;
}

// It has looked already; if we claim as well, then it did not see us, nor we it.
bool Claims::yield_to_claim(const std::string& id, const std::string& other) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.phase == Phase::pausing) return true;
  if (found->second.phase == Phase::claiming && group_.peers.self() < other) return false;
  found->second.again = true;
  return true;
}

void Claims::ended(const std::string& id, const Stamp& stamp) {
  const auto found = running_.find(id);
  if (found != running_.end()) found->second.end = std::max(found->second.end, stamp);
}

}  // namespace stickler::stub
