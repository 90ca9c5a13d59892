// A backend's answers (RFC 9112 4-6): what is malformed never reaches a client, and where it ends is never in doubt.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/answer_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

const std::string hi = "Content-Length: 2\r\n\r\nhi";

AnswerRow good(std::string name, const std::string& bytes, int status = 200) {
  return {std::move(name), bytes, whole("hi", status), true};
}

AnswerRow bad(std::string name, const std::string& bytes) { return {std::move(name), bytes, bad_gateway()}; }

const std::vector<AnswerRow> status_lines = {
    good("an ordinary one", "HTTP/1.1 200 OK\r\n" + hi),
    good("no reason", "HTTP/1.1 200 \r\n" + hi),
    good("no space behind the code", "HTTP/1.1 200\r\n" + hi),
    good("a long reason", "HTTP/1.1 200 All's well: (really) \"so\"\r\n" + hi),
    good("8 bits in the reason", "HTTP/1.1 200 \xc3\x84tsch\r\n" + hi),
    good("a tab in the reason", "HTTP/1.1 200 O\tK\r\n" + hi),
    good("a higher minor version", "HTTP/1.2 200 OK\r\n" + hi),
    good("an unknown code", "HTTP/1.1 299 Odd\r\n" + hi, 299),
    good("an error", "HTTP/1.1 500 Broken\r\n" + hi, 500),
    good("the highest code", "HTTP/1.1 599 Last\r\n" + hi, 599),
    bad("HTTP/2.0", "HTTP/2.0 200 OK\r\n" + hi),
    bad("HTTP/0.9", "HTTP/0.9 200 OK\r\n" + hi),
    bad("two digits of a minor version", "HTTP/1.10 200 OK\r\n" + hi),
    bad("lower case", "http/1.1 200 OK\r\n" + hi),
    bad("another protocol", "ICY 200 OK\r\n" + hi),
    bad("no version", "200 OK\r\n" + hi),
    bad("no code", "HTTP/1.1 OK\r\n" + hi),
    bad("a code of two digits", "HTTP/1.1 20 OK\r\n" + hi),
    bad("a code of four digits", "HTTP/1.1 2000 OK\r\n" + hi),
    bad("a letter in the code", "HTTP/1.1 2O0 OK\r\n" + hi),
    bad("a negative code", "HTTP/1.1 -20 OK\r\n" + hi),
    bad("a code below 100", "HTTP/1.1 099 OK\r\n" + hi),
    bad("a code above 599", "HTTP/1.1 600 OK\r\n" + hi),
    bad("000", "HTTP/1.1 000 OK\r\n" + hi),
    bad("two spaces before the code", "HTTP/1.1  200 OK\r\n" + hi),
    bad("two spaces behind the code", "HTTP/1.1 200  OK\r\n" + hi),
    bad("a tab before the code", "HTTP/1.1\t200 OK\r\n" + hi),
    bad("a space in front", " HTTP/1.1 200 OK\r\n" + hi),
    bad("an empty line in front", "\r\nHTTP/1.1 200 OK\r\n" + hi),
    bad("a NUL in the reason", "HTTP/1.1 200 O\0K\r\n"s + hi),
    bad("a control character in the reason", "HTTP/1.1 200 \x1b[2J\r\n" + hi),
    bad("a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n" + hi),
    bad("a bare LF at its end", "HTTP/1.1 200 OK\n" + hi),
    bad("a body without a head", "<html>hi</html>\r\n\r\n"),
    bad("a request", "GET / HTTP/1.1\r\n\r\n"),
    bad("an empty line alone", "\r\n\r\n"),
};

AnswerRow with(std::string name, const std::string& lines) {
  return {std::move(name), "HTTP/1.1 200 OK\r\n" + lines + hi, bad_gateway()};
}

const std::vector<AnswerRow> fields = {
    good("odd but allowed", "HTTP/1.1 200 OK\r\nX-A:\r\n!#$%&'*+-.^_`|~: \t \xff\t \r\n" + hi),
    with("folded", "X-A: a\r\n b\r\n"),
    with("a NUL", "X-A: a\0b\r\n"s),
    with("a control character", "X-A: \x01\r\n"),
    with("a bare CR", "X-A: a\rb\r\n"),
    with("a bare LF", "X-A: a\nX-B: b\r\n"),
    with("a bare LF that would set a cookie", "X-A: a\nSet-Cookie: evil=1\r\n"),
    with("a space before the colon", "X-A : a\r\n"),
    with("no name", ": a\r\n"),
    with("no colon", "X-A\r\n"),
    with("a space inside a name", "X A: a\r\n"),
    with("8 bits in a name", "X-\xc3\x84: a\r\n"),
    with("more than 256",
         [] {
           std::string lines;
           for (int i = 0; i < 300; ++i) lines += "X-A: a\r\n";
           return lines;
         }()),
    with("70 KiB", "X-A: " + std::string(70 << 10, 'a') + "\r\n"),
    {"a head that never ends", "HTTP/1.1 200 OK\r\nX-A: " + std::string(70 << 10, 'a'), bad_gateway()},
    {"an empty line that is a bare LF", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nhi", bad_gateway()},
    {"an end amid the status line", "HTTP/1.1 20", bad_gateway("no_answer"), false, Then::closes},
    {"an end amid the head", "HTTP/1.1 200 OK\r\nX-A:", bad_gateway("no_answer"), false, Then::closes},
    {"an end before the empty line", "HTTP/1.1 200 OK\r\n" + hi.substr(0, 19), bad_gateway("no_answer"), false,
     Then::closes},
};

// Where the body ends.
AnswerRow framed(std::string name, const std::string& lines) {
  return {std::move(name), "HTTP/1.1 200 OK\r\n" + lines + "\r\n2\r\nhi\r\n0\r\n\r\n", bad_gateway()};
}

const std::vector<AnswerRow> lengths = {
    good("a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    good("blanks around it", "HTTP/1.1 200 OK\r\nContent-Length:\t 2 \t\r\n\r\nhi"),
    good("leading zeros", "HTTP/1.1 200 OK\r\nContent-Length: 002\r\n\r\nhi"),
    good("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    good("chunks in capitals", "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    {"zero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", whole(), true},
    {"the connection's end", "HTTP/1.1 200 OK\r\n\r\nhi", whole("hi"), false, Then::closes},
    {"the connection's end, at once", "HTTP/1.1 200 OK\r\n\r\n", whole(), false, Then::closes},
    framed("both, coding first", "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"),
    framed("both, length first", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
    framed("both, length 0", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
    framed("both, an empty coding", "Content-Length: 2\r\nTransfer-Encoding:\r\n"),
    framed("twice", "Content-Length: 2\r\nContent-Length: 2\r\n"),
    framed("twice, differing", "Content-Length: 2\r\nContent-Length: 3\r\n"),
    framed("a list", "Content-Length: 2, 2\r\n"),
    framed("empty", "Content-Length:\r\n"),
    framed("negative", "Content-Length: -2\r\n"),
    framed("signed", "Content-Length: +2\r\n"),
    framed("hexadecimal", "Content-Length: 0x2\r\n"),
    framed("a blank inside", "Content-Length: 1 2\r\n"),
    framed("2^63", "Content-Length: 9223372036854775808\r\n"),
    framed("2^64 + 2", "Content-Length: 18446744073709551618\r\n"),
    framed("an unknown coding", "Transfer-Encoding: gzip\r\n"),
    framed("a coding before chunked", "Transfer-Encoding: gzip, chunked\r\n"),
    framed("a coding behind chunked", "Transfer-Encoding: chunked, gzip\r\n"),
    framed("identity", "Transfer-Encoding: identity\r\n"),
    framed("an empty coding", "Transfer-Encoding:\r\n"),
    framed("chunked on two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    framed("chunked twice", "Transfer-Encoding: chunked, chunked\r\n"),
    framed("a space before the colon", "Transfer-Encoding : chunked\r\n"),
    {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", bad_gateway()},
};

const std::vector<AnswerRow> persistence = {
    {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\n" + hi, whole("hi")},
    {"close in a list", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\n" + hi, whole("hi")},
    good("keep-alive", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n" + hi),
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\n" + hi, whole("hi")},
    good("HTTP/1.0 with keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + hi),
    {"HTTP/1.0 without a length", "HTTP/1.0 200 OK\r\n\r\nhi", whole("hi"), false, Then::closes},
    {"HTTP/1.0 with keep-alive and without a length", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi",
     whole("hi"), false, Then::closes},
    {"an end behind the answer", "HTTP/1.1 200 OK\r\n" + hi, whole("hi"), false, Then::closes},
};

TEST_CASE("an answer with a malformed status line is 502") { check_answers(status_lines); }
TEST_CASE("an answer with malformed, too many or too large fields is 502") { check_answers(fields); }
TEST_CASE("an answer whose end is in doubt is 502") { check_answers(lengths); }
TEST_CASE("a backend's connection is used again only where its answer allows it") { check_answers(persistence); }

}  // namespace
}  // namespace stickler::integration
