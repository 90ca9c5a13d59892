// The page of GET /metrics: every metric of docs/metrics.md in Prometheus text format 0.0.4. Control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/clock.h"
#include "lb/metrics/registry.h"

namespace stickler::metrics {

// The words of the enums that index the arrays "by reason". "none" is not shown, but for verdicts, where it is one.
// Borrowed for the call.
struct ReasonWords {
  std::span<const std::string_view> refusals;
  std::span<const std::string_view> failures;
  std::span<const std::string_view> verdicts;
  std::span<const std::string_view> ejections;
  std::span<const std::string_view> shared_calls{};
};

// What is not counted but is so now.
struct BackendNow {
  std::string pool;
  std::string name;
  std::string_view state = "up";  // As cluster::to_string(State): up draining drained trial ejected down.
  std::uint32_t weight = 1;
  double weight_share = 1;  // Less while it starts slowly.
  bool standby = false;
  std::uint64_t in_flight = 0;              // Requests.
  std::optional<std::uint64_t> sessions{};  // Empty: the pool has no affinity.
};

// Of a pool's list at discover.file: how often it has changed.
struct ListChanges {
  std::uint64_t applied = 0;
  std::uint64_t refused = 0;
};

struct PoolNow {
  std::string name;
  bool panic = false;
  bool on_standby = false;
  std::optional<ListChanges> lists{};     // Empty: it has none.
  std::optional<bool> shared_table_up{};  // Empty: what it learns is for itself.
};

struct ProcessNow {
  std::string version;
  WallTime started{};
  std::uint32_t workers = 0;
  bool ready = false;
  std::uint64_t reloads_applied = 0;
  std::uint64_t reloads_refused = 0;
  std::uint64_t access_log_dropped = 0;  // Lines.
  std::vector<PoolNow> pools;
  std::vector<BackendNow> backends;
};

// Appends to `out`.
void render(std::string& out, const Registry& registry, const ReasonWords& words, const ProcessNow& now);

}  // namespace stickler::metrics
