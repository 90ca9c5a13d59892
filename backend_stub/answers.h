// What the server answers with: JSON, pages, errors that have one shape. Pure; any thread.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "lb/service/service.h"

namespace stickler::stub {

using Json = nlohmann::ordered_json;  // In the order of docs/login-stub.md, for those who read it.

// A kind of error: its status, and its code for programs. Every one is named in docs/login-stub.md.
struct ErrorKind {
  std::uint16_t status;
  std::string_view code;
};

namespace errors {
inline constexpr ErrorKind bad_form{400, "bad_form"};
inline constexpr ErrorKind bad_fault{400, "bad_fault"};
inline constexpr ErrorKind not_logged_in{401, "not_logged_in"};
inline constexpr ErrorKind wrong_password{401, "wrong_password"};
inline constexpr ErrorKind not_local{403, "not_local"};
inline constexpr ErrorKind unknown_path{404, "unknown_path"};
inline constexpr ErrorKind method_not_allowed{405, "method_not_allowed"};
inline constexpr ErrorKind conflict{409, "conflict"};
inline constexpr ErrorKind too_large{413, "too_large"};
inline constexpr ErrorKind not_a_form{415, "not_a_form"};
inline constexpr ErrorKind fault{500, "fault"};
inline constexpr ErrorKind busy{503, "busy"};
inline constexpr ErrorKind full{503, "full"};
inline constexpr ErrorKind no_memory{503, "no_memory"};
inline constexpr ErrorKind store_unavailable{503, "store_unavailable"};

inline constexpr std::array all = {
    bad_form,  bad_fault,  not_logged_in, wrong_password, not_local, unknown_path, method_not_allowed, conflict,
    too_large, not_a_form, fault,         busy,           full,      no_memory,    store_unavailable};
}  // namespace errors

service::Answer json_answer(const Json& json);
service::Answer page_answer(std::string html);
service::Answer text_answer(std::string text);

// {"error": {"code": "...", "message": "..."}}
service::Answer error_answer(const ErrorKind& kind, const std::string& message);
service::Answer error_page(const ErrorKind& kind, std::string html);

service::Answer redirect(std::string to);  // 303: the browser fetches it with GET.

}  // namespace stickler::stub
