// Claims: makes this node the owner of a session that it holds for another, or that others hold. The loop's thread;
// owned by a ReplicatedStore.
//
// It asks all living peers. Each that has a copy gives it up: it refuses whatever the old owner still writes. The
// newest copy becomes ours, in a term above all that were seen. Of two nodes that claim one session at once the one
// whose name is the smaller goes first, and the other asks again.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backend_stub/sessions/spread.h"
#include "lb/io/timer.h"

namespace stickler::stub {

class Claims {
 public:
  enum class Outcome : std::uint8_t {
    owned,
    missing,      // Nobody has it.
    unavailable,  // Others were faster, too often.
  };
  using Done = std::function<void(Outcome outcome)>;

  Claims(Group& group, Spread& spread);

  void claim(const std::string& id, Done done);
  void peers_settled();  // Until then nobody can be asked, and "nobody has it" would be a guess.

  // Another node claims it. False: it has to wait for us.
  bool yield(const std::string& id, const std::string& claimant);
  void ended(const std::string& id, const Stamp& stamp);  // Somebody says so, perhaps while we ask.

 private:
  struct Run {
    std::vector<Done> waiting{};
    int rounds_left = 0;
    // Of this round:
    std::size_t awaited = 0;
    bool again = false;
    Stamp had{};      // Our own copy's, when we asked.
    Stamp highest{};  // Of copies that were given up.
    Stamp end{};
    std::optional<Copy> best{};
    std::vector<std::string> holders{};
    bool alike = true;  // All of them have what we have.
  };

  void ask(const std::string& id);
  void received(const std::string& id, const std::string& peer, Message* answer);
  void arrived(const std::string& id);
  void finish(const std::string& id, Run& run);
  void ask_later(const std::string& id, Run& run);
  void own(const std::string& id, Run run);
  static void tell(const Run& run);
  void release(const std::string& id, const std::vector<std::string>& holders);
  void conclude(const std::string& id, Outcome outcome);

  Group& group_;
  Spread& spread_;
  std::map<std::string, Run> running_;
  std::vector<std::string> later_;
  io::Timer pause_;
};

}  // namespace stickler::stub
