// Handle<T>: owns a libuv handle. The loop's thread.
//
// libuv uses a handle's memory until the close callback has run, so the memory belongs to libuv and the owner holds
// only the right to close. Clearing `data` first silences callbacks that are still in flight.
#pragma once

#include <uv.h>

#include <memory>

namespace stickler::io {

template <class T>
struct CloseHandle {
  void operator()(T* handle) const noexcept {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) { delete reinterpret_cast<T*>(closed); });
  }
};

template <class T>
using Handle = std::unique_ptr<T, CloseHandle<T>>;

}  // namespace stickler::io
