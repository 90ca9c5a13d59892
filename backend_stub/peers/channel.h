// Channel: one end of a connection between two nodes that share a secret: bytes in, messages out, and the other way.
// Does no I/O. One thread; owned by whoever has the connection.
//
// Each end begins with a magic word and 32 random bytes; the keys of this connection, one each way, come from the
// secret and both. So nothing of an older connection, of another one or of the other direction passes for a frame of
// this one. The first frame each way is Hello, with which an end proves that it knows the secret, and says its name.
#pragma once

#include <optional>
#include <utility>

#include "backend_stub/peers/frame.h"
#include "backend_stub/peers/message.h"

namespace stickler::stub {

FrameKey key_of_secret(std::string_view secret);

enum class Side : std::uint8_t { dialler, acceptor };

inline constexpr std::size_t channel_nonce_bytes = 32;

class Channel {
 public:
  enum class Event : std::uint8_t { need_more, greeted, message, broken };

  struct Identity {
    FrameKey secret;
    std::string name;
    std::uint64_t generation = 0;
  };

  // `nonce`: random bytes that are used for no other connection. Requires: `channel_nonce_bytes` of them, and
  // `identity` outlives this.
  Channel(Side side, const Identity& identity, std::string nonce);

  // To be sent, before anything else.
  std::string opening() const;

  void push(std::string_view bytes);
  // The next thing that has come. A broken channel stays broken, and flaw() says why.
  Event next();

  // To be sent once it is not empty: the greeting follows the other end's opening by itself.
  std::string take_output() { return std::exchange(output_, {}); }
  void send(const Envelope& envelope);  // Requires: greeted.

  const std::string& peer() const { return peer_.name; }  // Once greeted.
  std::uint64_t peer_generation() const { return peer_.generation; }
  Envelope& envelope() { return envelope_; }  // Of the message.
  std::string_view flaw() const { return flaw_; }

 private:
  Event break_off(std::string_view flaw);
  bool take_opening();
  Event on_frame();

  const Side side_;
  const Identity& identity_;
  const std::string nonce_;
  std::string opening_;  // Of the other end, as far as it has come.
  std::optional<FrameSealer> sealer_;
  std::optional<FrameOpener> opener_;
  std::string output_;
  Hello peer_;
  std::string_view flaw_;
  Envelope envelope_;
};

}  // namespace stickler::stub
