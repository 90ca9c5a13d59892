// Whether a request comes from a browser, as far as its Accept says. Pure; any thread.
#pragma once

#include "lb/http/message.h"

namespace stickler::stub {

// It names text/html, and not with q=0. `*/*`, which curl and most libraries send, asks for nothing in particular.
bool asks_for_html(const http::FieldBlock& head);

}  // namespace stickler::stub
