// Desk: answers what other nodes ask about sessions. The loop's thread; owned by a ReplicatedStore.
//
// One rule runs through all of it: the greater stamp counts, and who comes with a lower one is told so.
#pragma once

#include "backend_stub/sessions/claims.h"

namespace stickler::stub {

class Desk {
 public:
  Desk(Group& group, Spread& spread, Claims& claims) : group_(group), spread_(spread), claims_(claims) {}

  // Every question has its answer at once. nullopt: it is no question.
  std::optional<Message> answer(const Asker& asker, Message& question);

 private:
  Stored take(const Copy& copy);
  Stored take(const Change& change);
  Stored take(const Release& release);
  Stored take(const Erase& erase);
  Found look(const Asker& asker, const Find& find);
  Found give(const Asker& asker, const Claim& claim);
  Found found(const std::string& id, const Stamp& have);
  Wanted compare(const Offer& offer);
  void compare(const Offered& offered, Wanted& wanted);
  std::optional<Stamp> above(const std::string& id, const Stamp& stamp);
  std::uint64_t term_of(const std::string& id);

  Group& group_;
  Spread& spread_;
  Claims& claims_;
};

}  // namespace stickler::stub
