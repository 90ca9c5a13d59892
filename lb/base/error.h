// Result<T>: a value or an Error. Any thread.
//
// For what a peer, the environment or the operator did wrong. The hot path uses enums instead, so that a refused
// request allocates nothing; a bug of ours is an assert.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace stickler {

struct Error {
  std::string message;  // A sentence for the operator, without a trailing full stop.
  int code = 0;         // errno, where one led here; else 0.
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message, int code = 0) {
  return tl::unexpected<Error>(Error{std::move(message), code});
}

// "bind 127.0.0.1:80: Permission denied" from what was attempted and errno.
tl::unexpected<Error> fail_errno(const std::string& attempted, int code);

}  // namespace stickler
