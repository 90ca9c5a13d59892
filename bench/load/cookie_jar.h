// CookieJar: the cookies of one connection, as a browser keeps them for one site: the last value of each name. Paths,
// domains and lives are not looked at: a run talks to one site. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stickler::bench {

class CookieJar {
 public:
  // The value of a Set-Cookie field. Max-Age=0 removes the cookie.
  void store(std::string_view set_cookie);

  bool empty() const { return cookies_.empty(); }
  void append_field(std::string& out) const;  // "Cookie: a=1; b=2\r\n", or nothing.

 private:
  std::vector<std::pair<std::string, std::string>> cookies_;
};

}  // namespace stickler::bench
