// A request's head as it goes to a backend: re-framed by us, hop-by-hop fields gone, our own added. Pure; any thread.
//
// Lines that do not change are copied as ranges of the input; order is kept. RFC 9110 7.6, 9112 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/header_edits.h"
#include "lb/http/message.h"

namespace stickler::http {

// All views are borrowed for the call.
struct ForwardRequest {
  std::string_view client_ip{};
  std::uint16_t client_port = 0;
  bool trusted = false;  // The client is a proxy whose forwarded fields are kept and extended.
  std::string_view scheme = "http";
  std::string_view listener{};
  std::string_view pool{};
  std::string_view backend{};
  std::string_view request_id{};
  const HeaderEdits* edits = nullptr;  // nullptr: none.
  std::string_view strip_cookie{};     // The name of ours; "": none.
  std::string_view prefixed_cookie{};  // The name of the application's that is to lose its node prefix; "": none.
};

// Appends the whole head. Its body is framed as head.framing says.
void write_request_head(std::string& out, const RequestHead& head, const ForwardRequest& forward);

}  // namespace stickler::http
