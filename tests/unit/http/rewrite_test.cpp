// Properties of what is forwarded, over random messages: it is read again by the same rules, and says the same.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "lb/http/forward_request.h"
#include "lb/http/forward_response.h"
#include "lb/http/framing.h"
#include "lb/http/h1_parser.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

constexpr std::size_t rounds = 20'000;

// A head of random parts, of which about half go together. The seed names the message.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed) {}

  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  template <std::size_t n>
  std::string one_of(const char* const (&choices)[n]) {
    return choices[random_() % n];
  }

  std::string request() {
    static const char* const methods[] = {"GET", "POST", "HEAD", "OPTIONS", "TRACE", "PUT", "CONNECT", "X-OTHER"};
    static const char* const targets[] = {
        "/",     "/a/b?c", "http://a.example:81/x", "http://a.example", "*", "http://h?q=1", "/%2e%2e/x", "https://a/",
        "a:443", "//x//"};
    static const char* const versions[] = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.7"};
    std::string text = one_of(methods) + " " + one_of(targets) + " " + one_of(versions) + "\r\n";
    if (!chance(6)) text += one_of(hosts);
    for (std::size_t left = random_() % 8; left > 0; --left) text += one_of(fields);
    if (chance(8)) text += one_of(hosts);
    return text + "\r\n";
  }

  std::string answer() {
    static const char* const starts[] = {"HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 204 x", "HTTP/1.1 304 x",
                                         "HTTP/1.1 404",    "HTTP/1.1 426 x",  "HTTP/1.1 205 ",  "HTTP/1.2 500 \x80"};
    std::string text = one_of(starts) + "\r\n";
    for (std::size_t left = random_() % 6; left > 0; --left) text += one_of(fields);
    return text + "\r\n";
  }

 private:
  static constexpr const char* hosts[] = {"Host: h\r\n", "host:h.example:80 \r\n", "HOST: [::1]\r\n",
                                          "Host: 10.0.0.1\r\n"};
  static constexpr const char* fields[] = {
      "A: 1\r\n",
      "b:\t2 \r\n",
      "Content-Length: 5\r\n",
      "Content-Length: 0\r\n",
      "content-length: 007\r\n",
      "Transfer-Encoding: chunked\r\n",
      "transfer-encoding:Chunked\r\n",
      "Connection: close\r\n",
      "Connection: keep-alive, b, Host, Content-Length\r\n",
      "Connection: Upgrade\r\n",
      "Upgrade: websocket\r\n",
      "TE: trailers\r\n",
      "Trailer: X\r\n",
      "Expect: 100-continue\r\n",
      "Max-Forwards: 2\r\n",
      "Cookie: S=1; a=2\r\n",
      "Cookie: a=1;S=2\r\n",
      "X-Forwarded-For: 1.1.1.1\r\n",
      "Forwarded: for=1.1.1.1\r\n",
      "X-Request-Id: abc\r\n",
      "Via: 1.0 x\r\n",
      "Content_Length: 9\r\n",
      "Cache-Control: public, max-age=1\r\n",
      "Date: x\r\n",
      "Set-Cookie: a=b\r\n",
  };

  std::mt19937 random_;
};

TEST_CASE("a forwarded request is accepted again, with one Host, one framing and the same meaning") {
  std::size_t accepted = 0;
  HeaderEdits edits;
  REQUIRE(edits.set("Host", "%{path}"));
  REQUIRE(edits.set("A", "%{host}"));
  for (std::uint32_t seed = 0; seed < rounds; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    const ScannedRequest request(draw.request());
    if (!request.complete() || request.head.method == Method::connect) continue;
    ++accepted;
    std::string out;
    write_request_head(out, request.head,
                       {.client_ip = "203.0.113.7",
                        .trusted = draw.chance(2),
                        .pool = "pool",
                        .request_id = "id",
                        .edits = draw.chance(2) ? &edits : nullptr,
                        .strip_cookie = draw.chance(2) ? "S" : ""});
    CAPTURE(*request.text, out);
    const ScannedRequest again(out);
    REQUIRE(again.complete());
    REQUIRE(again.result.size == out.size());
    REQUIRE(again.head.count(FieldId::host) == 1);
    REQUIRE(again.head.count(FieldId::content_length) + again.head.count(FieldId::transfer_encoding) <= 1);
    REQUIRE(again.head.framing == request.head.framing);
    REQUIRE(again.head.minor_version == 1);
    REQUIRE(again.head.method_text() == request.head.method_text());
    REQUIRE(again.head.path() == request.head.path());
    REQUIRE(again.head.wants_websocket == request.head.wants_websocket);
    REQUIRE(again.head.expect_continue == request.head.expect_continue);
    REQUIRE(again.head.count(FieldId::x_forwarded_for) == 1);
    REQUIRE(again.head.count(FieldId::x_request_id) == 1);
    REQUIRE(again.head.count(FieldId::via) == 1);
    REQUIRE_FALSE(again.head.has(FieldId::discarded));
  }
  CHECK(accepted > rounds / 10);
}

TEST_CASE("a forwarded answer is accepted again, with the framing that the client is told") {
  std::size_t accepted = 0;
  const ScannedRequest requests[] = {ScannedRequest(request_with("")),
                                     ScannedRequest(request_with("", "HEAD / HTTP/1.1")),
                                     ScannedRequest(request_with("", "GET / HTTP/1.0"))};
  for (std::uint32_t seed = 0; seed < rounds; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    const RequestHead& request = requests[seed % 3].head;
    const AnswerContext context{.head_request = request.method == Method::head};
    const ScannedAnswer answer(draw.answer(), context);
    if (!answer.complete()) continue;
    ++accepted;
    const Framing framing = framing_to_client(answer.head, request);
    const bool keep_alive = framing.kind != BodyKind::until_close && draw.chance(2);
    const bool cookie = draw.chance(2);
    std::string out;
    write_response_head(out, answer.head,
                        {.framing = framing,
                         .keep_alive = keep_alive,
                         .date = "now",
                         .set_cookie = cookie ? "S=v" : "",
                         .request = &request});
    CAPTURE(*answer.text, out);
    const ScannedAnswer again(out, context);
    REQUIRE(again.complete());
    REQUIRE(again.result.size == out.size());
    REQUIRE(again.head.framing == framing);
    REQUIRE(again.head.status == answer.head.status);
    REQUIRE(again.head.keep_alive == keep_alive);
    REQUIRE(again.head.has(FieldId::date));
    REQUIRE(again.head.count(FieldId::content_length) + again.head.count(FieldId::transfer_encoding) <= 1);
    REQUIRE(again.head.count(FieldId::set_cookie) == answer.head.count(FieldId::set_cookie) + (cookie ? 1 : 0));
    if (cookie) REQUIRE(again.head.value_of(FieldId::cache_control).starts_with("private"));
  }
  CHECK(accepted > rounds / 10);
}

}  // namespace
}  // namespace stickler::http
