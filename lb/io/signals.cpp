#include "lb/io/signals.h"

#include <csignal>
#include <utility>

namespace stickler::io {

void Signals::on(int signal, std::function<void()> react) {
  auto handle = std::make_unique<uv_signal_t>();
  require(uv_signal_init(loop_.uv(), handle.get()), "cannot watch signals");
  auto watch = std::make_unique<Watch>(Watch{std::move(react), Handle<uv_signal_t>(handle.release())});
  watch->handle->data = watch.get();
  const auto deliver = [](uv_signal_t* caught, int) {
    if (caught->data != nullptr) static_cast<Watch*>(caught->data)->react();
  };
  uv_signal_start(watch->handle.get(), deliver, signal);
  watches_.push_back(std::move(watch));
}

void Signals::ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace stickler::io
