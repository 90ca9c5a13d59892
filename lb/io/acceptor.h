// Acceptor: takes connections from a listening socket that it does not own. The loop's thread.
//
// It polls the descriptor and accepts by itself: accept4 yields the peer's address for free, a batch is bounded, and
// running out of descriptors makes it pause and leave the clients in the queue, where uv_listen would drop them.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

#include "lb/base/address.h"
#include "lb/io/listen_socket.h"
#include "lb/io/loop.h"
#include "lb/io/timer.h"

namespace stickler::io {

class Acceptor {
 public:
  // Owns the descriptor it is given. Non-blocking, close-on-exec.
  using OnAccept = std::function<void(int fd, const Address& peer)>;

  using OnExhausted = std::function<void()>;  // Descriptors ran out; the clients wait, and it tries again by itself.

  // Requires: `socket` outlives this. Starts paused.
  Acceptor(
      Loop& loop, const ListenSocket& socket, OnAccept on_accept, OnExhausted on_exhausted = [] {});

  void accept_waiting();  // All that is queued now, whatever the limits: before the socket is given up.
  void pause();
  void resume();
  bool paused() const { return !polling_; }

 private:
  enum class Taken : std::uint8_t { one, none, lost, exhausted };

  Taken accept_one();
  void accept_batch();
  void back_off();

  const ListenSocket& socket_;
  OnAccept on_accept_;
  OnExhausted on_exhausted_;
  Handle<uv_poll_t> poll_;
  Timer retry_;
  bool polling_ = false;
  int allowed_ = 1;  // In one batch: clients that come one by one cost no call that finds nobody; a flood raises it.
  int filled_ = 0;   // Batches in a row that took all they might, since it last grew.
};

}  // namespace stickler::io
