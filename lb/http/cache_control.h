// Cache-Control of an answer that carries a cookie of ours: it is for one user, so no shared cache may keep it
// (RFC 9111 5.2.2). Pure; any thread.
#pragma once

#include "lb/http/message.h"
#include "lb/http/output.h"

namespace stickler::http {

// Whether the backend keeps it out of shared caches by itself: `no-store`, or `private` for all of the answer.
bool is_private(const ResponseHead& head);

// A Cache-Control that says `private` and what the backend said, except what invites shared caches.
void put_private(Output& out, const ResponseHead& head);

}  // namespace stickler::http
