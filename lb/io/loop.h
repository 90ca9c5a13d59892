// Loop: one event loop (libuv) with what every loop needs: a mailbox, a graveyard, a clock read once a batch of
// events, a scratch buffer for reads and spare buffers for unsent bytes.
//
// One thread runs it and uses it; only post() and wake-ups through it may come from other threads.
#pragma once

#include <uv.h>

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/io/handle.h"

namespace stickler::io {

class Loop final : public Clock {
 public:
  static constexpr std::size_t scratch_bytes = std::size_t{64} * 1024;
  static constexpr int reads_in_a_row_max = 2;
  static constexpr std::size_t share_bytes_min = std::size_t{8} * 1024;

  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // Until stop().
  void stop();  // Leaves run() at the end of the iteration.

  // Runs `letter` on the loop's thread. Any thread. Letters of one sender keep their order; those that have not run
  // when the loop is destroyed are dropped.
  void post(std::function<void()> letter);

  // Runs `task` at the end of this phase of the loop, outside every callback: the way to report something to the
  // layer above without calling into it from its own call.
  void defer(std::function<void()> task);

  // Destroys `dead` at the end of this phase, so that nothing is destroyed inside its own call stack.
  template <class T>
  void bury(std::unique_ptr<T> dead) {
    graveyard_.emplace_back(dead.release(), [](void* object) { delete static_cast<T*>(object); });
  }

  // Monotonic time, read at most once per batch of events. Callers in one batch see one time.
  TimePoint now() const override;
  WallTime wall() const override;

  // Where reads land; valid until the callback that was given it returns.
  std::span<char> scratch() { return *scratch_; }

  // As much of it as one read may fill. The more sockets filled theirs in the last batch of events, the less: a batch
  // is what everybody else waits for, and a thousand large answers must not make it last.
  std::span<char> share() { return scratch().first(share_bytes_); }
  void filled_share() { ++shares_filled_; }

  // Whether `reader` may use it once more before others have had their turn. libuv would read a socket 32 times while
  // each read fills the buffer: a thousand large answers at once, and a small one waits for gigabytes.
  bool may_read(const void* reader) {
    if (std::exchange(reader_, reader) != reader) reads_in_a_row_ = 0;
    return reads_in_a_row_++ < reads_in_a_row_max;
  }

  // Buffers for unsent bytes, empty but with their capacity kept, so that back-pressure does not allocate each time.
  std::vector<char> take_buffer();
  void give_back_buffer(std::vector<char> buffer);

  uv_loop_t* uv() { return &loop_; }  // For lb/io only.

 private:
  using Grave = std::unique_ptr<void, void (*)(void*)>;

  void end_phase();
  void set_share();
  void deliver_mail();

  uv_loop_t loop_{};
  Handle<uv_async_t> wake_;
  Handle<uv_prepare_t> before_poll_;
  Handle<uv_check_t> after_poll_;
  std::unique_ptr<std::array<char, scratch_bytes>> scratch_;
  const void* reader_ = nullptr;  // Who read last in this batch of events.
  int reads_in_a_row_ = 0;
  std::size_t share_bytes_ = scratch_bytes;
  std::size_t shares_filled_ = 0;  // In this batch of events.
  std::vector<Grave> graveyard_;
  std::vector<std::function<void()>> deferred_;
  std::vector<std::vector<char>> spare_buffers_;
  mutable TimePoint now_{};
  mutable WallTime wall_{};
  mutable bool now_is_stale_ = true;
  mutable bool wall_is_stale_ = true;

  std::mutex mailbox_mutex_;  // The mailbox is the one place where threads meet; held only to swap or append.
  std::vector<std::function<void()>> mailbox_;
};

}  // namespace stickler::io
