// Handle<T>: owns a libuv handle. The loop's thread.
//
// libuv uses a handle's memory until the close callback has run, so the memory belongs to libuv and the owner holds
// only the right to close. Clearing `data` first silences callbacks that are still in flight.
#pragma once

#include <uv.h>

#include <memory>
#include <system_error>

namespace stickler::io {

// For what fails only when a process that starts has run out of descriptors or memory. Throws std::system_error.
inline void require(int uv_result, const char* what) {
  if (uv_result != 0) throw std::system_error(-uv_result, std::generic_category(), what);
}

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
