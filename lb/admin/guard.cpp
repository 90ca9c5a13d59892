#include "lb/admin/guard.h"

#include <string>

#include "lb/admin/answers.h"
#include "lb/admin/token.h"
#include "lb/base/bytes.h"

namespace stickler::admin {
namespace {

// The host without its port; an IPv6 address keeps its brackets.
std::string_view host_of(std::string_view authority) {
  const std::size_t from = authority.starts_with('[') ? authority.find(']') : 0;
  return authority.substr(0, authority.find(':', from));
}

bool is_loopback_host(std::string_view host) {
  if (equals_ignore_case(host, "localhost")) return true;
  const auto address = Address::parse(std::string(host) + ":0");
  return address && address->is_loopback();
}

bool is_origin_of(std::string_view origin, std::string_view authority) {
  // Either scheme: a proxy in front of us may have taken the TLS off.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return equals_ignore_case(origin.substr(scheme.size()), authority);
  }
  return false;  // "null", or what is no web page of ours.
}

bool is_cross_origin(const http::RequestHead& head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const std::string_view value = head.value(i);
    if (equals_ignore_case(head.name(i), "origin") && !is_origin_of(value, head.authority())) return true;
    // "none": the user's own doing, such as a bookmark.
    if (equals_ignore_case(head.name(i), "sec-fetch-site") && value != "same-origin" && value != "none") return true;
  }
  return false;
}

service::Answer ask_for_token(const ErrorKind& kind, const std::string& message) {
  service::Answer answer = error_answer(kind, message);
  const std::string_view detail = kind.code == errors::wrong_token.code ? ", error=\"invalid_token\"" : "";
  answer.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"stickler\"" + std::string(detail));
  return answer;
}

}  // namespace

std::optional<service::Answer> refuse_host(const http::RequestHead& head, const Address& listen) {
  const std::string_view host = host_of(head.authority());
  if (!listen.is_loopback() || host.empty() || is_loopback_host(host)) return std::nullopt;
  return error_answer(errors::wrong_host, "this is the admin API of " + listen.to_string() +
                                              ", which answers to localhost and loopback addresses and not to '" +
                                              std::string(host) + "'");
}

std::optional<service::Answer> refuse_change(const http::RequestHead& head, std::string_view token) {
  if (is_cross_origin(head)) {
    return error_answer(errors::cross_origin, "a page of another origin may not change the state of the balancer");
  }
  if (token.empty()) return std::nullopt;
  const std::string_view authorization = head.value_of("authorization");
  if (authorization.empty()) {
    return ask_for_token(errors::no_token,
                         "this call changes state and needs the admin token: send 'Authorization: Bearer TOKEN' with "
                         "what is in admin.token_file");
  }
  if (bears_token(authorization, token)) return std::nullopt;
  return ask_for_token(errors::wrong_token,
                       "this is not the admin token: send 'Authorization: Bearer TOKEN' with what is in "
                       "admin.token_file");
}

}  // namespace stickler::admin
