// The head of the request that `stickler explain` is asked about: from a file, or made from a URL. Main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/base/error.h"

namespace stickler::cli {

// A raw head, with or without what follows it. Lines of an editor, that end in line feeds alone, get their carriage
// returns, and a missing empty line is added to them; a file with any carriage return is taken as it is.
Result<std::string> request_from_file(const std::string& path);

// "GET /path HTTP/1.1" of "http://host:port/path" or "/path", the latter for the host localhost. `fields`: "Name:
// value"; a Host among them replaces the URL's.
Result<std::string> request_for_url(std::string_view url, const std::vector<std::string>& fields);

}  // namespace stickler::cli
