#include "lb/admin/answers.h"

#include <nlohmann/json.hpp>

namespace stickler::admin {
namespace {

// Names and reasons may come from files and backends: what is not UTF-8 is replaced, where dump() would throw.
std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

service::Answer json_answer(const Json& json) {
  return {.content_type = "application/json", .fields = {}, .body = text_of(json)};
}

service::Answer text_answer(std::uint16_t status, std::string text) {
  return {.status = status, .fields = {}, .body = std::move(text)};
}

service::Answer error_answer(const ErrorKind& kind, const std::string& message) {
  service::Answer answer = json_answer({{"error", {{"code", kind.code}, {"message", message}}}});
  answer.status = kind.status;
  return answer;
}

}  // namespace stickler::admin
