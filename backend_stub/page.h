// The page at `/`, for people and browsers: a log-in form, or the session. Works without JavaScript. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "backend_stub/log_ins.h"

namespace stickler::stub {

struct PageView {
  std::string_view node;
  std::string_view store;
  bool anybody = false;      // The hint that the password is the user name.
  const Me* me = nullptr;    // Null: nobody is logged in.
  std::string_view error{};  // Shown above all; "": none.
};

std::string page(const PageView& view);

}  // namespace stickler::stub
