// The rendezvous order of a session's nodes (Thaler and Ravishankar 1998): each session has another, the same on every
// node, so that the sessions of a node that dies are spread over all others. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stickler::stub {

// The first of `nodes` in the order of `id`; "" if there are none.
std::string first_in_order(std::string_view id, std::span<const std::string> nodes);

}  // namespace stickler::stub
