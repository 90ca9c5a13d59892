// Child: another program, started with descriptors of ours. The loop's thread. Destroying it leaves the program alone;
// one that was killed is still reaped.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/base/error.h"
#include "lb/io/handle.h"
#include "lb/io/loop.h"

namespace stickler::io {

class Child {
 public:
  struct Command {
    std::vector<std::string> arguments;      // The first one is the program: a path, or a name to be found in PATH.
    std::vector<std::string> environment{};  // NAME=value, beside ours and instead of it.
    std::vector<int> descriptors{};          // Keep their numbers. The three standard ones go along unasked.
  };
  using OnExit = std::function<void(const std::string& how)>;  // "with code 1", "by signal 11"

  // The error: it cannot be executed. `on_exit` is called once, never within the call, and may bury *this.
  static Result<std::unique_ptr<Child>> start(Loop& loop, const Command& command, OnExit on_exit);
  ~Child();

  int pid() const { return process_->pid; }
  void kill();

 private:
  explicit Child(OnExit on_exit) : on_exit_(std::move(on_exit)), process_(new uv_process_t{}) {}

  OnExit on_exit_;
  Handle<uv_process_t> process_;
  bool ended_ = false;
  bool killed_ = false;
};

}  // namespace stickler::io
