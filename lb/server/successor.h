// Successor: the process that is to take over from this one (SIGUSR2), from its start on; once its workers accept it is
// only told news. Control thread; owned by the server. See predecessor.h for what the two say to each other.
//
// Until it is ready this process serves as if there were none: whatever goes wrong there is a line in the log here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/error.h"
#include "lb/io/child.h"
#include "lb/io/loop.h"
#include "lb/io/timer.h"
#include "lb/io/transport.h"

namespace stickler::server {

class Successor final : private io::TransportEvents {
 public:
  static constexpr std::chrono::seconds start_time_max{10};

  struct Events {
    std::function<void()> on_asked;                         // It waits for answer().
    std::function<void()> on_ready;                         // Its workers accept.
    std::function<void(const std::string& why)> on_failed;  // Once; it is dead, or about to be. May bury *this.
  };

  // `arguments` as for Child; it gets copies of `descriptors`. Events come after listen().
  static Result<std::unique_ptr<Successor>> start(io::Loop& loop, const std::vector<std::string>& arguments,
                                                  std::vector<int> descriptors, Events events);
  ~Successor();  // Kills it, unless it is ready.

  void listen() { transport_->set_events(*this); }
  void answer(std::string_view handover) { transport_->write(handover); }
  void tell(std::string_view news);  // Lost where it does not read them.
  int pid() const { return child_->pid(); }

 private:
  Successor(io::Loop& loop, Events events);

  void on_data(std::span<const char> bytes) override;
  void on_eof() override { on_silence(); }
  void on_broken(const Error&) override { on_silence(); }
  void on_silence();
  void on_exit(const std::string& how);
  void give_up(const std::string& why);

  io::Loop& loop_;
  Events events_;
  io::Timer patience_;
  std::unique_ptr<io::Transport> transport_;
  std::unique_ptr<io::Child> child_;
  std::string said_;
  std::string exit_;     // How it ended; "": it has not.
  bool silent_ = false;  // It will say no more.
  bool over_ = false;    // Ready or failed.
};

}  // namespace stickler::server
