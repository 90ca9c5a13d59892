// What a stream waits for, for how long, and what follows when it was in vain.
#include "lb/proxy/client_exchange.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/upstream_exchange.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

void Stream::wait_for(Wait what, Duration timeout) {
  waiting_for_ = what;
  if (what == Wait::none) return deadline_.disarm();
  unsent_then_ = unsent_to(what);
  deadline_.arm(timeout);
}

std::size_t Stream::unsent_to(Wait what) const {
  if (what == Wait::client) return client_->unsent_bytes();
  return what == Wait::upstream ? upstream_->unsent_bytes() : 0;
}

bool Stream::is_taking(Wait what) const { return unsent_to(what) < unsent_then_; }

void Stream::on_deadline() {
  switch (waiting_for_) {
    case Wait::none:
      return;
    case Wait::queue:
      give_up_waiting(http::Refusal::queue_timeout);
      break;
    case Wait::client:
      if (is_taking(Wait::client)) return wait_for(Wait::client, listener().idle_timeout);
      client_->cut();
      on_client_gone(Failure::client_stalled);
      break;
    case Wait::upstream:
      if (is_taking(Wait::upstream)) return wait_for(Wait::upstream, pool().response_header_timeout);
      time_out(Failure::answer_timeout);
      break;
    case Wait::connect:
      time_out(Failure::connect_timeout);
      break;
    case Wait::answer_head:
      time_out(Failure::answer_timeout);
      break;
    case Wait::answer_body:
      time_out(Failure::body_timeout);
      break;
  }
  worker_.gather().flush();
}

void Stream::time_out(Failure failure) {
  upstream_->abandon();
  on_upstream_failed(failure);
}

}  // namespace stickler::proxy
