// Guard: which calls are refused whatever their path: what a browser was tricked into, and changes without the token.
// Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "lb/base/address.h"
#include "lb/http/message.h"
#include "lb/service/service.h"

namespace stickler::admin {

// On a loopback listener the host has to be a loopback address or "localhost": a page of another site whose name was
// pointed at 127.0.0.1 (DNS rebinding) sends that site's name. A client without a host is no browser.
std::optional<service::Answer> refuse_host(const http::RequestHead& head, const Address& listen);

// For a call that changes state. A page of another origin may send one without being able to read the answer; the
// browser says so in Sec-Fetch-Site and Origin. `token` "": none is asked for.
std::optional<service::Answer> refuse_change(const http::RequestHead& head, std::string_view token);

}  // namespace stickler::admin
