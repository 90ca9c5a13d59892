// Signals: POSIX signals as calls on the loop. The main thread's loop only.
#pragma once

#include <uv.h>

#include <functional>
#include <vector>

#include "lb/io/loop.h"

namespace stickler::io {

class Signals {
 public:
  explicit Signals(Loop& loop) : loop_(loop) {}

  void on(int signal, std::function<void()> react);

  // Writes to a closed connection report an error instead of killing the process. Once, before threads.
  static void ignore_broken_pipes();

 private:
  struct Watch {
    std::function<void()> react;
    Handle<uv_signal_t> handle;
  };

  Loop& loop_;
  std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace stickler::io
