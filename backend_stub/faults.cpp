#include "backend_stub/faults.h"

#include <utility>

namespace stickler::stub {

struct Faults::Delayed : ListNode<Delayed> {
  Delayed(io::Loop& loop, std::function<void()> what)
      : task(std::move(what)), timer(loop, [this, &loop] {
          const auto due = std::move(task);
          unlink();
          loop.bury(std::unique_ptr<Delayed>(this));
          due();
        }) {}

  std::function<void()> task;
  io::Timer timer;
};

Faults::Faults(io::Loop& loop, std::uint64_t seed) : loop_(loop), random_(seed), end_(loop, [this] { order({}); }) {}

Faults::~Faults() {
  while (Delayed* delayed = delayed_.pop_front()) delete delayed;
}

void Faults::order(const FaultOrder& order) {
  order_ = order;
  end_.stop();
  if (order_.lasts) end_.start(*order_.lasts);
  for (const auto& responder : std::exchange(hanging_, {})) responder.reset();
}

Fault Faults::draw() {
  if (order_.fault == Fault::none || random_.unit() >= order_.share) return Fault::none;
  return order_.fault;
}

void Faults::after_delay(std::function<void()> task) {
  if (order_.delay <= Duration::zero()) return task();
  auto delayed = std::make_unique<Delayed>(loop_, std::move(task));
  delayed->timer.start(order_.delay);
  delayed_.push_back(*delayed.release());
}

}  // namespace stickler::stub
