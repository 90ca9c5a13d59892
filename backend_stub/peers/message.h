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

struct Change {  // Hold this, made from the copy that you have. Answered by Stored.
  std::string id;
  Stamp stamp;
  Stamp from;
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

struct Find {  // Do you have it? Answered by Found.
  std::string id;
  Stamp have{};  // Of the asker's own copy.
};

struct Claim {  // I am going to be the owner: take nothing below this stamp any more. Answered by Found.
  std::string id;
  Stamp have{};
  Stamp stamp;
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

struct Found {
  enum class Status : std::uint8_t {
    none,    // No such session here.
    held,    // A copy of it.
    owned,   // I am its owner.
    erased,  // It ended with `stamp`.
    busy,    // Ask again: it is being written here, or being claimed.
  };
  Status status = Status::none;
  Stamp stamp{};
  std::uint64_t term = 0;      // The highest that has been heard of; it may be above the copy's.
  std::optional<Copy> copy{};  // Left out if it is no newer than the asker's.
};

struct Superseded {
  std::string id;
  Stamp stamp;
};

struct Wanted {
  std::vector<std::string> ids;        // Send me these.
  std::vector<Superseded> superseded;  // Throw these away.
};

using Message = std::variant<Hello, Copy, Change, Release, Erase, Find, Claim, Offer, Ping, Stored, Found, Wanted>;

struct Envelope {
  std::uint64_t number = 0;
  Message message;
};

std::string pack(const Envelope& envelope);
std::optional<Envelope> unpack(std::string_view bytes);  // nullopt: no message of ours.

}  // namespace stickler::stub
