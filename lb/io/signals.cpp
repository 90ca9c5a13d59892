#include "lb/io/signals.h"

#include <csignal>
#include <utility>

namespace stickler::io {

void Signals::on(int signal, std::function<void()> react) {
  auto watch = std::make_unique<Watch>(Watch{std::move(react), Handle<uv_signal_t>(new uv_signal_t{})});
  uv_signal_init(loop_.uv(), watch->handle.get());
  watch->handle->data = watch.get();
  const auto deliver = [](uv_signal_t* handle, int) {
    if (handle->data != nullptr) static_cast<Watch*>(handle->data)->react();
  };
  uv_signal_start(watch->handle.get(), deliver, signal);
  watches_.push_back(std::move(watch));
}

void Signals::ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace stickler::io
