// What bad clients do: they leave at every point of an exchange, and they send what is no request.
#include "tests/soak/client.h"

namespace stickler::soak {

using namespace integration;

namespace {

// Each is refused with an answer, and most with the end of the connection.
constexpr std::string_view nonsense[] = {
    "nonsense\r\n\r\n",
    "GET  /calm/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /calm/x HTTP/1.1\r\n\r\n",
    "GET /calm/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /calm/x HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n",
    "GET /calm/x HTTP/1.1\r\nHost: x\r\nFolded: 1\r\n 2\r\n\r\n",
    "GET /calm/x HTTP/3.0\r\nHost: x\r\n\r\n",
    "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n",
    "POST /r/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "POST /r/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "POST /r/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /r/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "POST /r/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
};

}  // namespace

void Client::leave(RawClient& wire) {
  ++tally_.aborts;
  if (chance_.percent(50)) return wire.reset();
  wire.close();
}

void Client::leave_amid_head() {
  const auto wire = connect();
  const Request asked = any_request();
  const std::string head = request(asked.method, asked.path, asked.fields());
  wire->send(head.substr(0, 1 + chance_.below(head.size() - 3)));
  chance_.pause(3);
  leave(*wire);
}

void Client::leave_amid_body() {
  const auto wire = connect();
  const Request asked = any_request();
  const bool chunked = chance_.percent(50);
  wire->send(request("POST", asked.path,
                     asked.fields() + (chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 900000\r\n")));
  wire->send((chunked ? "80000\r\n" : "") + std::string(chance_.below(0x40000), 'b'));
  chance_.pause(20);
  leave(*wire);
}

void Client::leave_amid_answer() {
  const auto wire = connect(chance_.percent(50) ? 4096 : 0);
  Request asked = any_request();
  asked.answer_size = 1 + chance_.below(1 << 20);
  wire->send(get(asked.path, asked.fields()));
  wire->read_exactly(1 + chance_.below(asked.answer_size), Deadline(2min));
  leave(*wire);
}

void Client::leave_at_once() {
  const auto wire = connect();
  const Request asked = any_request();
  wire->send(request(asked.method, asked.path, asked.fields(), asked.body));
  leave(*wire);
}

void Client::send_nonsense() {
  const std::string_view bytes = nonsense[chance_.below(std::size(nonsense))];
  const auto wire = connect();
  wire->send(bytes);
  const auto answer = wire->read_response("GET", Deadline(2min));
  ++tally_.refused;
  if (!answer || answer->status() < 400) {
    return tally_.wrong("was not refused: " + std::string(bytes) + (answer ? answer->head : "no answer"));
  }
  const bool ends = same_name(answer->field("Connection"), "close");
  if (ends && !wire->read_to_end(Deadline(2min)).empty())
    tally_.wrong("more than one answer to: " + std::string(bytes));
}

}  // namespace stickler::soak
