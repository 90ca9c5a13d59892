// Transport: the seam between bytes and protocols: a connection that takes bytes and yields bytes. A plain socket is
// one; a TLS session on top of one is another; the codecs above cannot tell.
//
// The loop's thread. The owner of a transport implements TransportEvents and outlives the transport's use of it:
// after close() nothing is called any more.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lb/base/error.h"

namespace stickler::io {

// Why reading is held. Reasons, not a flag: a party clears only its own.
enum class Hold : std::uint8_t {
  peer_full = 1,   // The other side's unsent bytes are above high water.
  connecting = 2,  // There is no other side yet.
  pipelined = 4,   // A request is being served; the next one waits in the kernel.
  shedding = 8,    // The balancer asks for less.
};

// Where bytes come from, as flow control sees it.
class Gate {
 public:
  virtual void hold(Hold reason) = 0;
  virtual void release(Hold reason) = 0;

 protected:
  ~Gate() = default;
};

// Where bytes go, as flow control sees it.
class Sink {
 public:
  static constexpr std::size_t high_water_bytes = std::size_t{64} * 1024;
  static constexpr std::size_t low_water_bytes = std::size_t{16} * 1024;

  // Taken, and not yet taken over by the kernel. Falls while a slow peer reads.
  virtual std::size_t unsent_bytes() const = 0;

  // The producer should be held until it is told of low water.
  bool above_high_water() const { return unsent_bytes() > high_water_bytes; }

 protected:
  ~Sink() = default;
};

class TransportEvents {
 public:
  virtual void on_connected() {}                          // Only for outgoing connections.
  virtual void on_data(std::span<const char> bytes) = 0;  // `bytes` is borrowed for the call.
  virtual void on_eof() = 0;                              // The peer will send no more; we still may.
  virtual void on_drained() {}                            // Unsent bytes fell to low water again.
  virtual void on_broken(const Error& error) = 0;         // Reset, failed connect; nothing more will come.

 protected:
  ~TransportEvents() = default;
};

class Transport : public Gate, public Sink {
 public:
  virtual ~Transport() = default;

  // From now on. The first call starts the reading, and may call back at once with what is there.
  virtual void set_events(TransportEvents& events) = 0;

  // Takes all of `pieces`, in order: what the kernel does not take now is copied and sent later. Never calls back. A
  // connection that breaks here swallows the bytes; later comes what can still be read, then on_broken.
  virtual void write(std::span<const std::string_view> pieces) = 0;
  void write(std::string_view bytes) { write(std::span<const std::string_view>(&bytes, 1)); }

  // The same and shutdown(): the end leaves in the last segment of the bytes, and costs none of its own.
  virtual void write_last(std::span<const std::string_view> pieces) = 0;

  virtual void shutdown() = 0;            // No more writes; the peer sees the end once all is sent.
  virtual void close() = 0;               // No more events. Unsent bytes are lost. The rest of it dies with the object.
  virtual void set_reset_on_close() = 0;  // The peer sees a reset: an answer that was cut must not pass for complete.
                                          // Of TCP only: a unix socket cannot.
};

}  // namespace stickler::io
