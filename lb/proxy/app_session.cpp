#include "lb/proxy/app_session.h"

#include "lb/affinity/app_cookie.h"
#include "lb/base/hash.h"
#include "lb/http/cookie.h"
#include "lb/http/path.h"
#include "lb/proxy/epoch.h"

namespace stickler::proxy {
namespace {

std::optional<std::string_view> value_of(const AppSessionSource& source, const http::RequestHead& head) {
  const http::FoundCookie found = http::find_cookie(head, source.name);
  if (found.value || source.path_parameter.empty()) return found.value;
  return http::path_parameter(head.path(), source.path_parameter);
}

affinity::NamedNode split(const AppSessionSource& source, std::string_view value) {
  return source.how == AppSessionSource::How::prefix ? affinity::split_prefix(value)
                                                     : affinity::split_route_suffix(value, source.separator);
}

}  // namespace

std::optional<affinity::AppKey> app_key(const AppSessionSource& source, const http::RequestHead& head,
                                        const EpochPool& pool) {
  const auto value = value_of(source, head);
  if (!value || value->empty()) return std::nullopt;
  const affinity::NamedNode named = split(source, *value);
  return affinity::AppKey{.session = hash_bytes(named.session), .node = pool.set->find(named.node)};
}

bool begins_session(const AppSessionSource& source, const http::ResponseHead& head) {
  const auto value = http::find_set_cookie(head, source.name);
  return value && !value->empty();
}

}  // namespace stickler::proxy
