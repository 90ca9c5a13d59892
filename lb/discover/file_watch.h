// FileWatch: says when a list of backends in a file is to be read again. Owned by the server; control thread.
//
// A program that writes the file in place has it half written for a moment, and half a list is often a list. So it is
// read once it has stayed as it is for a while. Renaming a finished file over it is safer still.
#pragma once

#include <functional>
#include <string>

#include "lb/io/file_poll.h"
#include "lb/io/loop.h"
#include "lb/io/timer.h"

namespace stickler::discover {

class FileWatch {
 public:
  static constexpr std::chrono::milliseconds look_every{200};
  static constexpr std::chrono::milliseconds settle_time{350};  // Two looks have then found the same.

  // `on_settled` is called once soon after the beginning, for a change since whoever begins to watch has read it; then
  // after every change. It may bury *this.
  FileWatch(io::Loop& loop, const std::string& path, std::function<void()> on_settled);

 private:
  io::Timer settling_;
  io::FilePoll poll_;
};

}  // namespace stickler::discover
