#include "backend_stub/sessions/mending.h"

#include <utility>

namespace stickler::stub {
namespace {

constexpr std::size_t running_max = 32;  // So that users' requests find a turn.

}  // namespace

void Mending::peer_live(const std::string& peer, bool restarted) {
  if (group_.everywhere()) return;
  std::erase_if(absent_, [&](const Absent& absent) { return absent.peer == peer; });
  // Those that nobody could be found for.
  queue_.merge(find_all([this](const Replica& replica) { return group_.owns(replica) && replica.backup.empty(); }));
  if (restarted) enqueue_orphans_of(peer);
  work();
}

void Mending::peer_lost(const std::string& peer) {
  if (group_.everywhere()) return;
  absent_.push_back({.peer = peer});
  // It is named no more, also when it is back at once: it may be back without the sessions.
  queue_.merge(find_all([&](const Replica& replica) { return group_.owns(replica) && replica.backup == peer; }));
  for (const std::string& id : queue_) {
    if (Replica* replica = group_.table.find(id); replica != nullptr && replica->backup == peer)
      replica->backup.clear();
  }
  work();
}

// A peer that was only slow keeps its sessions: what it owns is taken over when it has been away for a while.
void Mending::tick() {
  std::vector<std::string> dead;
  std::erase_if(absent_, [&](Absent& absent) {
    if (!std::exchange(absent.for_a_tick, true)) return false;
    dead.push_back(absent.peer);
    return true;
  });
  for (const std::string& peer : dead) enqueue_orphans_of(peer);
  work();
}

void Mending::enqueue_orphans_of(const std::string& peer) {
  queue_.merge(find_all([&](const Replica& replica) { return replica.stamp.owner == peer; }));
}

std::set<std::string> Mending::find_all(const std::function<bool(const Replica& replica)>& hurt) const {
  std::set<std::string> ids;
  group_.table.walk("", [&](const std::string& id, const Replica& replica) {
    if (hurt(replica)) ids.insert(ids.end(), id);
    return true;
  });
  return ids;
}

// What ends within the call must not call it again, or a long queue would be a deep stack.
void Mending::work() {
  if (std::exchange(working_, true)) return;
  while (!queue_.empty() && running_ < running_max) {
    const std::string id = std::move(queue_.extract(queue_.begin()).value());
    ++running_;
    if (!mend(id)) --running_;
  }
  working_ = false;
}

bool Mending::mend(const std::string& id) {
  const Replica* replica = group_.table.find(id);
  if (replica == nullptr) return false;
  const auto mended = [this](auto) {
    --running_;
    work();
  };
  if (!group_.owns(*replica)) {
    claims_.claim(id, mended);
    return true;
  }
  if (!replica->backup.empty() || group_.peers.live().empty()) return false;
  spread_.whole(id, mended);
  return true;
}

}  // namespace stickler::stub
