// ReplicaTable: the copies of sessions that a node holds, its own and those of others, and what somebody might not have
// heard of: the ends of sessions, and who owns them now. Values in memory; the loop's thread; owned by a
// ReplicatedStore.
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
  TimePoint taken{};      // When this copy came here, by the loop's clock.
  bool given_up = false;  // By the owner, for another node; until that sends what it has made of it.
};

class ReplicaTable {
 public:
  // Requires: `clock` outlives it.
  ReplicaTable(const Clock& clock, Duration life, std::size_t size_max)
      : clock_(clock), life_(life), size_max_(size_max) {}

  // Null: there is none, or its life is over. Until the next call that adds or removes.
  Replica* find(const std::string& id);
  Replica& put(const Copy& copy, TimePoint taken);                                         // Replaces what is there.
  void write(const std::string& id, Stamp stamp, std::shared_ptr<const Session> session);  // Requires: it is there.
  void prolong(const std::string& id, Duration left);                                      // Likewise.
  void remove(const std::string& id);
  bool full() const { return replicas_.size() >= size_max_; }

  // What is remembered of sessions that have ended, or that another node owns: nothing with a lower stamp is let in.
  // Forgotten after a life, when no copy can be left.
  void note_end(const std::string& id, const Stamp& stamp) { note(id, stamp, true); }
  void note_owner(const std::string& id, const Stamp& stamp) { note(id, stamp, false); }
  void forget_notes(const std::string& id) { notes_.erase(id); }
  const Stamp* end_of(const std::string& id) const;    // Null: it has not ended, as far as is known.
  const Stamp* floor_of(const std::string& id) const;  // Either.

  Copy copy_of(const std::string& id, const Replica& replica) const;
  Duration left(const Replica& replica) const { return replica.ends - clock_.now(); }
  Duration life() const { return life_; }

  // In the order of ids, so that a walk may pause at any of them while sessions come and go. `visit` changes nothing
  // and returns false to pause.
  void walk(const std::string& after, const std::function<bool(const std::string&, const Replica&)>& visit) const;
  void walk_ends(const std::function<void(const std::string&, const Stamp&)>& visit) const;

  void remove_expired(std::size_t most);
  void count_creation() { ++stats_.created; }
  StoreStats stats() const;

 private:
  using Replicas = std::map<std::string, Replica>;
  struct Note {
    Stamp stamp;
    TimePoint ends;
    bool is_end;
  };

  void erase(Replicas::iterator found);
  void note(const std::string& id, const Stamp& stamp, bool is_end);
  void drop_oldest_note();

  const Clock& clock_;
  const Duration life_;
  const std::size_t size_max_;
  Replicas replicas_;
  // Whose life ends first. Copies come with any rest of a life, so the order of the last touch would not do.
  std::set<std::pair<TimePoint, const std::string*>> by_end_;
  std::map<std::string, Note> notes_;
  std::deque<std::pair<TimePoint, std::string>> noted_;  // In the order of their ends: all are equally long.
  StoreStats stats_;
};

}  // namespace stickler::stub
