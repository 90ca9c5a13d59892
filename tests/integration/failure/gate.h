// Gate: backends wait at it until the test lets them go on. Any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {

class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

  // Bounded, so that a test that fails before it opens the gate ends.
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 60s, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// A backend that answers with its name, and `fields`: requests for "/held..." once the gate is open, others at once.
class GatedOrigin {
 public:
  explicit GatedOrigin(std::string name, std::string fields = "")
      : origin(answering([this, name = std::move(name), fields = std::move(fields)](const Message& request) {
          if (request.target().starts_with("/held")) gate.pass();
          return reply(name, fields);
        })) {}
  ~GatedOrigin() { gate.open(); }

  Gate gate;
  ScriptedOrigin origin;
};

}  // namespace stickler::integration
