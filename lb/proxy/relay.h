// Relay: flow control of one direction: when the sink is above high water the source is held, and released when the
// sink has drained. Used for both directions of a body and of a tunnel. The worker's thread; owned by the stream or
// tunnel that moves the bytes.
#pragma once

#include "lb/io/transport.h"

namespace stickler::proxy {

class Relay {
 public:
  void join(io::Gate& source, io::Sink& sink) {
    source_ = &source;
    sink_ = &sink;
  }

  // To be called before either end goes away. Leaves the source as if there had been no relay.
  void part() {
    if (holding_ && source_ != nullptr) source_->release(io::Hold::peer_full);
    *this = Relay{};
  }

  void after_write() {
    if (holding_ || sink_ == nullptr || !sink_->above_high_water()) return;
    holding_ = true;
    source_->hold(io::Hold::peer_full);
  }

  void on_sink_drained() {
    if (!holding_) return;
    holding_ = false;
    source_->release(io::Hold::peer_full);
  }

  bool holding() const { return holding_; }

 private:
  io::Gate* source_ = nullptr;
  io::Sink* sink_ = nullptr;
  bool holding_ = false;
};

}  // namespace stickler::proxy
