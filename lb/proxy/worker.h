// Worker: one event loop that shares nothing with the others: it accepts, serves and keeps its own connections,
// streams and counters. Its thread runs run(); what publishes, drains, cuts, stops, wakes or asks it comes from others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lb/affinity/shared_table.h"
#include "lb/balance/policy.h"
#include "lb/base/intrusive_list.h"
#include "lb/base/random.h"
#include "lb/http/date.h"
#include "lb/io/acceptor.h"
#include "lb/io/deadlines.h"
#include "lb/io/loop.h"
#include "lb/proxy/access_log.h"
#include "lb/proxy/decision_ring.h"
#include "lb/proxy/epoch.h"
#include "lb/proxy/explain.h"
#include "lb/proxy/gather.h"
#include "lb/proxy/http1_session.h"
#include "lb/proxy/log_writer.h"
#include "lb/proxy/retry.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/upstream_pool.h"
#include "lb/proxy/wait_queue.h"

namespace stickler::proxy {

// What a worker remembers of a pool over all epochs. Keyed by the pool's name.
struct PoolRuntime {
  PoolRuntime(std::uint64_t seed, std::uint32_t workers) : pick_state(seed), retry_budget(workers) {}
  balance::PickState pick_state;
  RetryBudget retry_budget;

  // max_per_backend as it is configured now: who leaves a place may have begun under another.
  std::uint32_t places = 0;

  // Of a pool whose learned sessions other balancers know, too; and by what it was made.
  std::unique_ptr<affinity::SharedTable> shared{};
  std::shared_ptr<const affinity::SharedTableSettings> shared_by{};
};

// Makes the SharedTable of a pool for one worker.
struct SharedTablePlace {
  io::Loop& loop;
  io::Deadlines& deadlines;
  std::shared_ptr<const affinity::SharedTableSettings> settings;
  metrics::PoolCounters& counters;
  std::uint32_t worker;
};
using MakeSharedTable = std::function<std::unique_ptr<affinity::SharedTable>(const SharedTablePlace& place)>;

// What a worker tells the control thread. Called on the worker's thread.
struct ControlLink {
  using OfBackend = std::function<void(const std::shared_ptr<cluster::Backend>&)>;
  OfBackend on_failure_streak;  // Passive health: perhaps enough failures in a row.
  std::function<void(const std::shared_ptr<cluster::Backend>&, bool ok)> on_trial;  // How a trial of it ended.
  OfBackend on_restart;                              // It names another generation than before.
  OfBackend on_place_free;                           // A backend has room, and other workers' streams wait for it.
  std::function<void(const ListenerLoad*)> on_room;  // A listener at its limit fell to 90 % of it.
  std::function<void()> on_idle;                     // Draining, and the last session is gone.
};

// Where the rotations of a worker stand, by pool.
using PoolTurns = std::map<std::string, balance::Turns>;

struct WorkerOptions {
  std::uint32_t index = 0;
  std::uint32_t workers = 1;
  std::uint64_t seed = 0;
  LogBuffer* access_log = nullptr;  // nullptr: off. Outlives the worker.
  PoolTurns turns{};                // Where it goes on.
  MakeSharedTable make_shared_table{};
  ControlLink control;
};

class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();

  // --- Other threads ---
  void run();  // Its own thread, which it blocks until stop().
  void publish(std::shared_ptr<Epoch> epoch);
  void drain();          // Accept what is queued, then no more; idle connections close, busy ones after their answer.
  void cut_exchanges();  // What is open and no tunnel.
  void cut_tunnels();
  void stop();                                       // Cuts what is still open.
  void visit(std::function<void(Worker&)> visitor);  // Runs it on the worker's thread, after what came before.
  void resume_accepting(const ListenerLoad* load);
  void serve_waiting(std::shared_ptr<cluster::Backend> backend);
  // `answer` is called on the worker's thread. nullopt: it has no such listener.
  void explain(ExplainRequest request, std::function<void(std::optional<Decision>)> answer);

  // Likewise. nullopt: no request of this id is remembered.
  void find_decision(std::string request_id, std::function<void(std::optional<Decision>)> answer);

  // --- The worker's thread ---
  io::Loop& loop() { return loop_; }
  io::Deadlines& deadlines() { return deadlines_; }
  Gather& gather() { return gather_; }
  Random& random() { return random_; }
  UpstreamPool& upstreams() { return upstreams_; }
  WaitQueues& wait_queues() { return wait_queues_; }
  DecisionRing& decisions() { return decisions_; }
  http::DateCache& date() { return date_; }
  http::RequestHead& request_head() { return request_head_; }  // Where parsers leave what they find.
  http::ResponseHead& response_head() { return response_head_; }
  const std::shared_ptr<Epoch>& epoch() const { return epoch_; }
  std::uint32_t index() const { return options_.index; }
  const ControlLink& control() const { return options_.control; }
  PoolTurns turns() const;
  bool draining() const { return draining_; }

  std::unique_ptr<Stream> take_stream();
  void give_back_stream(std::unique_ptr<Stream> stream);
  void log_access(const AccessRecord& record);
  bool logs_access() const { return options_.access_log != nullptr; }
  void end_session(Http1Session& session);  // Buries it.
  void leave_place(const std::shared_ptr<cluster::Backend>& backend, const PoolRuntime& pool);

 private:
  struct Listening {
    std::shared_ptr<const io::ListenSocket> socket;
    std::size_t listener = 0;  // Index in the epoch.
    std::unique_ptr<io::Acceptor> acceptor;
  };

  void adopt(std::shared_ptr<Epoch> epoch);
  void serve_all_waiting();
  void share_tables();
  std::vector<std::unique_ptr<Listening>> listen(Epoch& epoch);
  void accept(Listening& listening, int fd, const Address& peer);
  void resume(Listening& listening);
  void note_exhausted(const Listening& listening);
  void begin_drain();
  void cut(bool tunnels);
  void tell_if_idle();

  WorkerOptions options_;
  io::Loop loop_;
  io::Deadlines deadlines_;
  Gather gather_;
  Random random_;
  http::DateCache date_;
  http::RequestHead request_head_;
  http::ResponseHead response_head_;
  std::unordered_map<std::string, std::unique_ptr<PoolRuntime>> pool_runtimes_;
  std::shared_ptr<Epoch> epoch_;
  std::vector<std::unique_ptr<Stream>> spare_streams_;
  UpstreamPool upstreams_;
  WaitQueues wait_queues_;
  DecisionRing decisions_;
  IntrusiveList<Http1Session> sessions_;
  std::vector<std::unique_ptr<Listening>> listening_;
  TimePoint next_exhausted_warning_{};
  bool draining_ = false;
};

}  // namespace stickler::proxy
