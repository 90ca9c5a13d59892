// LateNews: what the process before this one still learns of sessions, while it lets its open exchanges end: read from
// the socket that it handed over by, until it closes that. Control thread; owned by the server.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lb/io/loop.h"
#include "lb/io/transport.h"
#include "lb/server/handover.h"

namespace stickler::server {

class LateNews final : private io::TransportEvents {
 public:
  using OnNews = std::function<void(const News&)>;

  // Takes ownership of `fd`. `first`: what was read of it before. Calls `on_news` within this call, too.
  LateNews(io::Loop& loop, int fd, std::string first, OnNews on_news);

 private:
  void on_data(std::span<const char> bytes) override;
  void on_eof() override { transport_->close(); }
  void on_broken(const Error&) override { transport_->close(); }
  void read_lines();

  OnNews on_news_;
  std::string unread_;
  std::unique_ptr<io::Transport> transport_;
};

}  // namespace stickler::server
