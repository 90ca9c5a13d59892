// Heads: scanned, parsed with what follows from their fields, and written anew.
#include <cstdlib>
#include <string>

#include "bench/micro/suite.h"
#include "lb/http/forward_request.h"
#include "lb/http/forward_response.h"
#include "lb/http/framing.h"
#include "lb/http/h1_parser.h"
#include "lb/http/head_scan.h"

namespace stickler::bench::micro {
namespace {

using http::Event;

// What the load generator of ./dev bench sends, and what its origin answers.
const std::string small_request = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
const std::string small_answer =
    "HTTP/1.1 200 OK\r\nContent-Length: 64\r\nContent-Type: text/plain\r\n\r\n" + std::string(64, 'x');

const std::string sticky = "STICKLER=AQABaaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggghhhhhhhhiiiijjjj";
const std::string browser_fields =
    "Host: login.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://login.example.com/\r\n"
    "Connection: keep-alive\r\nCookie: theme=dark; " +
    sticky + "; lang=en\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n";
const std::string browser_request =
    "GET /account/settings?tab=profile HTTP/1.1\r\n" + browser_fields + "Priority: u=0, i\r\n\r\n";
const std::string page_answer =
    "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: app\r\nContent-Type: text/html; charset=utf-8"
    "\r\nContent-Length: 64\r\nCache-Control: private, max-age=0\r\nSet-Cookie: JSESSIONID=0123456789abcdef; Path=/; "
    "HttpOnly\r\nX-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nVary: Accept-Encoding\r\n\r\n" +
    std::string(64, 'x');

// Four chunks of 256 bytes: the one kind of body that llhttp decodes.
std::string chunked_request() {
  std::string text = "POST /account/settings HTTP/1.1\r\n" + browser_fields + "Transfer-Encoding: chunked\r\n\r\n";
  for (int chunk = 0; chunk < 4; ++chunk) text += "100\r\n" + std::string(256, 'x') + "\r\n";
  return text + "0\r\n\r\n";
}

// A fixture that is refused would be measured as a fast one.
void require(bool holds) {
  if (!holds) std::abort();
}

class ScanRequest {
 public:
  explicit ScanRequest(std::string bytes) : bytes_(std::move(bytes)) {}

  std::size_t operator()() {
    const http::ScanResult result = http::scan_request(bytes_, limits_, head_);
    require(result.outcome == http::ScanResult::Outcome::complete);
    return result.size;
  }

 private:
  std::string bytes_;
  http::HeadLimits limits_;
  http::RequestHead head_;
};

class ParseRequest {
 public:
  explicit ParseRequest(std::string bytes) : bytes_(std::move(bytes)) {}

  std::size_t operator()() {
    std::string_view input = bytes_;
    std::size_t events = 0;
    for (; !input.empty(); ++events) {
      const Event event = parser_.next(input);
      require(event == Event::head || event == Event::body || event == Event::end);
    }
    require(parser_.idle());
    return events;
  }

 private:
  std::string bytes_;
  http::HeadLimits limits_;
  http::RequestHead head_;
  http::RequestParser parser_{limits_, head_};
};

// With the fields that are added by default.
class WriteRequest {
 public:
  explicit WriteRequest(std::string bytes) : bytes_(std::move(bytes)) {
    std::string_view input = bytes_;
    require(parser_.next(input) == Event::head);
  }

  std::size_t operator()() {
    out_.clear();
    http::write_request_head(out_, head_,
                             {.client_ip = "203.0.113.7",
                              .client_port = 40123,
                              .listener = "web",
                              .pool = "login",
                              .backend = "a",
                              .request_id = "0123456789abcdef0123456789abcdef",
                              .edits = &edits_,
                              .strip_cookie = "STICKLER"});
    return out_.size();
  }

 private:
  std::string bytes_;
  http::HeadLimits limits_;
  http::RequestHead head_;
  http::RequestParser parser_{limits_, head_};
  http::HeaderEdits edits_;
  std::string out_;
};

class ParseAnswer {
 public:
  explicit ParseAnswer(std::string bytes) : bytes_(std::move(bytes)) {}

  std::size_t operator()() {
    parser_.expect({});
    std::string_view input = bytes_;
    std::size_t events = 0;
    for (Event event = parser_.next(input); event != Event::end; event = parser_.next(input)) {
      require(event == Event::head || event == Event::body);
      ++events;
    }
    return events;
  }

 private:
  std::string bytes_;
  http::ResponseHead head_;
  http::ResponseParser parser_{head_};
};

class WriteAnswer {
 public:
  explicit WriteAnswer(std::string bytes) : bytes_(std::move(bytes)) {
    std::string_view input = small_request;
    require(requests_.next(input) == Event::head);
    answers_.expect({});
    input = bytes_;
    require(answers_.next(input) == Event::head);
  }

  std::size_t operator()() {
    out_.clear();
    http::write_response_head(out_, answer_,
                              {.framing = http::framing_to_client(answer_, request_),
                               .date = "Mon, 01 Jan 2024 00:00:00 GMT",
                               .edits = &edits_,
                               .request = &request_});
    return out_.size();
  }

 private:
  std::string bytes_;
  http::HeadLimits limits_;
  http::RequestHead request_;
  http::ResponseHead answer_;
  http::RequestParser requests_{limits_, request_};
  http::ResponseParser answers_{answer_};
  http::HeaderEdits edits_;
  std::string out_;
};

}  // namespace

void add_heads(Suite& suite) {
  suite.add<ScanRequest>("head_scan/small", small_request);
  suite.add<ScanRequest>("head_scan/browser", browser_request);
  suite.add<ParseRequest>("request_parse/small", small_request);
  suite.add<ParseRequest>("request_parse/browser", browser_request);
  suite.add<ParseRequest>("request_parse/chunked", chunked_request());
  suite.add<WriteRequest>("request_write/small", small_request);
  suite.add<WriteRequest>("request_write/browser", browser_request);
  suite.add<ParseAnswer>("answer_parse/small", small_answer);
  suite.add<ParseAnswer>("answer_parse/page", page_answer);
  suite.add<WriteAnswer>("answer_write/small", small_answer);
  suite.add<WriteAnswer>("answer_write/page", page_answer);
}

}  // namespace stickler::bench::micro
