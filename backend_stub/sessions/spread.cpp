#include "backend_stub/sessions/spread.h"

#include <algorithm>
#include <utility>

#include "backend_stub/peers/rendezvous.h"

namespace stickler::stub {

void Spread::whole(const std::string& id, Done done) {
  start({.id = id, .stamp = group_.table.find(id)->stamp, .change = {}, .done = std::move(done)});
}

void Spread::change(Change change, Done done) {
  const std::string id = change.id;
  const Stamp stamp = change.stamp;
  start({.id = id, .stamp = stamp, .change = std::move(change), .done = std::move(done)});
}

std::string Spread::backup_of(const std::string& id, const Replica& replica) const {
  if (!group_.everywhere()) return replica.backup;
  std::vector<std::string> holders;
  std::ranges::copy_if(group_.peers.live(), std::back_inserter(holders),
                       [this](const std::string& peer) { return !group_.behind.contains(peer); });
  return first_in_order(id, holders);
}

bool Spread::sends_to(const std::string& id, const std::string& peer) const {
  const auto running = running_.find(id);
  return running != running_.end() && std::ranges::find(running->second.jobs, peer, [](const SharedJob& job) {
                                        return job->target;
                                      }) != running->second.jobs.end();
}

void Spread::when_done(const std::string& id, std::function<void()> then) {
  running_.at(id).waiting.push_back(std::move(then));
}

void Spread::start(Job started) {
  const auto job = std::make_shared<Job>(std::move(started));
  running_[job->id].jobs.push_back(job);
  group_.everywhere() ? to_all(job) : to_backup(job);
  if (!group_.sync) report(*job);
}

void Spread::to_all(const SharedJob& job) {
  const std::vector<std::string> live(group_.peers.live().begin(), group_.peers.live().end());
  job->awaited = live.size();
  if (live.empty()) return finish(job);
  for (const std::string& peer : live) send(job, peer, !job->change);
}

void Spread::to_backup(const SharedJob& job) {
  Replica* replica = find_own(*job);
  if (replica == nullptr) {
    job->superseded = true;
    return finish(job);
  }
  std::vector<std::string> candidates;
  std::ranges::copy_if(group_.peers.live(), std::back_inserter(candidates), [&](const std::string& peer) {
    return std::ranges::find(job->tried, peer) == job->tried.end();
  });
  const bool keeps = std::ranges::find(candidates, replica->backup) != candidates.end();
  const std::string target = keeps ? replica->backup : new_backup(*job, candidates);
  // Named once it has answered; where nobody waits for that, at once.
  if (!keeps) replica->backup = group_.sync ? "" : target;
  job->target = target;
  target.empty() ? finish(job) : send(job, target, !keeps || !job->change);
}

// Of several that are under way all choose one, or a copy would be left that nobody keeps up to date.
std::string Spread::new_backup(const Job& job, const std::vector<std::string>& candidates) const {
  for (const SharedJob& other : running_.at(job.id).jobs) {
    if (other.get() != &job && std::ranges::find(candidates, other->target) != candidates.end()) return other->target;
  }
  return first_in_order(job.id, candidates);
}

void Spread::send(const SharedJob& job, const std::string& peer, bool whole) {
  const Replica* replica = find_own(*job);
  if (replica == nullptr) return received(job, peer, Stored::Status::superseded);
  Message message = whole ? Message(group_.table.copy_of(job->id, *replica)) : Message(*job->change);
  group_.peers.ask(peer, std::move(message), [this, job, peer, whole](Message* answer) {
    const Stored* stored = answer == nullptr ? nullptr : std::get_if<Stored>(answer);
    if (stored == nullptr) return received(job, peer, Stored::Status::full);  // Passed over in the same way.
    if (stored->status == Stored::Status::superseded) group_.remove_older(job->id, stored->stamp);
    if (stored->status != Stored::Status::lacking) return received(job, peer, stored->status);
    whole ? received(job, peer, Stored::Status::full) : send(job, peer, true);
  });
}

void Spread::received(const SharedJob& job, const std::string& peer, Stored::Status status) {
  if (status == Stored::Status::superseded) job->superseded = true;
  if (!group_.everywhere()) return received_from_backup(job, peer, status);
  if (--job->awaited == 0) finish(job);
}

void Spread::received_from_backup(const SharedJob& job, const std::string& peer, Stored::Status status) {
  Replica* replica = find_own(*job);
  if (status == Stored::Status::full) {
    job->tried.push_back(peer);
    if (replica != nullptr && replica->backup == peer) replica->backup.clear();
    return to_backup(job);
  }
  if (status == Stored::Status::ok && replica != nullptr) replica->backup = peer;
  finish(job);
}

void Spread::finish(const SharedJob& job) {
  const auto running = running_.find(job->id);
  std::erase(running->second.jobs, job);
  std::vector<std::function<void()>> waiting;
  if (running->second.jobs.empty()) {
    waiting = std::move(running->second.waiting);
    running_.erase(running);
  }
  report(*job);
  for (const auto& then : waiting) then();
}

void Spread::report(Job& job) const {
  const Done done = std::exchange(job.done, nullptr);
  if (done) done(job.superseded ? Outcome::superseded : Outcome::done);
}

Replica* Spread::find_own(const Job& job) const {
  Replica* replica = group_.table.find(job.id);
  return replica != nullptr && same_reign(replica->stamp, job.stamp) ? replica : nullptr;
}

}  // namespace stickler::stub
