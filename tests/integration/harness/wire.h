// One blocking connection that speaks raw bytes and can read HTTP/1.1 messages strictly. The reader is independent of
// the product's parser on purpose: what the product lets through is judged by different code.
// One thread at a time. Throws TimedOut when the deadline passes while bytes are awaited.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/harness/socket.h"

namespace stickler::integration {

struct TimedOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Field {
  std::string name;
  std::string value;
};

struct Message {
  std::string start_line;
  std::vector<Field> fields;
  std::string head;  // the raw bytes, with the empty line
  std::string body;
  std::vector<Field> trailers;
  bool chunked = false;
  bool complete = false;  // the whole body arrived
  std::string flaw;       // the first thing that RFC 9112 does not allow; empty: none

  std::size_t count(std::string_view name) const;
  std::string field(std::string_view name) const;  // the first one's value; empty when there is none
  bool has(std::string_view name) const { return count(name) > 0; }

  std::string method() const;  // of a request
  std::string target() const;
  int status() const;  // of an answer; 0 when the start line is not a status line
};

class Wire {
 public:
  explicit Wire(Fd fd) : fd_(std::move(fd)) {}

  bool send(std::string_view bytes) { return send_all(fd_.get(), bytes); }
  // How many of `bytes` went before the peer took none for so long.
  std::size_t send_while_taken(std::string_view bytes, std::chrono::milliseconds patience);
  void half_close();
  void reset() { integration::reset(fd_); }
  void close() { fd_.close(); }
  void shut_down();  // both ways; wakes a thread that waits on this connection
  int fd() const { return fd_.get(); }

  // An answer to `method`; interim answers are returned like any other, without a body. nullopt: the connection
  // ended before a whole head.
  std::optional<Message> read_response(std::string_view method = "GET", Deadline deadline = Deadline{});
  std::optional<Message> read_response_head(Deadline deadline = Deadline{});
  std::optional<Message> read_request(Deadline deadline = Deadline{});
  std::optional<Message> read_request_head(Deadline deadline = Deadline{});

  std::string read_exactly(std::size_t size, Deadline deadline = Deadline{});  // shorter when the connection ended
  std::string read_until(std::string_view end, Deadline deadline = Deadline{});
  std::string read_to_end(Deadline deadline = Deadline{});

  // True when the peer closed (or reset) with nothing left unread.
  bool closed_by_peer(Deadline deadline = Deadline{});
  bool was_reset() const { return was_reset_; }
  bool nothing_arrives(std::chrono::milliseconds span);

  // What has arrived so far, up to 1 MiB; and what of it no read has taken yet.
  const std::string& received() const { return received_; }
  const std::string& unread() const { return buffer_; }

 private:
  bool fill(Deadline deadline);
  std::optional<Message> read_head(Deadline deadline);
  void read_chunks(Message& message, Deadline deadline);
  void read_sized(Message& message, Deadline deadline);
  std::string take(std::size_t size);

  Fd fd_;
  std::string buffer_;
  std::string received_;
  bool ended_ = false;
  bool was_reset_ = false;
};

bool same_name(std::string_view a, std::string_view b);  // field names: case-insensitive

}  // namespace stickler::integration
