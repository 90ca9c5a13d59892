#include "lb/affinity/node_table.h"

#include <algorithm>
#include <cassert>

#include "lb/base/hash.h"

namespace stickler::affinity {

NodeTable::NodeTable(std::span<const std::string> names, const CookieKeys& keys) {
  for (const CookieKey& key : keys.all()) {
    std::vector<Entry>& entries = by_key_.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) entries.push_back({key.node_id(names[i]), i});
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  }
  for (const std::string& name : names) {
    signing_ids_.push_back(keys.signing().node_id(name));
    name_hashes_.push_back(hash_bytes(name));
  }
}

std::optional<std::size_t> NodeTable::find(std::size_t key, NodeId id) const {
  assert(key < by_key_.size());
  const std::vector<Entry>& entries = by_key_[key];
  const auto found = std::lower_bound(entries.begin(), entries.end(), id,
                                      [](const Entry& entry, NodeId wanted) { return entry.id < wanted; });
  if (found == entries.end() || found->id != id) return std::nullopt;
  return found->index;
}

}  // namespace stickler::affinity
