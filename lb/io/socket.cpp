#include "lb/io/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

namespace stickler::io {
namespace {

constexpr std::size_t pieces_max = 8;

Error error_of(int code) { return Error{uv_strerror(code), -code}; }

// Requests live as long as libuv needs them, also past the socket: their callbacks look at handle->data.
template <class Request>
Socket* socket_of(Request* request) {
  return static_cast<Socket*>(request->handle->data);
}

void free_stream(uv_handle_t* closed) {
  if (closed->type == UV_TCP) {
    delete reinterpret_cast<uv_tcp_t*>(closed);
  } else {
    delete reinterpret_cast<uv_pipe_t*>(closed);
  }
}

// What libuv would say: bytes, or a negative code.
ssize_t write_now(int fd, std::span<iovec> pieces, int flags) {
  ssize_t written = 0;
  do {
    if (flags != 0) {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = pieces.size();
      written = ::sendmsg(fd, &message, flags);
    } else if (pieces.size() == 1) {
      written = ::write(fd, pieces[0].iov_base, pieces[0].iov_len);
    } else {
      written = ::writev(fd, pieces.data(), static_cast<int>(pieces.size()));
    }
  } while (written < 0 && errno == EINTR);
  if (written >= 0) return written;
  return errno == ENOBUFS ? UV_EAGAIN : uv_translate_sys_error(errno);  // Memory for it comes back, as room does.
}

// Bytes that nobody has read would turn the end into a reset, which may take an answer with it that is on its way.
void close_raw(int fd, std::span<char> scratch, bool reset) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (reset) {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  } else {
    [[maybe_unused]] const ssize_t unread = ::read(fd, scratch.data(), scratch.size());
  }
  ::close(fd);
}

}  // namespace

struct Socket::WriteRequest {
  explicit WriteRequest(std::vector<char> buffer) : bytes(std::move(buffer)) {}
  uv_write_t request{};
  std::vector<char> bytes;
};

Socket::Socket(Loop& loop, int fd, bool is_unix) : loop_(loop), fd_(fd), is_unix_(is_unix) {}

Socket::~Socket() {
  const bool reset = reset_on_close_ && !is_unix_ && !shutdown_done_;
  if (stream_ == nullptr) {
    close_raw(fd_, loop_.scratch(), reset);
  } else {
    stream_->data = nullptr;
    if (!reset || fd_ < 0 || uv_tcp_close_reset(tcp(), free_stream) != 0) uv_close(handle(), free_stream);
  }
  give_back(std::move(pending_));
}

std::size_t Socket::unsent_bytes() const {
  return (stream_ == nullptr ? 0 : uv_stream_get_write_queue_size(stream_)) +
         (pending_ == nullptr ? 0 : pending_->bytes.size());
}

std::unique_ptr<Socket> Socket::adopt(Loop& loop, int fd, bool is_unix) {
  std::unique_ptr<Socket> socket(new Socket(loop, fd, is_unix));
  socket->connected_ = true;
  return socket;
}

void Socket::make_stream() {
  if (is_unix_) {
    auto* pipe = new uv_pipe_t{};
    uv_pipe_init(loop_.uv(), pipe, 0);
    stream_ = reinterpret_cast<uv_stream_t*>(pipe);
  } else {
    auto* tcp = new uv_tcp_t{};
    uv_tcp_init(loop_.uv(), tcp);
    stream_ = reinterpret_cast<uv_stream_t*>(tcp);
  }
  stream_->data = this;
}

void Socket::open_stream() {
  if (stream_ != nullptr) return;
  make_stream();
  const int result = is_unix_ ? uv_pipe_open(pipe(), fd_) : uv_tcp_open(tcp(), fd_);
  if (result == 0) return;
  ::close(std::exchange(fd_, -1));
  connected_ = false;
  break_later(result);
}

std::unique_ptr<Socket> Socket::connect(Loop& loop, const Address& to, TransportEvents& events) {
  std::unique_ptr<Socket> socket(new Socket(loop, -1, to.is_unix()));
  socket->make_stream();
  socket->events_ = &events;
  socket->start_connect(to);
  return socket;
}

void Socket::start_connect(const Address& to) {
  auto request = std::make_unique<uv_connect_t>();
  const auto finished = [](uv_connect_t* done, int status) {
    const std::unique_ptr<uv_connect_t> owned(done);
    if (Socket* socket = socket_of(done)) socket->connect_finished(status);
  };
  if (to.is_unix()) {
    uv_pipe_connect(request.release(), pipe(), reinterpret_cast<const sockaddr_un*>(to.sockaddr_ptr())->sun_path,
                    finished);
    uv_fileno(handle(), &fd_);
    return;
  }
  const int result = uv_tcp_connect(request.get(), tcp(), to.sockaddr_ptr(), finished);
  if (result != 0) return break_later(result);
  static_cast<void>(request.release());  // libuv has it until the callback.
  uv_fileno(handle(), &fd_);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void Socket::connect_finished(int status) {
  if (status == UV_ECANCELED) return;
  if (status != 0) {
    broken_ = static_cast<std::int16_t>(status);
    if (events_ != nullptr) events_->on_broken(error_of(status));
    return;
  }
  connected_ = true;
  update_reading();
  flush();
  if (shutdown_wanted_ && unsent_bytes() == 0) send_fin();
  if (events_ != nullptr) events_->on_connected();
}

void Socket::set_events(TransportEvents& events) {
  events_ = &events;
  update_reading();
}

void Socket::update_reading() {
  const bool wanted = connected_ && !peer_ended_ && held_ == 0 && events_ != nullptr;
  if (wanted == reading_) return;
  if (stream_ == nullptr && !has_read_) return read_first();
  open_stream();
  if (broken_ != 0 && !connected_) return;
  reading_ = wanted;
  if (!wanted) {
    uv_read_stop(stream_);
    return;
  }
  const auto allocate = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    Loop& loop = static_cast<Socket*>(handle->data)->loop_;
    const auto scratch = loop.may_read(handle) ? loop.share() : std::span<char>();  // None ends its turn: UV_ENOBUFS.
    *buffer = uv_buf_init(scratch.data(), static_cast<unsigned>(scratch.size()));
  };
  const auto finished = [](uv_stream_t* stream, ssize_t length, const uv_buf_t* buffer) {
    if (stream->data != nullptr) static_cast<Socket*>(stream->data)->read_finished(length, buffer);
  };
  uv_read_start(stream_, allocate, finished);
}

// Errors and the end are left to libuv's next read, which meets them again.
void Socket::read_first() {
  has_read_ = true;
  const auto share = loop_.share();
  const ssize_t length = ::read(fd_, share.data(), share.size());
  if (length > 0) events_->on_data(share.first(static_cast<std::size_t>(length)));
  update_reading();
}

void Socket::read_finished(ssize_t length, const uv_buf_t* buffer) {
  if (length == 0 || length == UV_ENOBUFS || events_ == nullptr) return;  // 0 is EAGAIN.
  if (length > 0) {
    if (static_cast<std::size_t>(length) == buffer->len) loop_.filled_share();
    return events_->on_data({buffer->base, static_cast<std::size_t>(length)});
  }
  reading_ = false;
  peer_ended_ = true;
  if (broken_ == 0 && length == UV_EOF) return events_->on_eof();
  if (broken_ == 0) broken_ = static_cast<std::int16_t>(length);
  events_->on_broken(error_of(broken_));
}

// The kernel keeps back an incomplete segment for what is announced to follow, which here is the end.
void Socket::write_last(std::span<const std::string_view> pieces) {
  send(pieces, MSG_MORE | MSG_NOSIGNAL);
  shutdown();
}

void Socket::send(std::span<const std::string_view> pieces, int flags) {
  assert(!shutdown_wanted_);
  if (broken_ != 0) return;
  std::size_t sent = 0;
  if (connected_ && unsent_bytes() == 0) {
    std::array<iovec, pieces_max> buffers;
    std::size_t count = 0;
    for (const auto piece : pieces) {
      if (piece.empty()) continue;
      if (count == pieces_max) break;
      buffers[count++] = {.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()};
    }
    if (count == 0) return;
    const ssize_t result = write_now(fd_, {buffers.data(), count}, flags);
    if (result < 0 && result != UV_EAGAIN) return break_later(static_cast<int>(result));
    sent = result < 0 ? 0 : static_cast<std::size_t>(result);
  }
  for (auto piece : pieces) {
    const std::size_t skip = std::min(sent, piece.size());
    sent -= skip;
    piece.remove_prefix(skip);
    if (piece.empty()) continue;
    if (pending_ == nullptr) pending_ = std::make_unique<WriteRequest>(loop_.take_buffer());
    pending_->bytes.insert(pending_->bytes.end(), piece.begin(), piece.end());
  }
  flush();
}

void Socket::flush() {
  if (pending_ == nullptr || write_in_flight_ || !connected_ || broken_ != 0) return;
  open_stream();
  if (broken_ != 0) return;
  auto request = std::move(pending_);
  request->request.data = request.get();
  const uv_buf_t buffer = uv_buf_init(request->bytes.data(), static_cast<unsigned>(request->bytes.size()));
  const auto finished = [](uv_write_t* done, int status) {
    std::unique_ptr<WriteRequest> owned(static_cast<WriteRequest*>(done->data));
    if (Socket* socket = socket_of(done)) socket->write_finished(std::move(owned), status);
  };
  const int result = uv_write(&request->request, stream_, &buffer, 1, finished);
  if (result != 0) return break_later(result);
  static_cast<void>(request.release());  // libuv has it until the callback.
  write_in_flight_ = true;
}

void Socket::give_back(std::unique_ptr<WriteRequest> written) {
  if (written != nullptr) loop_.give_back_buffer(std::move(written->bytes));
}

void Socket::write_finished(std::unique_ptr<WriteRequest> sent, int status) {
  give_back(std::move(sent));
  write_in_flight_ = false;
  if (status == UV_ECANCELED || (broken_ != 0 && peer_ended_)) return;
  if (status != 0) break_later(status);
  flush();
  if (pending_ == nullptr && !write_in_flight_ && shutdown_wanted_ && broken_ == 0) send_fin();
  if (unsent_bytes() <= low_water_bytes && events_ != nullptr) events_->on_drained();
}

// A peer that reset us may have sent an answer first: what can be read still is, at the pace of whoever takes it, and
// on_broken comes behind it. A hold for another reason than room waits for an exchange that cannot end any more.
void Socket::break_later(int code) {
  if (broken_ != 0) return;
  broken_ = static_cast<std::int16_t>(code);
  pending_.reset();
  if (!connected_ || peer_ended_ || held_for_more_than_room()) report_broken();
}

void Socket::report_broken() {
  peer_ended_ = true;
  update_reading();
  open_stream();
  // The handle outlives the end of the phase even if this socket does not: closing takes another iteration.
  loop_.defer([stream = stream_] {
    auto* socket = static_cast<Socket*>(stream->data);
    if (socket != nullptr && socket->events_ != nullptr) socket->events_->on_broken(error_of(socket->broken_));
  });
}

void Socket::shutdown() {
  if (shutdown_wanted_ || broken_ != 0) return;
  shutdown_wanted_ = true;
  if (connected_ && unsent_bytes() == 0) send_fin();
}

void Socket::send_fin() {
  if (shutdown_done_ || fd_ < 0) return;
  shutdown_done_ = true;
  ::shutdown(fd_, SHUT_WR);
}

void Socket::hold(Hold reason) {
  held_ = (held_ | static_cast<unsigned>(reason)) & 15U;
  if (broken_ != 0 && connected_ && !peer_ended_ && held_for_more_than_room()) report_broken();
  update_reading();
}

void Socket::release(Hold reason) {
  held_ = held_ & ~static_cast<unsigned>(reason) & 15U;
  update_reading();
}

void Socket::close() {
  events_ = nullptr;
  update_reading();
}

}  // namespace stickler::io
