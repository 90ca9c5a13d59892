// ReplicaTable: the copies of sessions that a node holds, its own and those of others, and the ends of sessions that
// somebody might not have heard of. Values in memory; the loop's thread; owned by a ReplicatedStore.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "backend_stub/sessions/copy.h"

namespace stickler::stub {

struct Replica {
  Stamp stamp;
  std::shared_ptr<const Session> session;
  std::string backup;  // If this node is the owner: who holds it as well, in primary-backup; "": nobody.
  TimePoint ends{};
};

class ReplicaTable {
 public:
  // Requires: `clock` outlives it.
  ReplicaTable(const Clock& clock, Duration life, std::size_t size_max)
      : clock_(clock), life_(life), size_max_(size_max) {}

  // Null: there is none, or its life is over. Until the next call that adds or removes.
  Replica* find(const std::string& id);
  Replica& put(const Copy& copy);                                                          // Replaces what is there.
  void write(const std::string& id, Stamp stamp, std::shared_ptr<const Session> session);  // Requires: it is there.
  void prolong(const std::string& id, Duration left);                                      // Likewise.
  void remove(const std::string& id);
  bool full() const { return replicas_.size() >= size_max_; }

  // The session has ended; whoever offers a copy with a lower stamp is told so.
  void bury(const std::string& id, const Stamp& stamp);
  void forget_burial(const std::string& id) { buried_.erase(id); }
  const Stamp* buried(const std::string& id) const;

  Copy copy_of(const std::string& id, const Replica& replica) const;
  Duration left(const Replica& replica) const { return replica.ends - clock_.now(); }
  Duration life() const { return life_; }

  // In the order of ids, so that a walk may pause at any of them while sessions come and go. `visit` changes nothing
  // and returns false to pause.
  void walk(const std::string& after, const std::function<bool(const std::string&, const Replica&)>& visit) const;
  void walk_buried(const std::function<void(const std::string&, const Stamp&)>& visit) const;

  void remove_expired(std::size_t most);
  void count_creation() { ++stats_.created; }
  StoreStats stats() const;

 private:
  using Replicas = std::map<std::string, Replica>;
  struct Burial {
    Stamp stamp;
    TimePoint ends;
  };

  void erase(Replicas::iterator found);
  void drop_oldest_burial();

  const Clock& clock_;
  const Duration life_;
  const std::size_t size_max_;
  Replicas replicas_;
  // Whose life ends first. Copies come with any rest of a life, so the order of the last touch would not do.
  std::set<std::pair<TimePoint, const std::string*>> by_end_;
  std::map<std::string, Burial> buried_;
  std::deque<std::pair<TimePoint, std::string>> burials_;  // In the order of their ends: all are equally long.
  StoreStats stats_;
};

}  // namespace stickler::stub
