#include "backend_stub/sessions/desk.h"

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
                               [&](const Claim& claim) -> Answer { return give(asker, claim); },
                               [&](const Offer& offer) -> Answer { return compare(offer); },
                               [&](const Ping&) -> Answer { return stored(Stored::Status::ok); },
                               [&](const auto&) -> Answer { return std::nullopt; }},
                    question);
}

// The stamp here that stands above one of another reign.
std::optional<Stamp> Desk::above(const std::string& id, const Stamp& stamp) {
  if (const Stamp* end = group_.table.buried(id); end != nullptr && *end > stamp) return *end;
  const Replica* replica = group_.table.find(id);
  if (replica == nullptr || replica->stamp < stamp || same_reign(replica->stamp, stamp)) return std::nullopt;
  return replica->stamp;
}

Stored Desk::take(const Copy& copy) {
  if (auto greater = above(copy.id, copy.stamp)) return superseded(*std::move(greater));
  const Replica* replica = group_.table.find(copy.id);
  if (replica == nullptr && group_.table.full()) return stored(Stored::Status::full);
  // Of one reign a lower version comes only late, from a connection that was given up.
  if (replica == nullptr || replica->stamp <= copy.stamp) group_.table.put(copy);
  group_.table.forget_burial(copy.id);  // An older one of an id that lives again.
  return stored(Stored::Status::ok);
}

Stored Desk::take(const Change& change) {
  if (auto greater = above(change.id, change.stamp)) return superseded(*std::move(greater));
  const Replica* replica = group_.table.find(change.id);
  if (replica == nullptr || !same_reign(replica->stamp, change.stamp)) return stored(Stored::Status::lacking);
  if (replica->stamp.version > change.stamp.version) return stored(Stored::Status::ok);
  if (replica->stamp.version != change.from_version) return stored(Stored::Status::lacking);
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
  group_.remove_older(release.id, release.stamp);
  const Replica* replica = group_.table.find(release.id);
  if (replica != nullptr && same_reign(replica->stamp, release.stamp)) group_.table.remove(release.id);
  return stored(Stored::Status::ok);
}

Stored Desk::take(const Erase& erase) {
  claims_.ended(erase.id, erase.stamp);
  group_.remove_older(erase.id, erase.stamp);
  if (const Replica* replica = group_.table.find(erase.id)) return superseded(replica->stamp);
  group_.table.bury(erase.id, erase.stamp);
  return stored(Stored::Status::ok);
}

Claimed Desk::give(const Asker& asker, const Claim& claim) {
  if (!claims_.yield(claim.id, asker.name) || spread_.busy(claim.id)) return {.status = Claimed::Status::busy};
  Replica* replica = group_.table.find(claim.id);
  if (replica == nullptr) {
    const Stamp* end = group_.table.buried(claim.id);
    return end == nullptr ? Claimed{} : Claimed{.status = Claimed::Status::erased, .stamp = *end};
  }
  Claimed given{.status = Claimed::Status::granted, .stamp = replica->stamp};
  if (replica->stamp > claim.have) given.copy = group_.table.copy_of(claim.id, *replica);
  Stamp theirs{.term = replica->stamp.term + 1, .owner = asker.name, .version = replica->stamp.version};
  group_.table.write(claim.id, std::move(theirs), replica->session);
  replica->backup.clear();
  return given;
}

Wanted Desk::compare(const Offer& offer) {
  Wanted wanted;
  for (const Offered& offered : offer.sessions) compare(offered, wanted);
  return wanted;
}

void Desk::compare(const Offered& offered, Wanted& wanted) {
  const Stamp* end = group_.table.buried(offered.id);
  const Replica* replica = group_.table.find(offered.id);
  const Stamp* ours = replica != nullptr ? &replica->stamp : end;
  if (ours != nullptr && *ours > offered.stamp) {
    wanted.superseded.push_back({.id = offered.id, .stamp = *ours});
  } else if (offered.erased) {
    claims_.ended(offered.id, offered.stamp);
    group_.table.remove(offered.id);
    group_.table.bury(offered.id, offered.stamp);
  } else if (!offered.yours) {
    group_.table.remove(offered.id);  // A copy that its owner has forgotten about.
  } else if (ours == nullptr || *ours < offered.stamp) {
    wanted.ids.push_back(offered.id);
  }
}

}  // namespace stickler::stub
