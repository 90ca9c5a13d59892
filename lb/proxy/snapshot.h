// Snapshot: a configuration compiled for serving: names resolved to indexes, header edits to templates, keys derived.
// Immutable; made on the control thread, shared by epochs and the server; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/affinity/choice.h"
#include "lb/affinity/cookie.h"
#include "lb/affinity/keys.h"
#include "lb/balance/registry.h"
#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/cluster/outlier.h"
#include "lb/http/cookie.h"
#include "lb/http/head_scan.h"
#include "lb/http/header_edits.h"
#include "lb/proxy/app_session.h"
#include "lb/proxy/hash_key.h"
#include "lb/route/router.h"

namespace stickler::proxy {

// Counts the connections of one listener over all workers. Keyed by the listener's name, it outlives reloads.
struct ListenerLoad {
  std::atomic<std::uint32_t> connections{0};  // Every worker adds and subtracts, relaxed.
};

struct HeaderRules {
  http::HeaderEdits request;
  http::HeaderEdits response;
};

struct Route {
  std::string name;  // For log lines: "host/path", or "default".
  HeaderRules headers;
};

struct ListenerSettings {
  std::string name;
  http::HeadLimits head_limits;
  std::uint64_t body_bytes_max = 0;               // UINT64_MAX: unlimited.
  std::uint64_t requests_per_connection_max = 0;  // UINT64_MAX: unlimited.
  std::uint32_t connections_max = 0;
  Duration request_header_timeout{};
  Duration request_body_timeout{};
  Duration idle_timeout{};
  Duration tunnel_timeout{};
  std::vector<Network> trusted_proxies;
  route::Router router;
  std::vector<Route> routes;  // As the router's rules, and the default route last.
  std::shared_ptr<ListenerLoad> load;
};

// Of a request whose session's node is full.
struct Overload {
  Duration queue{};  // It may wait there. Zero: it does not.
  affinity::OverloadThen then = affinity::OverloadThen::backup;
};

struct AffinitySettings {
  std::optional<AppSessionSource> app_session;  // Given: sessions are known by it, and not by a cookie of ours.
  http::CookieAttributes cookie;                // Its name is "" where there is none.
  affinity::CookieKeys keys;
  affinity::CookieRules rules;  // Its pool's name is PoolSettings::name.
  affinity::BackupRule backup = affinity::BackupRule::none;
  std::string backup_header;  // Whose value names the backup, of BackupRule::announced.
  affinity::WhenUnavailable when_unavailable = affinity::WhenUnavailable::redispatch;
  Overload overload{};
  affinity::FailbackRule failback = affinity::FailbackRule::never;
};

struct PoolSettings {
  std::string name;
  const balance::PolicyEntry* policy = nullptr;  // Of balance::policies().
  std::optional<AffinitySettings> affinity;
  std::optional<HashOn> hash_on;  // Of the policy `hash`.
  bool measures_time = false;     // The policy asks how fast a backend answers.
  bool counts_placed = false;     // It asks which sessions are on their way to a backend.
  Duration connect_timeout{};
  Duration response_header_timeout{};
  Duration response_body_timeout{};
  Duration queue_timeout{};
  Duration idle_timeout{};
  std::uint32_t idle_per_worker = 0;
  std::uint32_t connections_per_backend_max = 0;  // UINT32_MAX: unlimited.
  std::uint32_t queue_max = 0;
  std::uint32_t retries_max = 0;
  std::uint32_t retry_budget_percent = 0;
  std::uint32_t passive_failures = 0;  // In a row, for an ejection; 0: passive health is off.
};

struct Snapshot {
  std::vector<ListenerSettings> listeners;
  std::vector<std::unique_ptr<const PoolSettings>> pools;  // PoolIndex; at stable addresses.
};

}  // namespace stickler::proxy
