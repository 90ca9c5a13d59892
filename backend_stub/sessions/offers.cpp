#include "backend_stub/sessions/offers.h"

#include <utility>

namespace stickler::stub {
namespace {

// Of others' sessions, most of which are passed over; then the loop has its turn.
constexpr std::size_t looked_at_max = 4096;

}  // namespace

void Offers::begin(const std::string& peer) {
  const auto round = std::make_shared<Round>(Round{.peer = peer});
  group_.table.walk_ends([&](const std::string& id, const Stamp& stamp) {
    if (stamp.owner == group_.peers.self()) round->ends.push_back({.id = id, .stamp = stamp, .erased = true});
  });
  rounds_.insert_or_assign(peer, round);
  group_.behind.insert(peer);
  offer_more(round);
}

void Offers::end(const std::string& peer) {
  group_.behind.erase(peer);
  rounds_.erase(peer);
}

void Offers::offer_more(const SharedRound& round) {
  Offer offer = next_batch(*round);
  if (offer.sessions.empty() && round->walked) return end(round->peer);
  const auto go_on = [this, held = std::weak_ptr<Round>(round)](const Message* answer) {
    if (const SharedRound going = held.lock()) received(going, answer);
  };
  group_.peers.ask(round->peer, std::move(offer), go_on);
}

Offer Offers::next_batch(Round& round) const {
  Offer offer;
  for (; !round.ends.empty() && offer.sessions.size() < offer_size_max; round.ends.pop_front()) {
    offer.sessions.push_back(std::move(round.ends.front()));
  }
  if (offer.sessions.size() == offer_size_max) return offer;
  std::size_t looked_at = 0;
  round.walked = true;
  group_.table.walk(std::string(round.after), [&](const std::string& id, const Replica& replica) {
    round.after = id;
    if (is_offered(round, replica)) {
      offer.sessions.push_back({.id = id, .stamp = replica.stamp, .yours = is_holder(round.peer, id, replica)});
    }
    round.walked = ++looked_at < looked_at_max && offer.sessions.size() < offer_size_max;
    return round.walked;
  });
  return offer;
}

// Each session by its owner; where everybody holds everything, those of the dead by whoever lives, and so the peer's
// own: it may have come back empty.
bool Offers::is_offered(const Round& round, const Replica& replica) const {
  if (!group_.everywhere()) return group_.owns(replica);
  const std::string& owner = replica.stamp.owner;
  return owner == group_.peers.self() || owner == round.peer || !group_.peers.is_live(owner);
}

// What is on its way to this peer it must not be told to throw away.
bool Offers::is_holder(const std::string& peer, const std::string& id, const Replica& replica) const {
  return group_.everywhere() || replica.backup == peer || spread_.sends_to(id, peer);
}

void Offers::received(const SharedRound& round, const Message* answer) {
  const auto* wanted = answer == nullptr ? nullptr : std::get_if<Wanted>(answer);
  if (wanted == nullptr) return end(round->peer);
  for (const Superseded& one : wanted->superseded) group_.remove_older(one.id, one.stamp);
  round->wanted.assign(wanted->ids.begin(), wanted->ids.end());
  send_wanted(round);
}

// One after the other, so that large sessions do not use up a peer's patience for the small questions between them.
void Offers::send_wanted(const SharedRound& round) {
  while (!round->wanted.empty()) {
    const std::string id = std::move(round->wanted.front());
    round->wanted.pop_front();
    const Replica* replica = group_.table.find(id);
    if (replica == nullptr || (!group_.everywhere() && replica->backup != round->peer)) continue;
    const auto go_on = [this, id, held = std::weak_ptr<Round>(round)](const Message* answer) {
      const SharedRound going = held.lock();
      if (going == nullptr) return;
      const auto* stored = answer == nullptr ? nullptr : std::get_if<Stored>(answer);
      if (stored == nullptr) return end(going->peer);
      if (stored->status == Stored::Status::superseded) group_.remove_older(id, stored->stamp);
      send_wanted(going);
    };
    return group_.peers.ask(round->peer, group_.table.copy_of(id, *replica), go_on);
  }
  offer_more(round);
}

}  // namespace stickler::stub
