// Group: what the parts of a ReplicatedStore share. The loop's thread; owned by the store.
#pragma once

#include <set>
#include <string>

#include "backend_stub/peers/peers.h"
#include "backend_stub/sessions/pulse.h"
#include "backend_stub/sessions/replica_table.h"

namespace stickler::stub {

enum class Placement : std::uint8_t {
  primary_backup,  // The owner and one other.
  all_to_all,      // Every node.
};

struct Group {
  const Placement placement;
  const bool sync;  // A call is answered once the other copies are there.
  io::Loop& loop;
  ReplicaTable& table;
  Peers& peers;
  Pulse pulse;
  std::set<std::string> behind{};  // Living peers that have not been told yet what this node has for them.

  bool everywhere() const { return placement == Placement::all_to_all; }
  bool owns(const Replica& replica) const { return replica.stamp.owner == peers.self() && !replica.given_up; }

  // Without asking anybody.
  bool may_answer_from(const Replica& replica) const {
    return replica.taken >= pulse.doubted_until() && (everywhere() || owns(replica));
  }
  bool may_write(const Replica& replica) const { return replica.taken >= pulse.doubted_until() && owns(replica); }

  // A greater stamp has been seen elsewhere.
  void remove_older(const std::string& id, const Stamp& than) const {
    const Replica* replica = table.find(id);
    if (replica != nullptr && replica->stamp < than) table.remove(id);
  }
};

}  // namespace stickler::stub
