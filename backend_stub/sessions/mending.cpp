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
  enqueue([this](const Replica& replica) { return group_.owns(replica) && !group_.peers.is_live(replica.backup); });
  if (restarted) enqueue_orphans_of(peer);
  work();
}

void Mending::peer_lost(const std::string& peer) {
  if (group_.everywhere()) return;
  absent_.push_back({.peer = peer});
  enqueue([&](const Replica& replica) { return group_.owns(replica) && replica.backup == peer; });
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
  enqueue([&](const Replica& replica) { return replica.stamp.owner == peer; });
}

void Mending::enqueue(const std::function<bool(const Replica& replica)>& hurt) {
  group_.table.walk("", [&](const std::string& id, const Replica& replica) {
    if (hurt(replica)) queue_.push_back(id);
    return true;
  });
}

// What ends within the call must not call it again, or a long queue would be a deep stack.
void Mending::work() {
  if (std::exchange(working_, true)) return;
  while (!queue_.empty() && running_ < running_max) {
    const std::string id = std::move(queue_.front());
    queue_.pop_front();
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
  if (group_.peers.is_live(replica->backup) || group_.peers.live().empty()) return false;
  spread_.whole(id, mended);
  return true;
}

}  // namespace stickler::stub
