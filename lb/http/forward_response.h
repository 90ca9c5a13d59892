// An answer's head as it goes to the client: re-framed by us, hop-by-hop fields gone. Pure; any thread. RFC 9110 7.6.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/header_edits.h"
#include "lb/http/message.h"

namespace stickler::http {

// A cookie of the application's that is to get a node prefix, as put_with_node_prefix() does.
struct PrefixedCookie {
  std::string_view name{};  // "": there is none.
  std::string_view node{};
};

// All views are borrowed for the call.
struct ForwardResponse {
  Framing framing{};              // To the client.
  bool keep_alive = true;         // The client's connection goes on.
  std::string_view date{};        // For an answer that has none (RFC 9110 6.6.1).
  std::string_view set_cookie{};  // Ours; "": none. Makes the answer private.
  PrefixedCookie prefixed{};
  const HeaderEdits* edits = nullptr;    // nullptr: none.
  HeaderVariables variables{};           // For the edits.
  const RequestHead* request = nullptr;  // What is answered. Requires: not nullptr.
};

void write_response_head(std::string& out, const ResponseHead& head, const ForwardResponse& forward);

// A 1xx answer (RFC 9110 15.2), for clients of HTTP/1.1. Some take cookies from it (RFC 6265 3).
void write_interim_head(std::string& out, const ResponseHead& head, const PrefixedCookie& prefixed);

}  // namespace stickler::http
