// RFC 6265 5.1.1: dates as applications write them.
#include "lb/http/cookie_date.h"

#include <catch2/catch.hpp>
#include <string>

namespace stickler::http {
namespace {

TEST_CASE("a cookie's date is read in every form that is in use") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> seconds;
  };
  const Row rows[] = {
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Thu, 01-Jan-1970 00:00:10 GMT", 10},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
      {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
      {"Sun Nov  6 08:49:37 1994", 784111777},
      {"06 nov 1994 8:49:37", 784111777},
      {"08:49:37 1994 november 6", 784111777},
      {"6-Nov-1994 08:49:37 +0200", 784111777},  // Zones are ignored.
      {"Fri, 29 Feb 2008 00:00:00 GMT", 1204243200},
      {"Mon, 01 Jan 1601 00:00:00 GMT", -11644473600},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
      {"01 Jan 69 00:00:00", 3124224000},
      {"01 Jan 70 00:00:00", 0},
      {"", {}},
      {"0", {}},
      {"-1", {}},
      {"Session", {}},
      {"06 Nov 1994", {}},
      {"Nov 1994 08:49:37", {}},
      {"06 1994 08:49:37", {}},
      {"06 Nov 08:49:37", {}},
      {"06 Nov 1994 24:00:00", {}},
      {"06 Nov 1994 08:60:00", {}},
      {"06 Nov 1994 08:49:60", {}},
      {"06 Nov 1994 08:49", {}},
      {"06 Nov 1994 008:49:37", {}},
      {"31 Feb 1994 08:49:37", {}},
      {"0 Nov 1994 08:49:37", {}},
      {"06 Nov 1600 08:49:37", {}},
      {"06 Nov 19941 08:49:37", {}},
      {"06 Nov 99999999999999999999 08:49:37", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_cookie_date(row.text) == row.seconds);
  }
}

}  // namespace
}  // namespace stickler::http
