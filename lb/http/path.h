// A path as routes are matched against it: a normalised copy. What is forwarded is the original. Pure; any thread.
//
// Servers read some paths differently: an encoded slash or a backslash may separate segments or be text, what follows
// a ';' may belong to the segment or not. Where that could hide a dot segment the path is refused; where it could
// change which route matches, both readings are compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stickler::http {

// Decodes %xx but for encoded slashes, backslashes, percent signs and controls, folds "//", resolves "." and ".."
// (RFC 3986 5.2.4, 6.2.2). An encoded slash stays text within its segment. False: the path climbs above its root, also
// by way of an encoded "..", or a dot segment depends on the reading ("..%2f", "..;x") or follows an empty segment,
// which some servers fold and some do not. `out` is replaced.
bool normalise_path(std::string_view path, std::string& out);

// Whether separators or parameters can be read in two ways.
bool has_two_readings(std::string_view path);

// The other way than normalise_path's: encoded slashes and backslashes separate, parameters are gone. To be normalised.
std::string loose_reading(std::string_view path);

// The value of a parameter of any segment, "/a;name=value/b": where sessions stand whose browser takes no cookies. As
// sent. Ignores the name's case: "jsessionid" is Tomcat's for its JSESSIONID, another cookie's name stands as it is.
// nullopt: there is none.
std::optional<std::string_view> path_parameter(std::string_view path, std::string_view name);

}  // namespace stickler::http
