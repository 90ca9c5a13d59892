// AdminSource: what the admin API asks of the process. Implemented by the server; control thread. The reports are
// values of the moment, in the words that the API shows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/admin/decision_report.h"
#include "lb/base/clock.h"

namespace stickler::admin {

// In the order of `code_class`: none 1xx 2xx 3xx 4xx 5xx; as metrics::ByCodeClass has them.
using RequestCounts = std::array<std::uint64_t, 6>;

struct DurationReport {
  std::uint64_t count = 0;
  Duration p50{};
  Duration p90{};
  Duration p99{};
};

struct ListenerReport {
  std::string name;
  std::string mode = "http";
  std::vector<std::string> addresses;  // Where it really listens, port 0 resolved.
  std::uint64_t connections = 0;       // Open now.
  std::uint64_t connections_max = 0;   // 0: unlimited.
  std::uint64_t connections_total = 0;
  std::uint64_t limit_pauses = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  RequestCounts requests{};
  DurationReport duration;
};

// What an operator has ordered of a backend.
struct DrainReport {
  Duration since{};                       // Ago.
  std::optional<Duration> deadline_in{};  // Empty: none was set. Zero: it is over.
  std::optional<double> rate{};           // Sessions a second that move; empty: none was set.
  std::uint64_t sessions_then = 0;
  std::uint64_t sessions_moved = 0;    // At the rate.
  std::optional<Duration> empty_in{};  // At the pace so far. Empty: not to be told.
};

struct BackendReport {
  std::string name;
  std::string address;
  std::uint32_t weight = 1;
  std::uint32_t weight_percent = 100;  // How much of it counts: less while it starts slowly.
  std::string origin;                  // Who has named it: "config", "discover", "api".
  bool overridden = false;             // What the files say of it is not what counts: something was said at run time.
  std::string role;                    // "primary", "standby".
  std::string state;                   // What counts: "up", "draining", "ejected", "down".
  std::string health;                  // The probes' verdict: "up", "down", "unknown".
  std::string reason;                  // Of the last probe; "": none.
  bool ejected = false;
  std::string ejected_because;              // As cluster::to_string(Ejected), also while on trial; "": it is not out.
  Duration ejected_for{};                   // What is left of it.
  std::uint64_t in_flight = 0;              // Requests.
  std::optional<std::uint64_t> sessions{};  // Log-in sessions that are bound to it; empty: the pool has no affinity.
  std::optional<DrainReport> drain{};       // Empty: it was not ordered to drain.
  std::uint64_t connects = 0;
  std::uint64_t reused = 0;
  std::uint64_t failures = 0;
  RequestCounts requests{};
};

// The list of a pool that has discover.file.
struct DiscoverReport {
  std::string file;
  std::string problem;        // Why it is not used as it is now; "": it is.
  std::uint64_t applied = 0;  // Changes of it.
  std::uint64_t refused = 0;
};

struct PoolReport {
  std::string name;
  std::string policy;
  std::string affinity;     // "cookie"; "": none.
  bool panic = false;       // Health is ignored.
  bool on_standby = false;  // Standbys get its new sessions.
  std::uint64_t attempts = 0;
  std::uint64_t retries = 0;
  std::uint64_t queued = 0;  // Waiting now.
  RequestCounts requests{};
  std::optional<DiscoverReport> discover{};  // Empty: it has none.
  std::vector<std::string> removed;          // At run time, though the files name them still.
  std::vector<BackendReport> backends;
};

struct StatusReport {
  std::string version;
  std::uint64_t pid = 0;
  std::uint32_t workers = 0;
  Duration uptime{};
  std::string config_file;
  std::uint64_t generation = 1;  // Of the configuration: counts applied reloads.
  bool draining = false;
  std::vector<ListenerReport> listeners;
  std::vector<PoolReport> pools;
};

struct ReloadReport {
  bool applied = false;
  std::string message;  // What changed; or every problem, as `check` prints it.
};

enum class OrderKind : std::uint8_t { drain, undrain, disable, enable };

struct BackendOrder {
  OrderKind kind = OrderKind::drain;
  std::string pool;
  std::string backend;
  std::optional<Duration> deadline{};  // Of a drain.
  std::optional<double> rate{};        // Likewise: sessions a second that move before it.
};

struct OrderReport {
  bool obeyed = false;
  std::string message;  // Why not.
};

// Of the backends that a pool has, while the process runs.
struct MemberChange {
  enum class Kind : std::uint8_t { weight, add, remove };
  Kind kind = Kind::weight;
  std::string pool;
  std::string backend{};  // "": that which is added; `body` has its name.
  std::string body{};     // JSON; "": it is removed.
};

struct MemberReport {
  enum class Outcome : std::uint8_t { done, bad_body, refused };
  Outcome outcome = Outcome::done;
  std::string backend{};  // Its name, if it is done.
  std::string message{};  // Why not.
};

class AdminSource {
 public:
  virtual ~AdminSource() = default;

  virtual StatusReport status() = 0;
  virtual std::string config_json() = 0;  // In force, secrets masked.
  virtual ReloadReport reload() = 0;
  virtual OrderReport order(const BackendOrder& order) = 0;     // Requires: there is such a backend.
  virtual MemberReport change(const MemberChange& change) = 0;  // Requires: there is such a pool and backend.

  // `done` is called on this thread, within the call or later: workers are asked. Never, if the process ends first.
  virtual void explain(const ExplainQuery& query, std::function<void(const Explained&)> done) = 0;
  // nullopt: no worker remembers such a request.
  using OnDecision = std::function<void(const std::optional<DecisionReport>&)>;
  virtual void decision_of(const std::string& request_id, OnDecision done) = 0;

  virtual void render_metrics(std::string& out) = 0;  // Appends.
  virtual bool ready() = 0;                           // Every listener is bound, and the process is not draining.
};

}  // namespace stickler::admin
