#include "backend_stub/sessions/claims.h"

#include <algorithm>
#include <utility>

namespace stickler::stub {
namespace {

// A write that stands in the way takes one answer of a peer, or two patiences where a backup has died.
constexpr int rounds_max = 50;
constexpr std::chrono::milliseconds pause{10};

}  // namespace

Claims::Claims(Group& group, Spread& spread)
    : group_(group), spread_(spread), pause_(group.loop, [this] {
        for (const std::string& id : std::exchange(later_, {})) ask(id);
      }) {}

void Claims::claim(const std::string& id, Done done) {
  if (group_.table.buried(id) != nullptr) return done(Outcome::missing);
  const auto [run, is_new] = running_.try_emplace(id);
  run->second.waiting.push_back(std::move(done));
  if (!is_new) return;
  run->second.rounds_left = rounds_max;
  if (group_.peers.settled()) ask(id);
}

void Claims::peers_settled() {
  std::vector<std::string> ids;
  for (const auto& [id, run] : running_) ids.push_back(id);
  for (const std::string& id : ids) ask(id);
}

void Claims::ask(const std::string& id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  const Replica* own = group_.table.find(id);
  found->second = {.waiting = std::move(found->second.waiting), .rounds_left = found->second.rounds_left - 1};
  if (own != nullptr) found->second.had = own->stamp;
  const Claim question{.id = id, .have = found->second.had};
  const std::vector<std::string> live(group_.peers.live().begin(), group_.peers.live().end());
  found->second.awaited = live.size() + 1;
  for (const std::string& peer : live) {
    group_.peers.ask(peer, question, [this, id, peer](Message* answer) { received(id, peer, answer); });
  }
  arrived(id);
}

void Claims::received(const std::string& id, const std::string& peer, Message* answer) {
  Run& run = running_.at(id);
  if (auto* claimed = answer == nullptr ? nullptr : std::get_if<Claimed>(answer)) {
    switch (claimed->status) {
      case Claimed::Status::none:
        break;
      case Claimed::Status::busy:
        run.again = true;
        break;
      case Claimed::Status::erased:
        run.end = std::max(run.end, claimed->stamp);
        break;
      case Claimed::Status::granted:
        run.holders.push_back(peer);
        run.highest = std::max(run.highest, claimed->stamp);
        run.alike = run.alike && claimed->stamp == run.had;
        if (claimed->copy && (!run.best || run.best->stamp < claimed->copy->stamp)) run.best = std::move(claimed->copy);
        break;
    }
  }
  arrived(id);
}

void Claims::arrived(const std::string& id) {
  Run& run = running_.at(id);
  if (--run.awaited == 0) finish(id, run);
}

void Claims::finish(const std::string& id, Run& run) {
  const Replica* own = group_.table.find(id);
  // Peers have left out what our own copy made needless; if that has gone meanwhile, they have to be asked again.
  const bool lost_own = run.had.term > 0 && (own == nullptr || own->stamp < run.had) && run.end < run.had;
  if (run.again || lost_own) return ask_later(id, run);
  if (own != nullptr && (!run.best || run.best->stamp <= own->stamp)) run.best = group_.table.copy_of(id, *own);
  if (!run.best) return conclude(id, Outcome::missing);
  if (run.best->stamp <= run.end) {  // Some node has not heard of its end.
    group_.table.remove(id);
    for (const std::string& peer : run.holders) {
      group_.peers.ask(peer, Erase{.id = id, .stamp = run.end}, [](Message*) {});
    }
    return conclude(id, Outcome::missing);
  }
  Run done = std::move(run);
  running_.erase(id);
  this->own(id, std::move(done));
}

void Claims::ask_later(const std::string& id, Run& run) {
  if (run.rounds_left <= 0) return conclude(id, Outcome::unavailable);
  later_.push_back(id);
  if (later_.size() == 1) pause_.start(pause);
}

void Claims::own(const std::string& id, Run run) {
  Copy copy = *std::move(run.best);
  copy.stamp.term = std::max(run.highest.term, copy.stamp.term) + 1;
  copy.stamp.owner = group_.peers.self();
  group_.table.put(copy);
  // Where everybody had the copy that we have, the grants have made it ours already.
  if (group_.everywhere() && run.alike && run.holders.size() == group_.peers.live().size()) return tell(run);
  const auto spread = [this, id, run = std::move(run)](Spread::Outcome outcome) {
    if (outcome == Spread::Outcome::done) release(id, run.holders);
    tell(run);
  };
  spread_.whole(id, spread);
}

// Whoever waits looks at the session again, and claims it again if another node was faster.
void Claims::tell(const Run& run) {
  for (const Done& done : run.waiting) done(Outcome::owned);
}

// Copies that nobody keeps up to date are better gone.
void Claims::release(const std::string& id, const std::vector<std::string>& holders) {
  const Replica* replica = group_.table.find(id);
  if (group_.everywhere() || replica == nullptr || !group_.owns(*replica) || spread_.busy(id)) return;
  const Release question{.id = id, .stamp = replica->stamp};
  const std::string backup = replica->backup;
  for (const std::string& peer : holders) {
    if (peer != backup) group_.peers.ask(peer, question, [](Message*) {});
  }
}

void Claims::conclude(const std::string& id, Outcome outcome) {
  const Run run = std::move(running_.at(id));
  running_.erase(id);
  for (const Done& done : run.waiting) done(outcome);
}

bool Claims::yield(const std::string& id, const std::string& claimant) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.awaited == 0) return true;
  if (group_.peers.self() < claimant) return false;
  found->second.again = true;
  return true;
}

void Claims::ended(const std::string& id, const Stamp& stamp) {
  const auto found = running_.find(id);
  if (found != running_.end()) found->second.end = std::max(found->second.end, stamp);
}

}  // namespace stickler::stub
