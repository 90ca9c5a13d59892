// Claims: makes this node the owner of a session that it holds for another, or that others hold. The loop's thread;
// owned by a ReplicatedStore.
//
// First it looks: all living peers say what they have of the session. Of two nodes that look at once the one whose name
// is the smaller goes on, and the other looks again later. Then it asks the owner to give the session up, which that
// does between two writes; or, if no owner has answered, whoever holds a copy not to listen to the old owner any more.
// The newest copy becomes ours, in a term above all that were seen.
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

  // Another node looks for it, or asks for it. False: it has to wait for us.
  bool yield_to_look(const std::string& id, const std::string& other);
  bool yield_to_claim(const std::string& id, const std::string& other);
  void ended(const std::string& id, const Stamp& stamp);  // Somebody says so, perhaps while we ask.

 private:
  enum class Phase : std::uint8_t { pausing, looking, claiming };

  struct Holder {
    std::string name;
    Stamp stamp;
  };

  struct Run {
    std::vector<Done> waiting{};
    int rounds_left = 0;
    // Of this round:
    Phase phase = Phase::pausing;
    std::size_t awaited = 0;
    bool again = false;
    unsigned standstills = 0;
    Stamp had{};  // Our own copy's, when we asked.
    Stamp end{};
    std::uint64_t term = 0;  // The highest that was seen.
    std::optional<Copy> best{};
    std::optional<Holder> owner{};
    std::vector<Holder> holders{};  // With the owner.
  };

  void look(const std::string& id);
  void ask(const std::string& id, const std::vector<std::string>& peers, const Message& question);
  void received(const std::string& id, const std::string& peer, Message* answer);
  void arrived(const std::string& id);
  void looked(const std::string& id, Run& run);
  void claimed(const std::string& id, Run& run);
  void finish_ended(const std::string& id, const Run& run);
  void look_later(const std::string& id, Run& run);
  void own(const std::string& id, Run run);
  void release(const std::string& id, const std::vector<Holder>& holders);
  void conclude(const std::string& id, Outcome outcome);

  Group& group_;
  Spread& spread_;
  std::map<std::string, Run> running_;
  std::vector<std::string> later_;
  io::Timer pause_;
};

}  // namespace stickler::stub
