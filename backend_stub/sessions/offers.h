// Offers: tells a peer that has come (back) what this node owns, a batch at a time. The peer fetches what it is to hold
// and does not have, throws away what is out of date, and says what of ours is. So a node that joins gets its state,
// and one that was away gets no say in what has changed meanwhile. The loop's thread; owned by a ReplicatedStore.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend_stub/sessions/spread.h"

namespace stickler::stub {

class Offers {
 public:
  Offers(Group& group, Spread& spread) : group_(group), spread_(spread) {}

  void begin(const std::string& peer);
  void end(const std::string& peer);

 private:
  struct Round {
    std::string peer;
    std::string after{};               // The id that the walk has come to.
    bool walked = false;               // To its end.
    std::deque<Offered> ends{};        // Sessions that have ended.
    std::deque<std::string> wanted{};  // To be sent.
  };
  using SharedRound = std::shared_ptr<Round>;  // The map's; what is under way holds a weak pointer.

  void offer_more(const SharedRound& round);
  Offer next_batch(Round& round) const;
  bool is_offered(const Round& round, const Replica& replica) const;
  bool is_holder(const std::string& peer, const std::string& id, const Replica& replica) const;
  void received(const SharedRound& round, const Message* answer);
  void send_wanted(const SharedRound& round);

  Group& group_;
  Spread& spread_;
  std::map<std::string, SharedRound> rounds_;  // By peer.
};

}  // namespace stickler::stub
