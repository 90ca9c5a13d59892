#include "lb/io/fd_watcher.h"

#include <utility>

namespace stickler::io {

FdWatcher::FdWatcher(Loop& loop, int fd, OnReady on_ready) : on_ready_(std::move(on_ready)), poll_(new uv_poll_t{}) {
  uv_poll_init(loop.uv(), poll_.get(), fd);
  poll_->data = this;
}

void FdWatcher::watch(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == events_) return;
  events_ = events;
  if (events == 0) {
    uv_poll_stop(poll_.get());
    return;
  }
  uv_poll_start(poll_.get(), events, [](uv_poll_t* poll, int status, int ready) {
    auto* self = static_cast<FdWatcher*>(poll->data);
    if (self == nullptr) return;
    if (status != 0) ready = self->events_;
    self->on_ready_((ready & UV_READABLE) != 0, (ready & UV_WRITABLE) != 0);
  });
}

}  // namespace stickler::io
