#include "lb/io/file_poll.h"

#include <utility>

namespace stickler::io {

FilePoll::FilePoll(Loop& loop, const std::string& path, Duration every, std::function<void()> on_change)
    : on_change_(std::move(on_change)), poll_(new uv_fs_poll_t{}) {
  uv_fs_poll_init(loop.uv(), poll_.get());
  poll_->data = this;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(every).count();
  uv_fs_poll_start(
      poll_.get(),
      [](uv_fs_poll_t* poll, int, const uv_stat_t*, const uv_stat_t*) {
        if (poll->data != nullptr) static_cast<FilePoll*>(poll->data)->on_change_();
      },
      path.c_str(), static_cast<unsigned>(milliseconds));
}

}  // namespace stickler::io
