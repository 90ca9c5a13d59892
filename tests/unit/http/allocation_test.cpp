// A request costs no allocation once the buffers have grown.
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/cookie.h"
#include "lb/http/forward_request.h"
#include "lb/http/forward_response.h"
#include "lb/http/framing.h"
#include "lb/http/h1_parser.h"
#include "lb/http/path.h"
#include "tests/unit/allocations.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

const std::string request_bytes =
    "POST /account/settings?tab=profile HTTP/1.1\r\nHost: login.example.com\r\nUser-Agent: Mozilla/5.0\r\n"
    "Accept: text/html\r\nCookie: theme=dark; stickler=AQABaaaaaaaabbbbbbbbccccccccdddddddd\r\n"
    "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Length: 5\r\n\r\nhello";
const std::string answer_bytes =
    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nCache-Control: public, max-age=5\r\nConnection: "
    "close\r\n\r\nhello";

class Exchange {
 public:
  std::size_t run() {
    out_.clear();
    std::string_view input = request_bytes;
    if (requests_.next(input) != Event::head) return 0;
    const bool routed = normalise_path(request_.path(), path_);
    const FoundCookie cookie = find_cookie(request_, "stickler");
    write_request_head(out_, request_,
                       {.client_ip = "203.0.113.7", .trusted = true, .request_id = "id", .strip_cookie = "stickler"});
    requests_.next(input);
    requests_.next(input);
    answers_.expect({});
    input = answer_bytes;
    if (answers_.next(input) != Event::head) return 0;
    write_response_head(out_, answer_,
                        {.framing = framing_to_client(answer_, request_),
                         .date = "now",
                         .set_cookie = "stickler=v",
                         .request = &request_});
    answers_.next(input);
    return answers_.next(input) == Event::end && routed && cookie.count == 1 ? out_.size() : 0;
  }

 private:
  HeadLimits limits_;
  RequestHead request_;
  ResponseHead answer_;
  RequestParser requests_{limits_, request_};
  ResponseParser answers_{answer_};
  std::string out_;
  std::string path_;
};

TEST_CASE("reading and rewriting a request and its answer allocates nothing in the long run") {
  Exchange exchange;
  const std::size_t written = exchange.run();
  REQUIRE(written > request_bytes.size());
  bool same = true;
  CHECK(test::allocations_of([&] {
          for (int i = 0; i < 100; ++i) same &= exchange.run() == written;
        }) == 0);
  CHECK(same);
}

}  // namespace
}  // namespace stickler::http
