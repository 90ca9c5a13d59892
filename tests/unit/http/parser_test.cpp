// Messages out of a stream of bytes, however it is cut.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lb/http/h1_parser.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

const HeadLimits limits{};

std::string lines_of(const FieldBlock& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i)
    text += std::string(fields.name(i)) + "=" + std::string(fields.value(i)) + ";";
  return text;
}

// What a parser found, as text; neighbouring pieces of a body in one.
class Log {
 public:
  void add(std::string_view what) { (text_ += what) += '\n'; }
  void add_body(std::string_view bytes) {
    if (text_.ends_with("]\n")) {
      text_.resize(text_.size() - 2);
      (text_ += bytes) += "]\n";
    } else {
      add("body [" + std::string(bytes) + "]");
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string read_requests(const std::vector<std::string_view>& pieces) {
  RequestHead head;
  RequestParser parser(limits, head);
  Log log;
  for (std::string_view input : pieces) {
    Event event = Event::need_more;
    do {
      event = parser.next(input);
      if (event == Event::head) {
        log.add("head " + std::string(head.method_text()) + " " + std::string(head.target()) + " " + lines_of(head));
      } else if (event == Event::body) {
        log.add_body(parser.body());
      } else if (event == Event::end) {
        log.add("end " + lines_of(parser.trailers()));
      } else if (event == Event::error) {
        log.add("error " + std::string(to_string(parser.refusal())));
        return log.text();
      }
    } while (event != Event::need_more);
  }
  return log.text();
}

std::string read_answer(const std::vector<std::string_view>& pieces, const AnswerContext& context) {
  ResponseHead head;
  ResponseParser parser(head);
  parser.expect(context);
  Log log;
  std::string rest;
  for (std::string_view input : pieces) {
    Event event = Event::need_more;
    do {
      event = parser.next(input);
      if (event == Event::head || event == Event::interim) {
        log.add((event == Event::head ? "head " : "interim ") + std::to_string(head.status) + " " + lines_of(head));
      } else if (event == Event::body) {
        log.add_body(parser.body());
      } else if (event == Event::end) {
        log.add("end " + lines_of(parser.trailers()));
      } else if (event == Event::error) {
        log.add("error " + std::string(to_string(parser.refusal())));
        return log.text();
      }
    } while (event != Event::need_more);
    rest += input;
  }
  log.add("rest " + rest);
  log.add(parser.eof() == Event::end ? "eof end" : "eof " + std::string(to_string(parser.refusal())));
  return log.text();
}

// In one piece, in two at every offset, and byte by byte.
template <class Read>
void check_every_split(const std::string& bytes, const std::string& expected, Read read) {
  CAPTURE(bytes);
  const std::string_view all = bytes;
  CHECK(read(std::vector{all}) == expected);
  for (std::size_t at = 1; at < all.size(); ++at) {
    CAPTURE(at);
    REQUIRE(read(std::vector{all.substr(0, at), all.substr(at)}) == expected);
  }
  std::vector<std::string_view> singles;
  for (std::size_t i = 0; i < all.size(); ++i) singles.push_back(all.substr(i, 1));
  CHECK(read(singles) == expected);
}

TEST_CASE("requests are the same however their bytes are cut") {
  struct Row {
    std::string bytes;
    std::string expected;
  };
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  const Row rows[] = {
      {get, "head GET /a Host=h;\n"},
      {"\r\n\r\n" + get, "head GET /a Host=h;\n"},
      {get + "\r\n" + get + get, "head GET /a Host=h;\nhead GET /a Host=h;\nhead GET /a Host=h;\n"},
      {"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + get,
       "head POST /b Host=h;Content-Length=5;\nbody [hello]\nend \nhead GET /a Host=h;\n"},
      {"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" + get,
       "head POST /b Host=h;Content-Length=0;\nhead GET /a Host=h;\n"},
      {"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n" +
           get,
       "head PUT /c Host=h;Transfer-Encoding=chunked;\nbody [abcde]\nend T=1;\nhead GET /a Host=h;\n"},
      {"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get,
       "head PUT /c Host=h;Transfer-Encoding=chunked;\nend \nhead GET /a Host=h;\n"},
      {"PUT /c HTTP/1.1\r\nHost: h\r\nConnection: T\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\nU: 2\r\n\r\n",
       "head PUT /c Host=h;Connection=T;Transfer-Encoding=chunked;\nend \n"},
      {"GET /o HTTP/1.0\r\n\r\n", "head GET /o \n"},
      {"GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\n 2\r\n\r\n", "error obs_fold\n"},
      {"GET /a HTTP/1.1\r\nHost: h\r\n\n", "error bare_line_break\n"},
      {"GET /a\r\n", "error bad_request_line\n"},
      {get + "GET /b HTTP/2.0\r\n\r\n", "head GET /a Host=h;\nerror unsupported_version\n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "error te_and_cl\n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
       "head POST / Host=h;Transfer-Encoding=chunked;\nerror bad_chunk\n"},
  };
  for (const Row& row : rows) check_every_split(row.bytes, row.expected, read_requests);
}

TEST_CASE("answers are the same however their bytes are cut") {
  struct Row {
    AnswerContext context;
    std::string bytes;
    std::string expected;
  };
  const AnswerContext plain{};
  const AnswerContext head{.head_request = true};
  const AnswerContext upgrade{.upgrade_requested = true};
  const Row rows[] = {
      {plain, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       "head 200 Content-Length=5;\nbody [hello]\nend \nrest \neof bad_answer\n"},
      {plain, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       "head 200 Content-Length=0;\nend \nrest \neof bad_answer\n"},
      {plain, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiEXTRA",
       "head 200 Content-Length=2;\nbody [hi]\nend \nrest EXTRA\neof bad_answer\n"},
      {plain, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\nDate: x\r\n\r\nEXTRA",
       "head 200 Transfer-Encoding=chunked;\nbody [hi]\nend A=b;\nrest EXTRA\neof bad_answer\n"},
      {plain, "HTTP/1.1 200 OK\r\n\r\nuntil the end", "head 200 \nbody [until the end]\nrest \neof end\n"},
      {plain, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
       "head 204 Content-Length=5;\nend \nrest \neof bad_answer\n"},
      {head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
       "head 200 Transfer-Encoding=chunked;\nend \nrest \neof bad_answer\n"},
      {plain,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
       "1\r\n\r\nx",
       "interim 100 \ninterim 103 Link=x;\nhead 200 Content-Length=1;\nbody [x]\nend \nrest \neof bad_answer\n"},
      {plain, "HTTP/1.1 100 Continue\r\n\r\n", "interim 100 \nrest \neof no_answer\n"},
      {upgrade, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x02hi",
       "head 101 Upgrade=websocket;\nrest \x81\x02hi\neof bad_answer\n"},
      {plain, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", "error unasked_upgrade\n"},
      {plain, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
       "head 200 Content-Length=5;\nbody [hel]\nrest \neof bad_answer\n"},
      {plain, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel",
       "head 200 Transfer-Encoding=chunked;\nbody [hel]\nrest \neof bad_answer\n"},
      {plain, "HTTP/1.1 200 O", "rest \neof bad_answer\n"},
      {plain, "HTTP/1.1 200 OK\r\nA", "rest \neof bad_answer\n"},
      {plain, "SSH-2.0-x\r\n", "error bad_status_line\n"},
      {plain, "HTTP/1.1 200 OK\r\nConnection: A\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
       "head 200 Connection=A;Transfer-Encoding=chunked;\nend \nrest \neof bad_answer\n"},
  };
  for (const Row& row : rows) {
    check_every_split(row.bytes, row.expected, [&](const auto& pieces) { return read_answer(pieces, row.context); });
  }
}

TEST_CASE("a parser is idle between messages, and not amid one") {
  RequestHead head;
  RequestParser parser(limits, head);
  CHECK(parser.idle());
  std::string_view part = "GET / HT";
  CHECK(parser.next(part) == Event::need_more);
  CHECK_FALSE(parser.idle());
  std::string_view rest = "TP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";
  CHECK(parser.next(rest) == Event::head);
  CHECK_FALSE(parser.idle());
  std::string_view body = "x";
  CHECK(parser.next(body) == Event::body);
  CHECK_FALSE(parser.idle());
  CHECK(parser.next(body) == Event::end);
  CHECK(parser.idle());
  CHECK(parser.next(body) == Event::need_more);
  CHECK(parser.idle());
}

TEST_CASE("after an error nothing more is parsed") {
  RequestHead request_head;
  RequestParser requests(limits, request_head);
  std::string_view bad = "\x16\x03";
  CHECK(requests.next(bad) == Event::error);
  std::string_view good = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  CHECK(requests.next(good) == Event::error);
  ResponseHead answer_head;
  ResponseParser answers(answer_head);
  answers.expect({});
  bad = "\x16\x03";
  CHECK(answers.next(bad) == Event::error);
  CHECK(answers.next(good) == Event::error);
}

TEST_CASE("a parser serves the next answer after expect, whatever the last one left") {
  ResponseHead head;
  ResponseParser parser(head);
  parser.expect({});
  for (const std::string_view piece : {"HTTP/1.1 100 Con", "tinue\r\n\r\n"}) {
    std::string_view input = piece;
    parser.next(input);
  }
  parser.expect({.head_request = true});
  std::string_view first = "HTTP/1.1 20";
  CHECK(parser.next(first) == Event::need_more);
  std::string_view second = "0 OK\r\nContent-Length: 5\r\n\r\n";
  CHECK(parser.next(second) == Event::head);
  CHECK(parser.head().status == 200);
  CHECK_FALSE(parser.reads_body());
  CHECK(parser.next(second) == Event::end);
  CHECK(parser.next(second) == Event::need_more);
}

TEST_CASE("interim answers are limited in number") {
  ResponseHead head;
  ResponseParser parser(head);
  parser.expect({});
  std::string_view input;
  for (int i = 0; i < 16; ++i) {
    input = "HTTP/1.1 103 Early Hints\r\n\r\n";
    REQUIRE(parser.next(input) == Event::interim);
  }
  input = "HTTP/1.1 103 Early Hints\r\n\r\n";
  CHECK(parser.next(input) == Event::error);
  CHECK(parser.refusal() == Refusal::too_many_interim);
}

TEST_CASE("a body is read where the answer has one") {
  ResponseHead head;
  ResponseParser parser(head);
  parser.expect({});
  CHECK_FALSE(parser.reads_body());
  for (const char* fields : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    parser.expect({});
    const std::string bytes = answer_with(fields);
    std::string_view input = bytes;
    REQUIRE(parser.next(input) == Event::head);
    CHECK(parser.reads_body());
  }
}

// Feeds `piece` until the parser refuses; how many bytes that took.
std::size_t bytes_until_refused(const HeadLimits& some_limits, std::string_view start, std::string_view piece,
                                Refusal expected) {
  RequestHead head;
  RequestParser parser(some_limits, head);
  std::size_t fed = 0;
  std::string_view next = start;
  while (fed < 1'000'000) {
    fed += next.size();
    std::string_view input = next;
    if (parser.next(input) == Event::error) break;
    next = piece;
  }
  CHECK(parser.refusal() == expected);
  return fed;
}

TEST_CASE("a head that never ends is refused for what makes it long, soon after its limit") {
  const HeadLimits small{.header_bytes = 4000, .headers = 50, .uri_bytes = 500};
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\n";
  CHECK(bytes_until_refused(small, "GET /", "x", Refusal::uri_too_long) <= 506);
  CHECK(bytes_until_refused(small, "\r\n\r\nGET /", "x", Refusal::uri_too_long) <= 510);
  CHECK(bytes_until_refused(small, start + "A: ", "x", Refusal::head_too_large) == 4001);
  CHECK(bytes_until_refused(small, start, "x", Refusal::head_too_large) == 4001);
  CHECK(bytes_until_refused(small, start, "A:\r\n", Refusal::too_many_fields) <= 4004);
  CHECK(bytes_until_refused(small, start, "A: 12345\r\n", Refusal::too_many_fields) <= 4010);
  const std::string wide = "A: " + std::string(200, 'x') + "\r\n";
  CHECK(bytes_until_refused(small, start, wide, Refusal::head_too_large) <= 4000 + wide.size());
  CHECK(bytes_until_refused(small, "M", "M", Refusal::bad_method) <= 501);
  CHECK(bytes_until_refused(small, "\r\n", "\r\n", Refusal::bad_request_line) == 10);
  CHECK(bytes_until_refused({.header_bytes = 100, .uri_bytes = 500}, "GET /", "x", Refusal::head_too_large) == 101);
}

TEST_CASE("too many fields are refused when the head is whole, or too large") {
  const HeadLimits few{.header_bytes = 4000, .headers = 2};
  RequestHead head;
  RequestParser parser(few, head);
  for (const char* piece : {"GET / HTTP/1.1\r\nHost: h\r\n", "A: 1\r\n", "B: 2\r\n"}) {
    std::string_view input = piece;
    CHECK(parser.next(input) == Event::need_more);
  }
  std::string_view end = "\r\n";
  CHECK(parser.next(end) == Event::error);
  CHECK(parser.refusal() == Refusal::too_many_fields);
}

TEST_CASE("a start line is judged as soon as it is whole, though the head is not") {
  RequestHead head;
  RequestParser parser(limits, head);
  for (const char* piece : {"GET / HT", "TP/1.1 "}) {
    std::string_view input = piece;
    CHECK(parser.next(input) == Event::need_more);
  }
  std::string_view end = "\r\n";
  CHECK(parser.next(end) == Event::error);
  CHECK(parser.refusal() == Refusal::bad_request_line);
}

TEST_CASE("a head split before a large body takes no more of it than it has to") {
  RequestHead head;
  RequestParser parser(limits, head);
  std::string_view first = "POST / HTTP/1.1\r\nHost: h\r\nContent-Le";
  CHECK(parser.next(first) == Event::need_more);
  const std::string end_of_head = "ngth: 200000\r\n\r\n";
  const std::string second = end_of_head + std::string(200'000, 'b');
  std::string_view input = second;
  CHECK(parser.next(input) == Event::head);
  CHECK(input.size() == 200'000);
  CHECK(parser.head().bytes().ends_with(end_of_head));
  CHECK(parser.next(input) == Event::body);
  CHECK(parser.body().size() == 200'000);
  CHECK(parser.next(input) == Event::end);
}

TEST_CASE("limits can be changed between the pieces of a head") {
  const HeadLimits large{.header_bytes = 1000};
  const HeadLimits small{.header_bytes = 30};
  RequestHead head;
  RequestParser parser(large, head);
  std::string_view piece = "GET / HTTP/1.1\r\nHost: h\r\nA: 12345678\r\n";
  CHECK(parser.next(piece) == Event::need_more);
  parser.set_limits(small);
  std::string_view end = "B: 1\r\n\r\n";
  CHECK(parser.next(end) == Event::error);
  CHECK(parser.refusal() == Refusal::head_too_large);
}

TEST_CASE("a broken backend's head does not exhaust memory") {
  ResponseHead head;
  ResponseParser parser(head);
  parser.expect({});
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  std::string_view start = "HTTP/1.1 200 OK\r\n";
  Event event = parser.next(start);
  std::size_t fed = 0;
  while (event == Event::need_more && fed < 1'000'000) {
    std::string_view input = line;
    event = parser.next(input);
    fed += line.size();
  }
  CHECK(event == Event::error);
  CHECK(parser.refusal() == Refusal::head_too_large);
  CHECK(fed < 70'000);
}

}  // namespace
}  // namespace stickler::http
