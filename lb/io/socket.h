// Socket: a connected stream socket (TCP or unix) as a Transport. The loop's thread; owned by a session or by an
// upstream connection, and destroyed only through Loop::bury or outside of its own events.
//
// Reads land in the loop's scratch buffer. Writes go straight to the kernel; only an unsent tail is copied, and at
// most one uv_write is in flight.
//
// An accepted socket becomes libuv's only once it has to wait: its first bytes are mostly there already, and one that
// is answered and closed without a wait costs no call to epoll at all.
#pragma once

#include <memory>
#include <vector>

#include "lb/base/address.h"
#include "lb/io/loop.h"
#include "lb/io/transport.h"

namespace stickler::io {

class Socket final : public Transport {
 public:
  // Takes ownership of an accepted, connected socket; non-blocking.
  static std::unique_ptr<Socket> adopt(Loop& loop, int fd, bool is_unix);

  // Starts to connect. on_connected or on_broken follows, never within the call.
  static std::unique_ptr<Socket> connect(Loop& loop, const Address& to, TransportEvents& events);

  ~Socket() override;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void set_events(TransportEvents& events) override;

  using Transport::write;
  void write(std::span<const std::string_view> pieces) override { send(pieces, 0); }
  void write_last(std::span<const std::string_view> pieces) override;
  std::size_t unsent_bytes() const override;
  void shutdown() override;
  void hold(Hold reason) override;
  void release(Hold reason) override;
  void close() override;
  void set_reset_on_close() override { reset_on_close_ = true; }

  int fd() const { return fd_; }  // -1 when there is none. For getsockname and the like.

 private:
  struct WriteRequest;

  Socket(Loop& loop, int fd, bool is_unix);

  uv_handle_t* handle() const { return reinterpret_cast<uv_handle_t*>(stream_); }
  uv_tcp_t* tcp() const { return reinterpret_cast<uv_tcp_t*>(stream_); }
  uv_pipe_t* pipe() const { return reinterpret_cast<uv_pipe_t*>(stream_); }
  void make_stream();
  void open_stream();
  void start_connect(const Address& to);
  void connect_finished(int status);
  void update_reading();
  void read_first();
  void send(std::span<const std::string_view> pieces, int flags);
  void read_finished(ssize_t length, const uv_buf_t* buffer);
  void flush();
  void write_finished(std::unique_ptr<WriteRequest> sent, int status);
  void give_back(std::unique_ptr<WriteRequest> written);
  void break_later(int code);
  void report_broken();
  bool held_for_more_than_room() const { return (held_ & ~static_cast<unsigned>(Hold::peer_full)) != 0; }
  void send_fin();

  Loop& loop_;
  uv_stream_t* stream_ = nullptr;  // A uv_tcp_t or uv_pipe_t, once there is need of it. Given up by the destructor.
  TransportEvents* events_ = nullptr;
  std::unique_ptr<WriteRequest> pending_;  // Not given to libuv yet; nullptr: nothing is.
  int fd_;                                 // Of the stream, if there is one, and otherwise ours to close.
  std::int16_t broken_ = 0;                // Why it broke, as libuv says; 0: it did not.
  std::uint8_t held_ : 4 = 0;              // Reasons of Hold.
  const bool is_unix_ : 1;
  bool has_read_ : 1 = false;  // What was there when it was adopted.
  bool reading_ : 1 = false;
  bool connected_ : 1 = false;
  bool peer_ended_ : 1 = false;  // Nothing more will be read.
  bool write_in_flight_ : 1 = false;
  bool shutdown_wanted_ : 1 = false;
  bool shutdown_done_ : 1 = false;
  bool reset_on_close_ : 1 = false;
};

}  // namespace stickler::io
