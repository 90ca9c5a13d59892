// What nodes say to each other about sessions, and its bytes. Pure; any thread.
//
// A question has a number of its own on its connection, and its answer the same number. Who sends a question is known
// from the connection.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "backend_stub/sessions/copy.h"

namespace stickler::stub {

inline constexpr std::size_t message_data_bytes_max = std::size_t{64} << 20;  // As --session-bytes may be.
inline constexpr std::size_t message_bytes_max = message_data_bytes_max + 4096;
inline constexpr std::size_t offer_size_max = 256;  // Sessions; so that an offer stays within `message_bytes_max`.

// --- Questions -------------------------------------------------------------------------------------------------------

struct Hello {  // The first message each way; it has no answer.
  std::string name;
  std::uint64_t generation = 0;  // Another at every start: who has come back has come back empty.
};

// Copy: hold this, the whole session. Answered by Stored.

struct Change {  // Hold this, made from the version that you have. Answered by Stored.
  std::string id;
  Stamp stamp;
  std::uint64_t from_version = 0;
  Duration left{};
  std::optional<std::uint64_t> visits{};  // What has not changed is left out.
  std::optional<std::string> data{};
};

struct Release {  // Others hold it now. Answered by Stored.
  std::string id;
  Stamp stamp;
};

struct Erase {  // It has ended. Answered by Stored.
  std::string id;
  Stamp stamp;
};

struct Claim {  // I want to be the owner. Answered by Claimed.
  std::string id;
  Stamp have;  // Of the claimant's own copy.
};

struct Offered {
  std::string id;
  Stamp stamp;
  bool erased = false;  // It has ended.
  bool yours = false;   // You are to hold it.
};

struct Offer {  // What the asker owns, so that both throw away what is out of date. Answered by Wanted.
  std::vector<Offered> sessions;
};

struct Ping {};  // Answered by Stored.

// --- Answers ---------------------------------------------------------------------------------------------------------

struct Stored {
  enum class Status : std::uint8_t {
    ok,
    superseded,  // `stamp` is the greater one that stands in the way.
    lacking,     // The version that the change was made from.
    full,
  };
  Status status = Status::ok;
  Stamp stamp{};
};

struct Claimed {
  enum class Status : std::uint8_t {
    none,     // No such session here.
    granted,  // You are its owner, as far as I am concerned. `copy` is left out if it is no newer than yours.
    erased,   // It ended with `stamp`.
    busy,     // Ask again: it is being written, or I claim it myself.
  };
  Status status = Status::none;
  Stamp stamp{};
  std::optional<Copy> copy{};
};

struct Superseded {
  std::string id;
  Stamp stamp;
};

struct Wanted {
  std::vector<std::string> ids;        // Send me these.
  std::vector<Superseded> superseded;  // Throw these away.
};

using Message = std::variant<Hello, Copy, Change, Release, Erase, Claim, Offer, Ping, Stored, Claimed, Wanted>;

struct Envelope {
  std::uint64_t number = 0;
  Message message;
};

std::string pack(const Envelope& envelope);
std::optional<Envelope> unpack(std::string_view bytes);  // nullopt: no message of ours.

}  // namespace stickler::stub
