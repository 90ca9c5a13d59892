#include "lb/server/late_news.h"

#include <fcntl.h>

#include <utility>

#include "lb/base/log.h"
#include "lb/io/socket.h"

namespace stickler::server {
namespace {

constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;

}  // namespace

LateNews::LateNews(io::Loop& loop, int fd, std::string first, OnNews on_news)
    : on_news_(std::move(on_news)), unread_(std::move(first)) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  read_lines();
  transport_ = io::Socket::adopt(loop, fd, true);
  transport_->set_events(*this);
}

void LateNews::on_data(std::span<const char> bytes) {
  unread_.append(bytes.data(), bytes.size());
  read_lines();
  if (unread_.size() <= line_bytes_max) return;
  log_warn("the process before this one says what is no news of sessions; nothing more is heard of it");
  transport_->close();
}

void LateNews::read_lines() {
  std::size_t begin = 0;
  for (std::size_t end; (end = unread_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (const auto news = decode_news(std::string_view(unread_).substr(begin, end - begin))) on_news_(*news);
  }
  unread_.erase(0, begin);
}

}  // namespace stickler::server
