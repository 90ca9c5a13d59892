#include "lb/server/successor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lb/io/socket.h"
#include "lb/server/predecessor.h"

namespace stickler::server {
namespace {

constexpr std::size_t said_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t unread_bytes_max = std::size_t{64} * 1024 * 1024;
constexpr std::string_view asked = "state\n";
constexpr std::string_view ready = "ready\n";
constexpr std::string_view failed = "failed ";

}  // namespace

Successor::Successor(io::Loop& loop, Events events)
    : loop_(loop),
      events_(std::move(events)),
      patience_(loop, [this] { give_up("it was not ready within " + std::to_string(start_time_max.count()) + " s"); }) {
}

Result<std::unique_ptr<Successor>> Successor::start(io::Loop& loop, const std::vector<std::string>& arguments,
                                                    std::vector<int> descriptors, Events events) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair", errno);
  std::unique_ptr<Successor> self(new Successor(loop, std::move(events)));
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  self->transport_ = io::Socket::adopt(loop, ends[0], true);
  descriptors.push_back(ends[1]);
  auto child = io::Child::start(loop,
                                {.arguments = arguments,
                                 .environment = {std::string(Predecessor::variable) + "=" + std::to_string(ends[1])},
                                 .descriptors = std::move(descriptors)},
                                [raw = self.get()](const std::string& how) { raw->on_exit(how); });
  ::close(ends[1]);
  if (!child) {
    self->over_ = true;
    return tl::unexpected(child.error());
  }
  self->child_ = *std::move(child);
  self->patience_.start(start_time_max);
  return self;
}

Successor::~Successor() {
  transport_->close();
  if (!over_) child_->kill();
}

void Successor::tell(std::string_view news) {
  if (!silent_ && transport_->unsent_bytes() < unread_bytes_max) transport_->write(news);
}

void Successor::on_data(std::span<const char> bytes) {
  if (over_) return;
  said_.append(bytes.data(), bytes.size());
  if (said_.size() > said_bytes_max) return give_up("it says more than it should");
  if (said_.starts_with(failed)) return;  // Until it has ended: that is how long the reason is.
  if (said_.starts_with(asked)) {
    said_.erase(0, asked.size());
    events_.on_asked();
  }
  if (!said_.starts_with(ready)) return;
  over_ = true;
  patience_.stop();
  events_.on_ready();
}

// Its last words may come after the news of its end; what it says is the better reason.
void Successor::on_silence() {
  silent_ = true;
  if (over_) return;
  if (said_.starts_with(failed)) return give_up(said_.substr(failed.size()));
  if (!exit_.empty()) give_up("it ended " + exit_ + " before it was ready");
}

void Successor::on_exit(const std::string& how) {
  exit_ = how;
  if (silent_) on_silence();
}

void Successor::give_up(const std::string& why) {
  over_ = true;
  patience_.stop();
  child_->kill();
  events_.on_failed(why);
}

}  // namespace stickler::server
