#include "lb/io/loop.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace stickler::io {
namespace {

// Large answers that are passed on by one batch of events: about a millisecond of it.
constexpr std::size_t batch_bytes = std::size_t{1024} * 1024;
constexpr std::size_t spare_buffers_max = 64;
constexpr std::size_t spare_buffer_bytes_max = std::size_t{256} * 1024;

template <class T>
Handle<T> make_handle(Loop* owner) {
  Handle<T> handle(new T{});
  handle->data = owner;
  return handle;
}

}  // namespace

Loop::Loop() : scratch_(std::make_unique<std::array<char, scratch_bytes>>()) {
  uv_loop_init(&loop_);
  wake_ = make_handle<uv_async_t>(this);
  uv_async_init(&loop_, wake_.get(), [](uv_async_t* handle) {
    if (handle->data != nullptr) static_cast<Loop*>(handle->data)->deliver_mail();
  });
  // Timers run before the poll and sockets after it; both may leave something to bury, and a poll may last long.
  before_poll_ = make_handle<uv_prepare_t>(this);
  uv_prepare_init(&loop_, before_poll_.get());
  uv_prepare_start(before_poll_.get(), [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->end_phase(); });
  after_poll_ = make_handle<uv_check_t>(this);
  uv_check_init(&loop_, after_poll_.get());
  uv_check_start(after_poll_.get(), [](uv_check_t* handle) {
    Loop& loop = *static_cast<Loop*>(handle->data);
    loop.end_phase();
    loop.set_share();
  });
}

Loop::~Loop() {
  // Letters may own what still needs the loop to close.
  std::exchange(mailbox_, {}).clear();
  end_phase();
  wake_.reset();
  before_poll_.reset();
  after_poll_.reset();
  uv_run(&loop_, UV_RUN_DEFAULT);  // Runs the close callbacks.
  [[maybe_unused]] const int result = uv_loop_close(&loop_);
  assert(result == 0 && "a handle outlived its loop");
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&loop_); }

void Loop::post(std::function<void()> letter) {
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(letter));
  }
  uv_async_send(wake_.get());
}

void Loop::deliver_mail() {
  std::vector<std::function<void()>> mail;
  {
    const std::lock_guard lock(mailbox_mutex_);
    mail.swap(mailbox_);
  }
  for (const auto& letter : mail) letter();
}

void Loop::defer(std::function<void()> task) { deferred_.push_back(std::move(task)); }

void Loop::end_phase() {
  // What runs here may defer and bury again; it is served in the same phase, so that nothing waits out a poll.
  while (!deferred_.empty() || !graveyard_.empty()) {
    for (const auto& task : std::exchange(deferred_, {})) task();
    std::exchange(graveyard_, {}).clear();
  }
  now_is_stale_ = wall_is_stale_ = true;
  reader_ = nullptr;
}

void Loop::set_share() {
  const std::size_t filled = std::exchange(shares_filled_, 0);
  share_bytes_ = filled == 0 ? scratch_bytes : std::clamp(batch_bytes / filled, share_bytes_min, scratch_bytes);
}

TimePoint Loop::now() const {
  if (std::exchange(now_is_stale_, false)) now_ = std::chrono::steady_clock::now();
  return now_;
}

WallTime Loop::wall() const {
  if (std::exchange(wall_is_stale_, false)) wall_ = std::chrono::system_clock::now();
  return wall_;
}

std::vector<char> Loop::take_buffer() {
  if (spare_buffers_.empty()) return {};
  std::vector<char> buffer = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return buffer;
}

void Loop::give_back_buffer(std::vector<char> buffer) {
  if (buffer.capacity() == 0 || buffer.capacity() > spare_buffer_bytes_max) return;
  if (spare_buffers_.size() >= spare_buffers_max) return;
  buffer.clear();
  spare_buffers_.push_back(std::move(buffer));
}

}  // namespace stickler::io
