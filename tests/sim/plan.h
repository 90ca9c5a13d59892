// What the simulation configures its balancers with: the pool and the keys as an operator writes them. A value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/affinity/backup.h"
#include "lb/cluster/backend_registry.h"

namespace stickler::sim {

// A node is known by its place in one list for the whole simulation, whatever the pool's list looks like.
using NodeId = std::size_t;
inline constexpr std::size_t node_count = 16;

inline const std::string& name_of(NodeId node) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < node_count; ++i) list.push_back("node-" + std::to_string(i));
    return list;
  }();
  return names[node];
}

struct NodePlan {
  NodeId node = 0;
  std::uint16_t port = 1;
  std::uint32_t weight = 1;
  cluster::Configured state = cluster::Configured::up;
  cluster::Role role = cluster::Role::primary;
};

struct Plan {
  std::vector<NodePlan> nodes;  // In the order of the pool's list.
  std::string policy = "round_robin";
  affinity::BackupRule backup = affinity::BackupRule::none;
  std::vector<std::uint32_t> keys = {0};  // By number; the first signs.

  const NodePlan* find(NodeId node) const {
    for (const NodePlan& plan : nodes) {
      if (plan.node == node) return &plan;
    }
    return nullptr;
  }
};

inline std::string key_text(std::uint32_t number) {
  return "a key of the simulation, number " + std::to_string(number);
}

}  // namespace stickler::sim
