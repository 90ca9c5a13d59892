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

Replica& ReplicaTable::put(const Copy& copy) {
  remove(copy.id);
  const auto added = replicas_.try_emplace(copy.id).first;
  Replica& replica = added->second;
  replica.stamp = copy.stamp;
  replica.session = copy.session;
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

// After a life no copy can be left. More than there may be sessions are not kept: the oldest are the least likely to be
// asked for.
void ReplicaTable::bury(const std::string& id, const Stamp& stamp) {
  const TimePoint ends = clock_.now() + life_;
  buried_.insert_or_assign(id, Burial{.stamp = stamp, .ends = ends});
  burials_.emplace_back(ends, id);
  while (burials_.size() > size_max_) drop_oldest_burial();
}

void ReplicaTable::drop_oldest_burial() {
  const auto& [ends, id] = burials_.front();
  const auto found = buried_.find(id);
  if (found != buried_.end() && found->second.ends == ends) buried_.erase(found);  // Else it was buried again.
  burials_.pop_front();
}

const Stamp* ReplicaTable::buried(const std::string& id) const {
  const auto found = buried_.find(id);
  return found == buried_.end() || found->second.ends <= clock_.now() ? nullptr : &found->second.stamp;
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

void ReplicaTable::walk_buried(const std::function<void(const std::string&, const Stamp&)>& visit) const {
  for (const auto& [id, burial] : buried_) visit(id, burial.stamp);
}

void ReplicaTable::remove_expired(std::size_t most) {
  for (; most > 0 && !by_end_.empty() && by_end_.begin()->first <= clock_.now(); --most) {
    erase(replicas_.find(*by_end_.begin()->second));
    ++stats_.expired;
  }
  while (!burials_.empty() && burials_.front().first <= clock_.now()) drop_oldest_burial();
}

StoreStats ReplicaTable::stats() const {
  StoreStats stats = stats_;
  stats.sessions = replicas_.size();
  return stats;
}

}  // namespace stickler::stub
