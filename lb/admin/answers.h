// What the admin API answers with: JSON, text, and errors that have one shape. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "lb/service/service.h"

namespace stickler::admin {

using Json = nlohmann::ordered_json;  // In the order of docs/admin-api.md, for those who read it.

// A kind of error: its status, and its code for scripts. Every one is named in docs/admin-api.md.
struct ErrorKind {
  std::uint16_t status;
  std::string_view code;
};

namespace errors {
inline constexpr ErrorKind unknown_path{404, "unknown_path"};
inline constexpr ErrorKind unknown_pool{404, "unknown_pool"};
inline constexpr ErrorKind unknown_backend{404, "unknown_backend"};
inline constexpr ErrorKind unknown_listener{404, "unknown_listener"};
inline constexpr ErrorKind unknown_request{404, "unknown_request"};
inline constexpr ErrorKind bad_body{400, "bad_body"};
inline constexpr ErrorKind method_not_allowed{405, "method_not_allowed"};
inline constexpr ErrorKind no_token{401, "no_token"};
inline constexpr ErrorKind wrong_token{401, "wrong_token"};
inline constexpr ErrorKind cross_origin{403, "cross_origin"};
inline constexpr ErrorKind wrong_host{421, "wrong_host"};
inline constexpr ErrorKind backend_exists{409, "backend_exists"};
inline constexpr ErrorKind order_refused{409, "order_refused"};
inline constexpr ErrorKind reload_refused{409, "reload_refused"};
inline constexpr ErrorKind shutting_down{503, "shutting_down"};
inline constexpr ErrorKind not_available{501, "not_available"};

inline constexpr std::array all = {unknown_path,    unknown_pool,   unknown_backend, unknown_listener,
                                   unknown_request, bad_body,       no_token,        method_not_allowed,
                                   wrong_token,     cross_origin,   wrong_host,      backend_exists,
                                   order_refused,   reload_refused, shutting_down,   not_available};
}  // namespace errors

service::Answer json_answer(const Json& json);
service::Answer text_answer(std::uint16_t status, std::string text);

// {"error": {"code": "...", "message": "..."}}
service::Answer error_answer(const ErrorKind& kind, const std::string& message);

}  // namespace stickler::admin
