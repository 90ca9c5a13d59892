#include "backend_stub/answers.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "backend_stub/session_cookie.h"

namespace stickler::stub {
namespace {

// Whatever it says, it says to one user and of this moment.
service::Answer answer_with(std::string content_type, std::string body) {
  return {.content_type = std::move(content_type), .fields = {{"Cache-Control", "no-store"}}, .body = std::move(body)};
}

service::Answer as_error(service::Answer answer, const ErrorKind& kind) {
  answer.status = kind.status;
  // A 401 has to say how to log in (RFC 9110 15.5.2); this scheme is draft-broyer-http-cookie-auth's.
  if (kind.status == 401) {
    answer.fields.emplace_back("WWW-Authenticate", "Cookie realm=\"login-stub\", form-action=\"/\", cookie-name=\"" +
                                                       std::string(session_cookie_name) + "\"");
  }
  return answer;
}

}  // namespace

service::Answer json_answer(const Json& json) {
  // A user's name need not be UTF-8; what is not is replaced, where dump() would throw.
  return answer_with("application/json", json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

service::Answer page_answer(std::string html) {
  service::Answer answer = answer_with("text/html; charset=utf-8", std::move(html));
  answer.fields.emplace_back("Content-Security-Policy",
                             "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
                             "base-uri 'none'; frame-ancestors 'none'");
  answer.fields.emplace_back("X-Content-Type-Options", "nosniff");
  return answer;
}

service::Answer text_answer(std::string text) { return answer_with("text/plain; charset=utf-8", std::move(text)); }

service::Answer error_answer(const ErrorKind& kind, const std::string& message) {
  return as_error(json_answer({{"error", {{"code", kind.code}, {"message", message}}}}), kind);
}

service::Answer error_page(const ErrorKind& kind, std::string html) {
  return as_error(page_answer(std::move(html)), kind);
}

service::Answer redirect(std::string to) {
  service::Answer answer = text_answer("See " + to + "\n");
  answer.status = 303;
  answer.fields.emplace_back("Location", std::move(to));
  return answer;
}

}  // namespace stickler::stub
