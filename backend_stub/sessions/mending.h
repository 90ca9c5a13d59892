// Mending: in primary-backup, sessions that have lost one of their two copies get another one, though nobody asks for
// them: or the next death would take what is left. The loop's thread; owned by a ReplicatedStore.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "backend_stub/sessions/claims.h"

namespace stickler::stub {

class Mending {
 public:
  Mending(Group& group, Spread& spread, Claims& claims) : group_(group), spread_(spread), claims_(claims) {}

  void peer_live(const std::string& peer, bool restarted);
  void peer_lost(const std::string& peer);
  void tick();  // About once a second.

 private:
  struct Absent {
    std::string peer;
    bool for_a_tick = false;
  };

  std::set<std::string> find_all(const std::function<bool(const Replica& replica)>& hurt) const;
  void enqueue_orphans_of(const std::string& peer);
  void work();
  bool mend(const std::string& id);

  Group& group_;
  Spread& spread_;
  Claims& claims_;
  std::vector<Absent> absent_;
  std::set<std::string> queue_;
  std::size_t running_ = 0;
  bool working_ = false;
};

}  // namespace stickler::stub
