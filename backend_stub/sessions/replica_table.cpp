#include "backend_stub/sessions/replica_table.h"

#include <algorithm>

namespace stickler::stub {
namespace {

std::uint64_t bytes_of(const std::string& id, const Replica& replica) {
  return id.size() + replica.session->user.size() + replica.session->data.size();
}

}  // namespace

Replica* ReplicaTable::find(const std::string& id) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return nullptr;
  if (found->second.ends > clock_.now()) return &found->second;
  erase(found);
  ++stats_.expired;
  return nullptr;
}

Replica& ReplicaTable::put(const Copy& copy, TimePoint taken) {
  remove(copy.id);
  const auto added = replicas_.try_emplace(copy.id).first;
  Replica& replica = added->second;
  replica.stamp = copy.stamp;
  replica.session = copy.session;
  replica.taken = taken;
  replica.ends = clock_.now() + std::min(copy.left, life_);
  by_end_.emplace(replica.ends, &added->first);
  stats_.bytes_held += bytes_of(copy.id, replica);
  return replica;
}

void ReplicaTable::write(const std::string& id, Stamp stamp, std::shared_ptr<const Session> session) {
  Replica& replica = replicas_.at(id);
  stats_.bytes_held -= bytes_of(id, replica);
  replica.stamp = std::move(stamp);
  replica.session = std::move(session);
  stats_.bytes_held += bytes_of(id, replica);
}

void ReplicaTable::prolong(const std::string& id, Duration left) {
  const auto found = replicas_.find(id);
  by_end_.erase({found->second.ends, &found->first});
  found->second.ends = clock_.now() + std::min(left, life_);
  by_end_.emplace(found->second.ends, &found->first);
}

void ReplicaTable::remove(const std::string& id) {
  const auto found = replicas_.find(id);
  if (found != replicas_.end()) erase(found);
}

void ReplicaTable::erase(Replicas::iterator found) {
  by_end_.erase({found->second.ends, &found->first});
  stats_.bytes_held -= bytes_of(found->first, found->second);
  replicas_.erase(found);
}

// No more than there may be sessions: the oldest are the least likely to be asked for.
void ReplicaTable::note(const std::string& id, const Stamp& stamp, bool is_end) {
  const TimePoint ends = clock_.now() + life_;
  notes_.insert_or_assign(id, Note{.stamp = stamp, .ends = ends, .is_end = is_end});
  noted_.emplace_back(ends, id);
  while (noted_.size() > size_max_) drop_oldest_note();
}

void ReplicaTable::drop_oldest_note() {
  const auto& [ends, id] = noted_.front();
  const auto found = notes_.find(id);
  if (found != notes_.end() && found->second.ends == ends) notes_.erase(found);  // Else there is a later one.
  noted_.pop_front();
}

const Stamp* ReplicaTable::end_of(const std::string& id) const {
  const auto found = notes_.find(id);
  const bool counts = found != notes_.end() && found->second.ends > clock_.now() && found->second.is_end;
  return counts ? &found->second.stamp : nullptr;
}

const Stamp* ReplicaTable::floor_of(const std::string& id) const {
  const auto found = notes_.find(id);
  return found == notes_.end() || found->second.ends <= clock_.now() ? nullptr : &found->second.stamp;
}

Copy ReplicaTable::copy_of(const std::string& id, const Replica& replica) const {
  return {.id = id, .stamp = replica.stamp, .left = left(replica), .session = replica.session};
}

void ReplicaTable::walk(const std::string& after,
                        const std::function<bool(const std::string&, const Replica&)>& visit) const {
  for (auto next = replicas_.upper_bound(after); next != replicas_.end(); ++next) {
    if (!visit(next->first, next->second)) return;
  }
}

void ReplicaTable::walk_ends(const std::function<void(const std::string&, const Stamp&)>& visit) const {
  for (const auto& [id, note] : notes_) {
    if (note.is_end) visit(id, note.stamp);
  }
}

void ReplicaTable::remove_expired(std::size_t most) {
  for (; most > 0 && !by_end_.empty() && by_end_.begin()->first <= clock_.now(); --most) {
    erase(replicas_.find(*by_end_.begin()->second));
    ++stats_.expired;
  }
  while (!noted_.empty() && noted_.front().first <= clock_.now()) drop_oldest_note();
}

StoreStats ReplicaTable::stats() const {
  StoreStats stats = stats_;
  stats.sessions = replicas_.size();
  return stats;
}

}  // namespace stickler::stub
