// NodeTable: which backend a cookie's node id means, for one pool, under every key. Immutable; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lb/affinity/keys.h"

namespace stickler::affinity {

class NodeTable {
 public:
  // `names` in the order of the pool's members: an index below is a place in it.
  NodeTable(std::span<const std::string> names, const CookieKeys& keys);

  // Requires: key < keys.all().size(). nullopt: the pool has no such node.
  std::optional<std::size_t> find(std::size_t key, NodeId id) const;

  // The member's id under the signing key. Requires: index < names.size().
  NodeId id_of(std::size_t index) const { return signing_ids_[index]; }

  // Of the member's name, whatever the keys. Requires: index < names.size().
  std::uint64_t name_hash(std::size_t index) const { return name_hashes_[index]; }

 private:
  struct Entry {
    NodeId id;
    std::size_t index;
  };
  std::vector<std::vector<Entry>> by_key_;  // Each sorted by id.
  std::vector<NodeId> signing_ids_;
  std::vector<std::uint64_t> name_hashes_;
};

}  // namespace stickler::affinity
