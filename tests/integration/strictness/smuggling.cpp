// Requests that two readers would read differently, as collected from published attacks: each must be read in one way
// only, so that what hides in it never becomes a request of its own, neither here nor at the backend.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: evil.example\r\n\r\n";
const std::string hidden_post =
    "POST /hidden HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 100\r\n\r\nx=";  // Would swallow the next request.

// A POST whose fields disagree about where it ends, and a request at the place where it ends for one of two readers.
RequestRow two_ends(std::string name, const std::string& lines, const std::string& reason, int status = 400) {
  return {std::move(name), post_x(lines, "0\r\n\r\n" + hidden), {refused(status, reason)}};
}

std::string length_of(const std::string& body) { return "Content-Length: " + std::to_string(body.size()) + "\r\n"; }

const std::string chunks_then_hidden = "0\r\n\r\n" + hidden;
const std::string one_chunk = "2c\r\n" + hidden + "\r\n0\r\n\r\n";
const std::string cl = length_of(chunks_then_hidden);

const std::vector<RequestRow> cl_te = {
    two_ends("CL.TE", cl + "Transfer-Encoding: chunked\r\n", "te_and_cl"),
    two_ends("CL.TE, coding first", "Transfer-Encoding: chunked\r\n" + cl, "te_and_cl"),
    two_ends("CL.TE, coding in capitals", cl + "TRANSFER-ENCODING: CHUNKED\r\n", "te_and_cl"),
    {"CL.TE that swallows the next request",
     post_x("Content-Length: " + std::to_string(5 + hidden_post.size()) + "\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n" + hidden_post),
     {refused(400, "te_and_cl")}},
    {"TE.CL", post_x("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", one_chunk), {refused(400, "te_and_cl")}},
    {"CL.CL", post_x("Content-Length: 0\r\n" + cl, chunks_then_hidden), {refused(400, "bad_content_length")}},
    {"CL.CL in a list", post_x("Content-Length: 0, 44\r\n", hidden), {refused(400, "bad_content_length")}},
    two_ends("CL and TE in HTTP/1.1 by way of a field that Connection names",
             cl + "Transfer-Encoding: chunked\r\nConnection: Content-Length\r\n", "te_and_cl"),
    two_ends("TE that Connection names", cl + "Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\n",
             "te_and_cl"),
    {"a length that Connection names",
     post_x("Connection: Content-Length\r\n" + length_of(hidden), hidden),
     {relayed("POST /x", hidden)}},
};

// One of two readers overlooks the coding.
const std::vector<RequestRow> te_te = {
    two_ends("an x before", cl + "Transfer-Encoding: xchunked\r\n", "te_and_cl"),
    two_ends("a space before the colon", cl + "Transfer-Encoding : chunked\r\n", "bad_field_name"),
    two_ends("a tab before the colon", cl + "Transfer-Encoding\t: chunked\r\n", "bad_field_name"),
    two_ends("a tab before the value", cl + "Transfer-Encoding:\tchunked\r\n", "te_and_cl"),
    two_ends("a vertical tab before the value", cl + "Transfer-Encoding:\vchunked\r\n", "bad_field_value"),
    two_ends("a form feed before the value", cl + "Transfer-Encoding:\fchunked\r\n", "bad_field_value"),
    two_ends("a NUL behind the name", cl + "Transfer-Encoding\0: chunked\r\n"s, "bad_field_name"),
    two_ends("8 bits before the value",
             cl + "Transfer-Encoding: \xff"
                  "chunked\r\n",
             "te_and_cl"),
    two_ends("a leading blank", cl + " Transfer-Encoding: chunked\r\n", "obs_fold"),
    two_ends("a fold before the value", cl + "Transfer-Encoding:\r\n chunked\r\n", "obs_fold"),
    two_ends("behind a bare LF", cl + "X: x\nTransfer-Encoding: chunked\r\n", "bare_line_break"),
    two_ends("behind a bare CR", cl + "X: x\rTransfer-Encoding: chunked\r\n", "bad_field_value"),
    two_ends("behind a NUL", cl + "X: x\0Transfer-Encoding: chunked\r\n"s, "bad_field_value"),
    two_ends("identity beside it", cl + "Transfer-Encoding: identity, chunked\r\n", "te_and_cl"),
    two_ends("two of them", cl + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "te_and_cl"),
    two_ends("quoted", cl + "Transfer-Encoding: \"chunked\"\r\n", "te_and_cl"),
    two_ends("misspelt name with an underscore before it",
             cl + "Transfer-Encoding : x\r\nTransfer_Encoding: chunked\r\n", "bad_field_name"),
    two_ends("alone, with an unknown coding", "Transfer-Encoding: xchunked\r\n", "unknown_coding", 501),
    two_ends("alone, identity", "Transfer-Encoding: identity\r\n", "unknown_coding", 501),
    {"an underscore in the name, and a length",
     post_x(cl + "Transfer_Encoding: chunked\r\n", chunks_then_hidden),
     {relayed("POST /x", chunks_then_hidden)}},
    {"an odd space in the name's place, and a length",
     post_x(cl + "Transfer-Encoding-: chunked\r\n", chunks_then_hidden),
     {relayed("POST /x", chunks_then_hidden)}},
};

// The backend would take a body for none, or the balancer would.
const std::vector<RequestRow> no_body = {
    {"CL.0", post_x(length_of(hidden), hidden), {relayed("POST /x", hidden)}},
    {"CL.0 with GET", get_x(length_of(hidden)) + hidden, {relayed("GET /x", hidden)}},
    {"CL.0 with HEAD", request("HEAD", "/x", length_of(hidden)) + hidden, {relayed("HEAD /x", hidden)}},
    {"CL.0 with OPTIONS", request("OPTIONS", "/x", length_of(hidden)) + hidden, {relayed("OPTIONS /x", hidden)}},
    {"CL.0 with DELETE", request("DELETE", "/x", length_of(hidden)) + hidden, {relayed("DELETE /x", hidden)}},
    {"CL.0 with TRACE", request("TRACE", "/x", length_of(hidden)) + hidden, {relayed("TRACE /x", hidden)}},
    {"CL.0 beside Expect",
     post_x("Expect: 100-continue\r\n" + length_of(hidden), hidden),
     {relayed("POST /x", hidden)}},
    {"CL.0 beside an odd Expect",
     post_x("Expect: y 100-continue\r\n" + length_of(hidden), hidden),
     {refused(417, "unknown_expectation")}},
    {"CL.0 beside Upgrade",
     get_x("Connection: Upgrade\r\nUpgrade: websocket\r\n" + length_of(hidden)) + hidden,
     {relayed("GET /x", hidden)}},
    {"CL.0 beside h2c",
     get_x("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" + length_of(hidden)) +
         hidden,
     {relayed("GET /x", hidden)}},
    {"0.CL: a length that a lax reader overlooks",
     get_x("Content-Length:\v44\r\n") + hidden,
     {refused(400, "bad_field_value")}},
    {"0.CL: a length of the wrong sign",
     get_x("Content-Length: -44\r\n") + hidden,
     {refused(400, "bad_content_length")}},
    {"TE.0", get_x("Transfer-Encoding: chunked\r\n") + one_chunk, {relayed("GET /x", hidden)}},
    {"a body behind CONNECT",
     request("CONNECT", "a:80", length_of(hidden)) + hidden,
     {refused(405, "connect_refused")}},
    {"a body behind an unknown method",
     request("BREW", "/x", length_of(hidden)) + hidden,
     {refused(501, "unknown_method")}},
    {"a body of HTTP/1.0 keep-alive",
     "POST /x HTTP/1.0\r\nConnection: keep-alive\r\n" + length_of(hidden) + "\r\n" + hidden,
     {relayed("POST /x", hidden)}},
};

RequestRow chunked(std::string name, const std::string& body, Outcome outcome) {
  return {std::move(name), post_x("Transfer-Encoding: chunked\r\n", body), {std::move(outcome)}, "POST /x"};
}

const Outcome bad_chunk = refused(400, "bad_chunk");

const std::vector<RequestRow> in_chunks = {
    chunked("an extension that ends with LF", "2;\nxx\r\n2c\r\n0\r\n\r\n" + hidden, bad_chunk),
    chunked("a size that ends with LF", "2\nxx\r\n0\r\n\r\n" + hidden, bad_chunk),
    chunked("a size that ends with CR and any byte", "2\rXxx\r\n0\r\n\r\n" + hidden, bad_chunk),
    chunked("data that ends with any two bytes", "2\r\nxx410\r\n\r\n" + hidden, bad_chunk),
    chunked("a size with a prefix", "0x2c\r\n" + hidden + "\r\n0\r\n\r\n", bad_chunk),
    {"a size that overflows 32 bits to 0",
     post_x("Transfer-Encoding: chunked\r\n", "100000000\r\n\r\n" + hidden),
     {},
     "POST /x",
     true},
    chunked("a size that overflows 64 bits to 0", "10000000000000000\r\n\r\n" + hidden, bad_chunk),
    chunked("a negative size", "-1\r\n\r\n" + hidden, bad_chunk),
    chunked("no size", "\r\n\r\n" + hidden, bad_chunk),
    chunked("a request in an extension, and in trailers", "0;" + hidden, relayed("POST /x")),
    // A line break ends an extension in quotes, too: what follows is the same client's next request, for every reader.
    {"a quoted line break in an extension",
     post_x("Transfer-Encoding: chunked\r\n", "0;a=\"\r\n\r\n" + hidden + "\"\r\n\r\n"),
     {relayed("POST /x"), relayed("GET /hidden"), refused(400, "bad_request_line")}},
    chunked("a last chunk that ends with LF", "0\n\n" + hidden, bad_chunk),
    chunked("a trailer section that ends with LF", "0\r\n\n" + hidden, refused(400, "bad_trailer")),
    chunked("a request for a trailer", "0\r\n" + hidden, refused(400, "bad_trailer")),
    chunked("a trailer that would be a length", "0\r\nContent-Length: 44\r\n\r\n", relayed("POST /x")),
    chunked("a trailer that would be a coding", "0\r\nTransfer-Encoding: chunked\r\n\r\n", refused(400, "bad_trailer")),
};

const std::vector<RequestRow> in_heads = {
    {"a request behind a bare LF LF",
     "GET /x HTTP/1.1\r\nHost: a\r\nX: y\n\n" + hidden,
     {refused(400, "bare_line_break")}},
    {"a request in a value, behind CR", get_x("X: y\r" + hidden), {refused(400, "bad_field_value")}},
    {"a request in a target", "GET /x\r\n\r\n" + hidden, {refused(400, "bad_request_line")}},
    {"a request in a target, encoded",
     get("/x%20HTTP/1.1%0d%0aHost:a%0d%0a%0d%0aGET%20/hidden"),
     {relayed("GET /x%20HTTP/1.1%0d%0aHost:a%0d%0a%0d%0aGET%20/hidden")}},
    {"a request in a method",
     "GET /x HTTP/1.1\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
     {refused(400, "bare_line_break")}},
    {"a request in Host", "GET /x HTTP/1.1\r\nHost: a GET /hidden HTTP/1.1\r\n\r\n", {refused(400, "bad_host")}},
    {"a second version", "GET /x HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n" + hidden, {refused(400, "bad_request_line")}},
    {"HTTP/0.9 and a request", "GET /x\r\n" + hidden, {refused(400, "bad_request_line")}},
    {"Host of another by way of an absolute target",
     "GET http://evil.example/x HTTP/1.1\r\nHost: test.example\r\n\r\n",
     {relayed("GET /x")}},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden, {refused(505, "unsupported_version")}},
    {"what follows close", get_x("Connection: close\r\n") + hidden, {last(relayed("GET /x"))}},
    {"what follows HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n" + hidden, {last(relayed("GET /x"))}},
};

TEST_CASE("Content-Length against Transfer-Encoding") { check_requests(cl_te); }
TEST_CASE("Transfer-Encoding in disguise") { check_requests(te_te); }
TEST_CASE("bodies where some reader expects none") { check_requests(no_body); }
TEST_CASE("requests hidden in chunks") { check_requests(in_chunks); }
TEST_CASE("requests hidden in heads") { check_requests(in_heads); }

}  // namespace
}  // namespace stickler::integration
