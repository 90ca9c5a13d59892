#include "lb/admin/token.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "lb/base/bytes.h"

namespace stickler::admin {
namespace {

// The time taken depends on the length of what was sent alone.
bool equal_in_constant_time(std::string_view sent, std::string_view token) {
  std::size_t difference = sent.size() ^ token.size();
  for (std::size_t i = 0; i < sent.size(); ++i) {
    difference |= static_cast<unsigned char>(sent[i] ^ token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace

Result<std::string> read_token(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    if (errno != 0) return fail_errno("cannot read the token file '" + path + "'", errno);
    return fail("the token file '" + path + "' is empty: expected the token on its first line");
  }
  if (line.ends_with('\r')) line.pop_back();
  const std::string_view token = trim_blanks(line);
  if (token.empty()) return fail("the first line of the token file '" + path + "' is empty: expected the token");
  // Another byte could never match: a header field does not carry it.
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; })) {
    return fail("the token in '" + path +
                "' has blanks or bytes beyond ASCII in it: expected visible ASCII characters");
  }
  return std::string(token);
}

bool bears_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  if (token.empty() || authorization.size() < scheme.size()) return false;
  if (!equals_ignore_case(authorization.substr(0, scheme.size()), scheme)) return false;
  return equal_in_constant_time(trim_blanks(authorization.substr(scheme.size())), token);
}

}  // namespace stickler::admin
