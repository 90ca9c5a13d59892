// A path as routes are matched against it: a normalised copy. What is forwarded is the original. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace stickler::http {

// Decodes %xx but for encoded slashes, backslashes, percent signs and controls, folds "//", resolves "." and ".."
// (RFC 3986 5.2.4, 6.2.2). An encoded slash stays text within its segment. False: the path climbs above its root, also
// by way of an encoded "..". `out` is replaced.
bool normalise_path(std::string_view path, std::string& out);

}  // namespace stickler::http
