// Faults: the fault that is in force, and the requests that it holds back. The loop's thread; owned by the App.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "backend_stub/fault_order.h"
#include "lb/base/intrusive_list.h"
#include "lb/base/random.h"
#include "lb/io/timer.h"
#include "lb/service/service.h"

namespace stickler::stub {

class Faults {
 public:
  // `seed` decides which requests a share hits.
  Faults(io::Loop& loop, std::uint64_t seed);
  ~Faults();

  void order(const FaultOrder& order);  // Ends the one before.
  const FaultOrder& current() const { return order_; }

  // What the next request gets.
  Fault draw();

  // Runs `task` after the order's delay: at once, within the call, if there is none. Never after the end of *this.
  void after_delay(std::function<void()> task);

  // Holds the request until the fault ends, then resets its connection: a server that was stopped does not answer
  // late either, and what hangs must not pile up.
  void hang(service::Responder responder) { hanging_.push_back(std::move(responder)); }

 private:
  struct Delayed;

  io::Loop& loop_;
  Random random_;
  FaultOrder order_;
  io::Timer end_;
  std::vector<service::Responder> hanging_;
  IntrusiveList<Delayed> delayed_;  // Owned.
};

}  // namespace stickler::stub
