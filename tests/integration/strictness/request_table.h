// Tables of requests: what a client sends, byte for byte, and what must come of it. One balancer and one backend serve
// a whole table. Each row is sent at once and byte by byte: how bytes arrive must not change what they mean.
//
// After each row the same connection, where it stays open, carries a request that must get its own answer, aftermath.h
// is checked, and the backend must have seen exactly the requests that the row says.
// The test's thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/strictness/aftermath.h"

namespace stickler::integration {

// One answer, and what the backend got for it.
struct Outcome {
  std::string method = "GET";
  int status = 200;
  std::string reason{};     // The word of an answer of our own; empty: the backend's answer.
  std::string forwarded{};  // "GET /x", as the backend saw it.
  std::string body{};       // The request's, as the backend saw it.
  bool last = false;        // The connection ends with it.
};

Outcome relayed(std::string request_line, std::string body = "");  // "GET /x"
Outcome answered(int status, std::string reason);                  // By us, and the connection goes on.
Outcome refused(int status, std::string reason);                   // By us, and the connection ends.
Outcome last(Outcome outcome);
Outcome to_head(Outcome outcome);  // An answer to a HEAD request: no body.

struct RequestRow {
  std::string name;
  std::string bytes;
  std::vector<Outcome> outcomes;  // None: the connection ends without an answer.
  std::string cut_short{};        // "POST /x": the backend may see its beginning, and never its end.
  bool half_close = false;        // The client has nothing more to say.
};

// What every answer of our own must be: `Server: stickler`, a line of text that names the reason, the right length.
void check_own_answer(const Message& answer, const Outcome& outcome);

// "GET /x HTTP/1.1", Host and the lines, each with its CRLF.
std::string get_x(std::string_view lines = "");
std::string post_x(std::string_view lines, std::string_view body = "");  // As it is: nothing says where the body ends.

class RequestTable {
 public:
  explicit RequestTable(Setup setup = {});

  void check(const std::vector<RequestRow>& rows);

 private:
  enum class Delivery { at_once, byte_by_byte };

  void check(const RequestRow& row, Delivery delivery);
  void check_outcome(RawClient& client, const Outcome& outcome);
  void check_own_request(RawClient& client, const std::string& target);
  void check_forwarded(std::size_t seen_before, const std::vector<std::string>& expected);
  void check_at_the_end();

  ScriptedOrigin origin_;
  std::unique_ptr<Balancer> balancer_;
  std::size_t follow_ups_ = 0;
  std::size_t complete_ = 0;             // Requests that the backend should have seen whole.
  std::set<std::string> cut_short_;      // Those of which it may have seen the beginning.
  std::map<std::string, int> refusals_;  // How often we should have answered with each word.
};

// A table on a balancer of its own.
void check_requests(const std::vector<RequestRow>& rows, Setup setup = {});

}  // namespace stickler::integration
