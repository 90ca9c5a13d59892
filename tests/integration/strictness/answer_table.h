// Tables of answers: what a backend sends, byte for byte, and what the client must get for it. One balancer and one
// backend serve a whole table; the target names the row. Each row is sent at once and byte by byte.
//
// After each row the same client, where its connection goes on, asks for something else and must get its own answer,
// aftermath.h is checked, and the backend's connection was used again only where the row says so.
// The test's thread; the backend's threads only read the rows.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/integration/strictness/aftermath.h"

namespace stickler::integration {

// What the client gets.
struct Received {
  enum class Kind { whole, bad_gateway, cut, cut_or_bad_gateway };

  Kind kind = Kind::whole;
  int status = 200;
  std::string body{};
  std::string reason{};
};

Received whole(std::string body = "", int status = 200);
Received bad_gateway(std::string reason = "bad_answer");  // 502: nothing of the answer came through.
Received cut(std::string body = "", int status = 200);    // Begun, then visibly ended early.
// An error right behind a head that may be known before any of it went out, or after: 502 or cut, and never whole.
Received cut_or_bad_gateway();

enum class Then { waits, closes, resets };  // What the backend does behind its bytes.

struct AnswerRow {
  std::string name;
  std::string bytes;
  Received received;
  bool reused = false;  // The backend's connection.
  Then then = Then::waits;
  std::string request = "GET";  // The method, or "HTTP/1.0" for a GET of that version.
  // Bytes behind an answer that come apart from it may come behind the next request: then nobody can tell.
  bool only_at_once = false;
};

class AnswerTable {
 public:
  explicit AnswerTable(const std::vector<AnswerRow>& rows);

  void check();

 private:
  void serve(OriginConnection& connection);
  void send(OriginConnection& connection, const AnswerRow& row, bool byte_by_byte);
  void check(std::size_t index, bool byte_by_byte);
  void check_received(RawClient& client, const AnswerRow& row);
  void check_other(RawClient& client);
  std::size_t connection_of(const std::string& target);

  const std::vector<AnswerRow>& rows_;
  std::mutex mutex_;                                // The backend's threads write what follows, the test reads.
  std::map<std::string, std::size_t> connections_;  // Which of them each target last came on.
  std::atomic<std::size_t> next_connection_{0};
  std::size_t others_ = 0;
  ScriptedOrigin origin_;
  Balancer balancer_;
};

void check_answers(const std::vector<AnswerRow>& rows);

}  // namespace stickler::integration
