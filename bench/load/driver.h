// Driver: one load run, on a loop of its own. Main thread.
//
// With a rate it is open-loop: requests are due at seeded random instants whether or not earlier ones have been
// answered, and a latency counts from the instant the request was due. So a server that stalls is charged with
// everybody who would have come meanwhile, which a driver that waits for answers would never see (the "coordinated
// omission" of Tene). Without a rate every connection sends its next request when it has its answer.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/precise_timer.h"
#include "bench/load/result.h"
#include "bench/load/settings.h"
#include "lb/base/random.h"
#include "lb/io/deadlines.h"
#include "lb/io/loop.h"
#include "lb/io/timer.h"

namespace stickler::bench {

class Driver {
 public:
  explicit Driver(const LoadSettings& settings);
  ~Driver();

  LoadResult run();

 private:
  void open_idle_connections();
  void begin();
  void send_due();
  void dispatch(TimePoint due);
  void on_finished(Client& client, const Finished& finished);
  void record(const Finished& finished);
  void end_sending();
  bool may_send() const;
  bool is_measured(TimePoint due) const { return due >= measure_from_ && due < measure_to_; }

  const LoadSettings settings_;
  const SystemClock clock_;
  const std::string head_start_;
  const std::string body_;
  io::Loop loop_;
  io::Deadlines deadlines_;
  http::ResponseHead head_;
  ClientShared shared_;
  PreciseTimer due_timer_;
  io::Timer end_timer_;
  Random random_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> idle_;
  std::deque<Client*> free_;       // Longest free first.
  std::deque<TimePoint> waiting_;  // Due, and no connection was free.
  TimePoint next_due_{};
  TimePoint measure_from_{};
  TimePoint measure_to_{};
  std::uint64_t sent_ = 0;
  std::size_t idle_opened_ = 0;
  std::size_t busy_ = 0;
  bool begun_ = false;  // The idle connections stand.
  bool sending_ = false;
  LoadResult result_;
};

}  // namespace stickler::bench
