// The session cookie: 128 random bits, and nothing else. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "lb/http/message.h"

namespace stickler::stub {

inline constexpr std::string_view session_cookie_name = "SESSIONID";

std::string new_session_id();  // 22 base64url characters, from the system's generator for secrets.

// The id that came with the request; "" if there is none. What cannot be one of ours is none: it never reaches a store.
std::string session_id_of(const http::FieldBlock& head);

// Values of a Set-Cookie field.
std::string set_session_cookie(std::string_view id);
std::string clear_session_cookie();

}  // namespace stickler::stub
