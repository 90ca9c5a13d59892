#include "backend_stub/sessions/desk.h"

#include <algorithm>
#include <utility>

namespace stickler::stub {
namespace {

Stored stored(Stored::Status status) { return {.status = status}; }
Stored superseded(Stamp by) { return {.status = Stored::Status::superseded, .stamp = std::move(by)}; }

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

std::optional<Message> Desk::answer(const Asker& asker, Message& question) {
  using Answer = std::optional<Message>;
  return std::visit(Overloaded{[&](const Copy& copy) -> Answer { return take(copy); },
                               [&](const Change& change) -> Answer { return take(change); },
                               [&](const Release& release) -> Answer { return take(release); },
                               [&](const Erase& erase) -> Answer { return take(erase); },
                               [&](const Find& find) -> Answer { return look(asker, find); },
                               [&](const Claim& claim) -> Answer { return give(asker, claim); },
                               [&](const Offer& offer) -> Answer { return compare(offer); },
                               [&](const Ping&) -> Answer { return stored(Stored::Status::ok); },
                               [&](const auto&) -> Answer { return std::nullopt; }},
                    question);
}

// The stamp here that stands above one of another reign.
std::optional<Stamp> Desk::above(const std::string& id, const Stamp& stamp) {
  if (const Stamp* floor = group_.table.floor_of(id); floor != nullptr && *floor > stamp) return *floor;
  const Replica* replica = group_.table.find(id);
  if (replica == nullptr || replica->stamp < stamp || same_reign(replica->stamp, stamp)) return std::nullopt;
  return replica->stamp;
}

Stored Desk::take(const Copy& copy) {
  if (auto greater = above(copy.id, copy.stamp)) return superseded(*std::move(greater));
  const Replica* replica = group_.table.find(copy.id);
  if (replica == nullptr && group_.table.full()) return stored(Stored::Status::full);
  const bool ours = copy.stamp.owner == group_.peers.self();
  if (ours && replica != nullptr && group_.owns(*replica)) return stored(Stored::Status::ok);
  // Of one reign a lower version comes only late, from a connection that was given up.
  if (replica == nullptr || replica->stamp <= copy.stamp) {
    // Of our own reign others send only what we had before our start. It may not be the last of it.
    group_.table.put(copy, group_.pulse.now()).given_up = ours;
  }
  group_.table.forget_notes(copy.id);
  return stored(Stored::Status::ok);
}

Stored Desk::take(const Change& change) {
  if (auto greater = above(change.id, change.stamp)) return superseded(*std::move(greater));
  const Replica* replica = group_.table.find(change.id);
  if (replica == nullptr) return stored(Stored::Status::lacking);
  if (replica->stamp > change.stamp) return stored(Stored::Status::ok);  // Late, as above.
  if (replica->stamp != change.from) return stored(Stored::Status::lacking);
  if (change.visits || change.data) {
    Session session = *replica->session;
    if (change.visits) session.visits = *change.visits;
    if (change.data) session.data = *change.data;
    group_.table.write(change.id, change.stamp, std::make_shared<const Session>(std::move(session)));
  } else {
    group_.table.write(change.id, change.stamp, replica->session);
  }
  group_.table.prolong(change.id, change.left);
  return stored(Stored::Status::ok);
}

Stored Desk::take(const Release& release) {
  if (auto greater = above(release.id, release.stamp)) return superseded(*std::move(greater));
  group_.table.remove(release.id);
  group_.table.note_owner(release.id, release.stamp);
  return stored(Stored::Status::ok);
}

Stored Desk::take(const Erase& erase) {
  claims_.ended(erase.id, erase.stamp);
  group_.remove_older(erase.id, erase.stamp);
  if (const Replica* replica = group_.table.find(erase.id)) return superseded(replica->stamp);
  group_.table.note_end(erase.id, erase.stamp);
  return stored(Stored::Status::ok);
}

Found Desk::look(const Asker& asker, const Find& find) {
  if (!claims_.yield_to_look(find.id, asker.name)) return {.status = Found::Status::busy};
  return found(find.id, find.have);
}

// The owner gives a session up only between two writes, so that none is in two minds. One claim a term: of two nodes
// that do not see each other the second looks again, and then sees what the first has made of it.
Found Desk::give(const Asker& asker, const Claim& claim) {
  if (!claims_.yield_to_claim(claim.id, asker.name) || spread_.busy(claim.id)) return {.status = Found::Status::busy};
  if (const std::uint64_t term = term_of(claim.id); term >= claim.stamp.term) {
    return {.status = Found::Status::busy, .term = term};
  }
  const Found given = found(claim.id, claim.have);
  if (Replica* replica = group_.table.find(claim.id)) {
    replica->given_up = true;
    group_.table.note_owner(claim.id, claim.stamp);
  }
  return given;
}

Found Desk::found(const std::string& id, const Stamp& have) {
  if (const Stamp* end = group_.table.end_of(id)) return {.status = Found::Status::erased, .stamp = *end};
  Found found;
  found.term = term_of(id);
  const Replica* replica = group_.table.find(id);
  if (replica == nullptr) return found;
  found.status = group_.owns(*replica) ? Found::Status::owned : Found::Status::held;
  found.stamp = replica->stamp;
  if (replica->stamp > have) found.copy = group_.table.copy_of(id, *replica);
  return found;
}

// The highest that is known here.
std::uint64_t Desk::term_of(const std::string& id) {
  const Stamp* floor = group_.table.floor_of(id);
  const Replica* replica = group_.table.find(id);
  return std::max(floor == nullptr ? 0 : floor->term, replica == nullptr ? 0 : replica->stamp.term);
}

Wanted Desk::compare(const Offer& offer) {
  Wanted wanted;
  for (const Offered& offered : offer.sessions) compare(offered, wanted);
  return wanted;
}

void Desk::compare(const Offered& offered, Wanted& wanted) {
  if (auto greater = above(offered.id, offered.stamp)) {
    wanted.superseded.push_back({.id = offered.id, .stamp = *std::move(greater)});
    return;
  }
  const Replica* replica = group_.table.find(offered.id);
  if (offered.erased) {
    claims_.ended(offered.id, offered.stamp);
    group_.table.remove(offered.id);
    group_.table.note_end(offered.id, offered.stamp);
  } else if (!offered.yours) {
    group_.table.remove(offered.id);  // A copy that its owner has forgotten about.
  } else if (replica == nullptr || replica->stamp < offered.stamp) {
    wanted.ids.push_back(offered.id);
  }
}

}  // namespace stickler::stub
