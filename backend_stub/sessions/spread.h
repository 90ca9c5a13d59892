// Spread: brings what the owner of a session has written to the nodes that are to hold it. The loop's thread; owned by
// a ReplicatedStore.
//
// A peer that does not answer or has no room is passed over; in primary-backup the next node in the session's order
// becomes the backup. So a dead peer fails nothing. A peer that knows a greater stamp ends the ownership.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "backend_stub/sessions/group.h"

namespace stickler::stub {

class Spread {
 public:
  enum class Outcome : std::uint8_t { done, superseded };
  using Done = std::function<void(Outcome outcome)>;

  explicit Spread(Group& group) : group_(group) {}

  // Requires: this node is the owner. `done` may be called within the call; without `sync` it always is.
  void whole(const std::string& id, Done done);
  void change(Change change, Done done);

  bool busy(const std::string& id) const { return running_.contains(id); }
  bool sends_to(const std::string& id, const std::string& peer) const;
  void when_done(const std::string& id, std::function<void()> then);  // Requires: busy. It may be so again by then.

  // The node that the session's requests had best go to when this one dies; "": none.
  std::string backup_of(const std::string& id, const Replica& replica) const;

 private:
  struct Job {
    std::string id;
    Stamp stamp;
    std::optional<Change> change;
    Done done;
    std::vector<std::string> tried{};
    std::string target{};  // In primary-backup: who is asked to hold it.
    std::size_t awaited = 0;
    bool superseded = false;
  };
  using SharedJob = std::shared_ptr<Job>;
  struct Running {
    std::vector<SharedJob> jobs{};
    std::vector<std::function<void()>> waiting{};
  };

  void start(Job job);
  void to_all(const SharedJob& job);
  void to_backup(const SharedJob& job);
  std::string new_backup(const Job& job, const std::vector<std::string>& candidates) const;
  void send(const SharedJob& job, const std::string& peer, bool whole);
  void received(const SharedJob& job, const std::string& peer, Stored::Status status);
  void received_from_backup(const SharedJob& job, const std::string& peer, Stored::Status status);
  void finish(const SharedJob& job);
  void report(Job& job) const;
  Replica* find_own(const Job& job) const;

  Group& group_;
  std::unordered_map<std::string, Running> running_;  // By session.
};

}  // namespace stickler::stub
