// The random bytes of one end of one connection. Any thread.
#pragma once

#include <sodium.h>

#include <string>

#include "backend_stub/peers/channel.h"

namespace stickler::stub {

inline std::string new_channel_nonce() {
  std::string nonce(channel_nonce_bytes, '\0');
  randombytes_buf(nonce.data(), nonce.size());
  return nonce;
}

}  // namespace stickler::stub
