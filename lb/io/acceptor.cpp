#include "lb/io/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace stickler::io {
namespace {

constexpr int batch_max = 32;
constexpr int probe_every = 8;

constexpr int waiting_max = 8192;  // Above any backlog.
constexpr std::chrono::milliseconds back_off_time{100};

}  // namespace

Acceptor::Acceptor(Loop& loop, const ListenSocket& socket, OnAccept on_accept, OnExhausted on_exhausted)
    : socket_(socket),
      on_accept_(std::move(on_accept)),
      on_exhausted_(std::move(on_exhausted)),
      poll_(new uv_poll_t{}),
      retry_(loop, [this] { resume(); }) {
  uv_poll_init(loop.uv(), poll_.get(), socket.fd());
  poll_->data = this;
}

void Acceptor::resume() {
  if (std::exchange(polling_, true)) return;
  uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* poll, int, int) {
    if (poll->data != nullptr) static_cast<Acceptor*>(poll->data)->accept_batch();
  });
}

void Acceptor::pause() {
  retry_.stop();
  if (std::exchange(polling_, false)) uv_poll_stop(poll_.get());
}

Acceptor::Taken Acceptor::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  const int fd = accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    on_accept_(fd, Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&peer), size));
    return Taken::one;
  }
  switch (errno) {
    case EAGAIN:
      return Taken::none;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Taken::exhausted;
    default:
      return Taken::lost;  // ECONNABORTED and the like concern one connection that is gone; the next may be fine.
  }
}

void Acceptor::accept_waiting() {
  for (int i = 0; i < waiting_max; ++i) {
    const Taken taken = accept_one();
    if (taken == Taken::none || taken == Taken::exhausted) return;
  }
}

void Acceptor::accept_batch() {
  for (int i = 0; i < allowed_ && polling_; ++i) {
    const Taken taken = accept_one();
    if (taken == Taken::exhausted) return back_off();
    if (taken != Taken::none) continue;
    allowed_ = std::max(i, 1);
    filled_ = 0;
    return;
  }
  if (++filled_ < probe_every) return;
  allowed_ = std::min(2 * allowed_, batch_max);
  filled_ = 0;
}

void Acceptor::back_off() {
  pause();
  retry_.start(back_off_time);
  on_exhausted_();
}

}  // namespace stickler::io
