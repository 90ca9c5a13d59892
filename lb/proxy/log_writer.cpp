#include "lb/proxy/log_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lb/base/log.h"

namespace stickler::proxy {
namespace {

// Lines wait this long for company: a handful of writes a second instead of one a line.
constexpr std::chrono::milliseconds gather_time{20};
constexpr std::size_t kept_bytes = 256 * 1024;  // Capacity that a buffer may keep.

Result<int> open_file(const std::string& path) {
  if (path == "stdout") return STDOUT_FILENO;
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return fail_errno("cannot open the access log " + path, errno);
  return fd;
}

void close_file(int fd) {
  if (fd >= 0 && fd != STDOUT_FILENO) ::close(fd);
}

}  // namespace

void LogBuffer::write(const AccessRecord& record) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (lines_.text.size() >= LogWriter::buffer_bytes_max) return dropped_.add();
    first = lines_.text.empty();
    format_(lines_.text, record);
  }
  if (first) writer_.wake();
}

void LogBuffer::take(Lines& lines) {
  const std::lock_guard lock(mutex_);
  std::swap(lines_, lines);
}

void LogBuffer::rotate() {
  const std::lock_guard lock(mutex_);
  lines_.old_bytes = lines_.text.size();
}

Result<std::unique_ptr<LogWriter>> LogWriter::start(const Options& options) {
  const Result<int> fd = open_file(options.file);
  if (!fd) return tl::unexpected(fd.error());
  return std::unique_ptr<LogWriter>(new LogWriter(options, *fd));
}

LogWriter::LogWriter(Options options, int fd) : options_(std::move(options)), fd_(fd) {
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    buffers_.push_back(std::make_unique<LogBuffer>(*this, options_.format));
  }
  lines_.resize(buffers_.size());
  thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
  close_file(next_fd_);
  close_file(fd_);
}

Result<void> LogWriter::reopen() {
  const Result<int> fd = open_file(options_.file);
  if (!fd) return tl::unexpected(fd.error());
  {
    const std::lock_guard lock(mutex_);
    close_file(std::exchange(next_fd_, *fd));
    for (const auto& buffer : buffers_) buffer->rotate();
    work_ = true;
  }
  woken_.notify_one();
  return {};
}

std::uint64_t LogWriter::dropped() const {
  std::uint64_t sum = lost_.value();
  for (const auto& buffer : buffers_) sum += buffer->dropped_.value();
  return sum;
}

void LogWriter::wake() {
  {
    const std::lock_guard lock(mutex_);
    work_ = true;
  }
  woken_.notify_one();
}

void LogWriter::run() {
  while (true) {
    int fd = -1;
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return work_ || stopping_; });
      if (next_fd_ < 0) woken_.wait_for(lock, gather_time, [this] { return stopping_ || next_fd_ >= 0; });
      work_ = false;
      last = stopping_;
      // In one step, so that a rotation is in both or in neither.
      fd = std::exchange(next_fd_, -1);
      for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i]->take(lines_[i]);
    }
    write_all(fd);
    if (last) return;
  }
}

void LogWriter::write_all(int next_fd) {
  for (const LogBuffer::Lines& lines : lines_) write_out(std::string_view(lines.text).substr(0, lines.old_bytes));
  if (next_fd >= 0) close_file(std::exchange(fd_, next_fd));
  for (LogBuffer::Lines& lines : lines_) {
    write_out(std::string_view(lines.text).substr(lines.old_bytes));
    lines.text.clear();
    lines.old_bytes = 0;
    if (lines.text.capacity() > kept_bytes) lines.text.shrink_to_fit();
  }
}

void LogWriter::write_out(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(fd_, lines.data(), lines.size());
    if (written > 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
      failing_ = false;
    } else if (errno == EAGAIN) {  // stdout may be a pipe that somebody made non-blocking.
      pollfd full{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&full, 1, 1000);
    } else if (errno != EINTR) {
      if (!std::exchange(failing_, true)) {
        log_error("{}; lines are lost until it works again",
                  fail_errno("cannot write the access log " + options_.file, errno).value().message);
      }
      for (const char c : lines) lost_.add(c == '\n' ? 1 : 0);
      return;
    }
  }
}

}  // namespace stickler::proxy
