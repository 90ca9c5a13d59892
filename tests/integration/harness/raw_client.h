// A client that sends exactly the bytes it is told to.
// One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/integration/harness/wire.h"

namespace stickler::integration {

class RawClient : public Wire {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0) : Wire(connect_to(port, receive_buffer_bytes)) {}

  // Sends one request and reads its answer. Throws when there is none.
  Message exchange(std::string_view request, std::string_view method = "GET");
};

// "GET /x HTTP/1.1", a Host and whole extra lines, each with its CRLF.
std::string get(std::string_view target, std::string_view fields = "");
std::string request(std::string_view method, std::string_view target, std::string_view fields = "",
                    std::string_view body = "");  // a Content-Length when there is a body

// On a connection of its own.
Message fetch(std::uint16_t port, std::string_view target, std::string_view fields = "");

}  // namespace stickler::integration
