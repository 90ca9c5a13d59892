// FdWatcher: tells when a descriptor that somebody else owns can be read or written. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>

#include "lb/io/loop.h"

namespace stickler::io {

class FdWatcher {
 public:
  using OnReady = std::function<void(bool readable, bool writable)>;

  // Requires: `fd` stays open for as long as this lives, and is watched by no other. Watches nothing yet.
  FdWatcher(Loop& loop, int fd, OnReady on_ready);

  // An error or hang-up of the descriptor is reported as whatever is watched, so that the owner's call meets it.
  void watch(bool readable, bool writable);

 private:
  OnReady on_ready_;
  int events_ = 0;
  Handle<uv_poll_t> poll_;
};

}  // namespace stickler::io
