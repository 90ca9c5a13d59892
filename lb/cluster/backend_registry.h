// BackendRegistry: every backend and what is known of its health, over all reloads. Owned by the server; control
// thread. What it learns goes out to the workers as a new BackendSet.
//
// The calls that learn something return true when a backend's state changed with it: build and publish a new set.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/cluster/backend.h"
#include "lb/cluster/backend_set.h"
#include "lb/cluster/breaker.h"
#include "lb/cluster/health_state.h"
#include "lb/cluster/outlier.h"
#include "lb/cluster/steadiness.h"
#include "lb/cluster/success_rate.h"
#include "lb/cluster/turn.h"

namespace stickler::cluster {

struct BackendSettings {
  std::string name;
  Address address;
  std::uint32_t weight = 1;
  Configured state = Configured::up;
  Role role = Role::primary;
};

// What an operator has ordered of a backend, over its configuration.
struct Order {
  Configured state = Configured::up;
  TimePoint since{};
  std::optional<TimePoint> deadline{};  // Of a drain: the sessions that are left move then. Empty: they may stay.
  double rate = 0;                      // Of a drain: so many sessions a second move before that. 0: none does.
  std::uint64_t sessions = 0;           // That were bound to it then.
  std::uint64_t moved = 0;              // At a rate, before this order or this process.

  friend bool operator==(const Order&, const Order&) = default;
};

struct PoolSettings {
  std::string name;
  std::string policy = "round_robin";
  balance::PolicyOptions policy_options{};
  bool active_health = false;
  std::optional<OutlierRules> passive = OutlierRules{};
  std::uint32_t panic_below_percent = 0;
  Duration slow_start{};
  Duration steady_after{};  // Steadiness's `first`; zero: nobody asks for it.
  std::vector<BackendSettings> backends;
};

// What is known of a backend, for another process to go on with.
struct BackendMemory {
  std::string pool;
  std::string name;
  Address address;
  ProbeVerdict probes = ProbeVerdict::unknown;
  Breaker::History breaker{};
  std::uint32_t generation = 0;
  balance::PeakEwma::Figure answer_time{};
  std::optional<TimePoint> came_up{};      // If it starts slowly.
  Configured configured = Configured::up;  // What the order below departs from.
  std::optional<Order> order{};
  Steadiness::History steadiness{};
};

class BackendRegistry {
 public:
  // The configuration in force from now on, all pools of it. Backends known by pool and name keep their load, verdict,
  // ejection and order; one whose address changed keeps its load and order only, since what was learned was about
  // another machine. An order is over where the configuration says another state than it did.
  // Backends no longer named are forgotten; exchanges still open on them keep them alive. Ejections that the rules
  // would not allow in the pool as it is now are over. Who joins a pool that was there before, starts slowly.
  void configure(std::vector<PoolSettings> pools, TimePoint now);

  // All that is known, and its return, after configure() and before traffic, as far as configure() would have kept it.
  std::vector<BackendMemory> memories() const;
  void recall(const std::vector<BackendMemory>& memories, TimePoint now);

  // Where the last eligible backend goes down, an ejected one comes back early: it may serve, nobody else can.
  bool record_probe_verdict(std::string_view pool, std::string_view backend, bool up, TimePoint now);

  // A worker says that a streak of failures may be long enough: ejects the backend if it is, and goes on. Does nothing
  // to one that is down already, when too many are out, or when no eligible backend would be left.
  bool eject_failing(std::string_view pool, std::string_view backend, TimePoint now);

  // Every OutcomeWindow::look_every: ejects whose success rate is far below that of the others, one of each pool at a
  // time, under the same conditions; returns whom. `read`: its totals since the process started, of all workers.
  using ReadOutcomes = std::function<Outcomes(const Backend&)>;
  std::vector<std::shared_ptr<Backend>> eject_outliers(const ReadOutcomes& read, TimePoint now);

  // What became of a request that tried a backend on trial.
  enum class Trial : std::uint8_t { goes_on, passed, failed };
  Trial record_trial(std::string_view pool, std::string_view backend, bool ok, TimePoint now);

  // It answers as another than it was: it has started anew, without anybody having seen it down.
  bool record_restart(std::string_view pool, std::string_view backend, TimePoint now);

  // Replaces an earlier order; one to be up or down that says what the configuration says is none. False: it changes
  // nothing, or there is no such backend.
  bool order(std::string_view pool, std::string_view backend, const Order& order, TimePoint now);

  // Ends the ejections, which become trials, the trials and the drains whose time has come; takes the steps of slow
  // starts and of becoming steady.
  struct Ended {
    using Backends = std::vector<std::shared_ptr<const Backend>>;
    Backends ejections;
    Backends trials;   // In again.
    Backends stalled;  // Whose trial got no answer: ejected again.
    Backends drains;
    bool steps = false;  // One at least was taken.

    bool any() const { return !ejections.empty() || !trials.empty() || !stalled.empty() || !drains.empty() || steps; }
  };
  Ended end_what_is_over(TimePoint now);
  std::optional<TimePoint> next_end() const;  // When to call it; nullopt: nothing will be over.

  // nullptr: no such pool.
  std::shared_ptr<const BackendSet> build(std::string_view pool) const;

  // What the status page shows of a backend; nullopt: no such backend.
  struct View {
    HealthInputs inputs;
    State state = State::up;
    Ejected ejected_for{};                     // If it is ejected or on trial.
    std::optional<TimePoint> ejected_until{};  // Likewise, until when.
    std::optional<Order> order{};
    std::uint64_t moved = 0;                 // Sessions, by the order's rate, since it was given first.
    std::uint32_t share = SlowStart::steps;  // Of its weight, while it starts slowly.
    std::shared_ptr<Backend> backend;
  };
  std::optional<View> view(std::string_view pool, std::string_view backend) const;

  // What is so of a pool as a whole.
  struct PoolView {
    bool panics = false;  // As Turn has them.
    bool on_standby = false;
  };
  PoolView view(std::string_view pool) const;

 private:
  struct Entry {
    std::shared_ptr<Backend> backend;
    BackendSettings settings;
    ProbeVerdict probes = ProbeVerdict::unknown;
    Breaker breaker;
    OutcomeWindow outcomes;
    std::optional<Order> order;
    balance::Standing standing = balance::Standing::eligible;
    std::optional<TimePoint> came_up;        // Empty: it has its whole weight.
    std::uint32_t share = SlowStart::steps;  // Of it.
    std::optional<TimePoint> next_step;
    Steadiness steadiness;
    TimePoint steady_since = balance::not_steady;  // Where the pool asks for it.
    std::optional<TimePoint> steady_at;

    HealthInputs inputs() const;
    bool eligible() const;
    bool is_tried(const PoolView& pool) const;
    std::optional<TimePoint> end_of_drain() const;
    DrainPace* pace() const;
    void start_pace(TimePoint now);
    std::uint64_t moved() const;
    std::optional<TimePoint> next_end() const;
    void warm_up(const SlowStart& slow_start, TimePoint now);
    void weigh_steadiness(Duration first, TimePoint now);
    void turn_breaker(const OutlierRules& rules, TimePoint now, Ended& ended);
    void come_back();
    void forget_traffic();
  };
  struct Pool {
    PoolSettings settings;  // Its backends moved out into entries.
    std::vector<Entry> entries;
    PoolView view;
    std::vector<Outcomes> outcomes;  // Of the entries, as they are compared; kept, so that no look allocates.

    std::size_t ejected() const;
    bool can_spare(const Entry& entry) const;
    Entry* find_outlier();  // nullptr: none is.
  };

  static Entry carry_over(Pool* before, const PoolSettings& pool, BackendSettings backend);
  static void forget_unwatched(Entry& entry, const PoolSettings& pool);
  static void readmit(Pool& pool);
  static bool review(Pool& pool, TimePoint now);
  Pool* find_pool(std::string_view name);
  static Entry* find_entry(Pool& pool, std::string_view name);

  std::map<std::string, Pool, std::less<>> pools_;
};

}  // namespace stickler::cluster
