// FilePoll: tells that a file is another one than it was, or another text, or has gone, or has come. The loop's thread;
// the file is looked at on libuv's pool of threads.
//
// Asking every so often misses nothing that notifications of the kernel miss: a rename over the file, a symbolic link
// in its path that is turned elsewhere, a file system of another machine.
#pragma once

#include <uv.h>

#include <functional>
#include <string>

#include "lb/base/clock.h"
#include "lb/io/handle.h"
#include "lb/io/loop.h"

namespace stickler::io {

class FilePoll {
 public:
  // `on_change` may bury *this. What the file is when it is first looked at, is no change, unless it is not there.
  FilePoll(Loop& loop, const std::string& path, Duration every, std::function<void()> on_change);

 private:
  std::function<void()> on_change_;
  Handle<uv_fs_poll_t> poll_;
};

}  // namespace stickler::io
