// Which session of the application a request is of, where pools are sticky by the application's own cookie or header.
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lb/affinity/app_key.h"
#include "lb/http/message.h"

namespace stickler::proxy {

struct EpochPool;

struct AppSessionSource {
  enum class How : std::uint8_t {
    route_suffix,  // The cookie's value ends in the node's name.
    prefix,        // It begins with it, which Stickler puts there and takes away.
  };

  How how = How::route_suffix;
  std::string name;            // Of the cookie.
  std::string path_parameter;  // In which the value stands where the client takes no cookies; "": none.
  std::string separator;       // Of route_suffix, before the node's name.

  // The cookie that has a prefix at the client's side only; "": none.
  std::string_view prefixed_cookie() const { return how == How::prefix ? std::string_view(name) : std::string_view(); }
};

// nullopt: it is of none.
std::optional<affinity::AppKey> app_key(const AppSessionSource& source, const http::RequestHead& head,
                                        const EpochPool& pool);

// Whether the answer gives the client a session.
bool begins_session(const AppSessionSource& source, const http::ResponseHead& head);

}  // namespace stickler::proxy
