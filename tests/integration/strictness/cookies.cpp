// Cookie lines (RFC 6265 5.4): ours is taken out, whatever it looks like, and the rest goes on byte for byte.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

struct CookieRow {
  std::string name;
  std::vector<std::string> sent;  // Cookie lines' values.
  std::vector<std::string> seen;  // By the backend.
};

const std::vector<CookieRow> rows = {
    {"ours alone: no line is left", {"SID=x"}, {}},
    {"ours first", {"SID=x; a=1; b=2"}, {"a=1; b=2"}},
    {"ours between", {"a=1; SID=x; b=2"}, {"a=1; b=2"}},
    {"ours last", {"a=1; b=2; SID=x"}, {"a=1; b=2"}},
    {"ours twice", {"SID=x; a=1; SID=y"}, {"a=1"}},
    {"ours on two lines", {"SID=x; a=1", "b=2; SID=y"}, {"a=1", "b=2"}},
    {"ours on a line of its own", {"a=1", "SID=x", "b=2"}, {"a=1", "b=2"}},
    {"ours without a value", {"SID=; a=1"}, {"a=1"}},
    {"ours without an equals sign", {"SID; a=1"}, {"a=1"}},
    {"ours in quotes", {"SID=\"x y\"; a=1"}, {"a=1"}},
    {"ours without a blank before it", {"a=1;SID=x;b=2"}, {"a=1;b=2"}},
    {"ours with blanks around", {"a=1;  SID = x ; b=2"}, {"a=1; b=2"}},
    {"a name that begins like ours", {"SIDE=1; a=1"}, {"SIDE=1; a=1"}},
    {"a name that ends like ours", {"XSID=1; a=1"}, {"XSID=1; a=1"}},
    {"our name in another case", {"sid=1; a=1"}, {"sid=1; a=1"}},
    {"our name in a value", {"a=SID=x; b=SID"}, {"a=SID=x; b=SID"}},
    {"none", {"a=1"}, {"a=1"}},
    {"odd lines without ours", {";; a==\"1\" ,b ;\t;=c;"}, {";; a==\"1\" ,b ;\t;=c;"}},
    {"8 bits", {"a=\xc3\xa4; SID=x; b=\xff"}, {"a=\xc3\xa4; b=\xff"}},
    {"many", {"a=1; b=2; c=3; SID=x; d=4; e=5"}, {"a=1; b=2; c=3; d=4; e=5"}},
};

TEST_CASE("our cookie is taken out of Cookie lines, and the others are left as they are") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.pool = {"affinity: {cookie: {name: SID}}"}, .backends = {origin.address()}});
  for (const CookieRow& row : rows) {
    INFO("row: " << row.name);
    std::string lines;
    for (const std::string& value : row.sent) lines += "Cookie: " + value + "\r\n";
    CHECK(fetch(balancer.port(), "/x", lines).status() == 200);
    std::vector<std::string> seen;
    for (const Field& field : origin.last().fields) {
      if (same_name(field.name, "Cookie")) seen.push_back(field.value);
    }
    CHECK(seen == row.seen);
    check_aftermath(balancer, origin, row.name);
  }
}

}  // namespace
}  // namespace stickler::integration
