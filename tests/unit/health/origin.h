// A backend for the tests of probes, driven by the same loop: it takes connections, and does to each what its script
// says once a request's head is complete.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lb/io/acceptor.h"
#include "lb/io/signals.h"
#include "lb/io/socket.h"
#include "tests/unit/io/peers.h"

namespace stickler::health {

struct Script {
  enum class Then { stay, close, reset };

  std::string answer{};  // "": none.
  Then then = Then::stay;
  bool at_once = false;  // Before anything was asked.
};

class Origin {
 public:
  Origin(io::Loop& loop, const Address& at, Script first)
      : script(std::move(first)), loop_(loop), socket_(io::listen_on(at)) {
    io::Signals::ignore_broken_pipes();
    acceptor_.resume();
  }

  Address address() const { return socket_.address(); }

  Script script;                      // Of the requests to come.
  std::vector<std::string> requests;  // As they came in.
  std::size_t connections = 0;

 private:
  struct Connection final : io::TransportEvents {
    Connection(Origin& origin, int fd)
        : owner(origin), socket(io::Socket::adopt(origin.loop_, fd, origin.socket_.address().is_unix())) {
      socket->set_events(*this);
      if (owner.script.at_once) act();
    }
    void on_data(std::span<const char> bytes) override {
      request.append(bytes.data(), bytes.size());
      if (!request.ends_with("\r\n\r\n") || owner.script.at_once) return;
      owner.requests.push_back(request);
      act();
    }
    void act() {
      if (!owner.script.answer.empty()) socket->write(owner.script.answer);
      if (owner.script.then == Script::Then::stay) return;
      if (owner.script.then == Script::Then::reset) socket->set_reset_on_close();
      socket->close();
      owner.loop_.bury(std::move(socket));
    }
    void on_eof() override {
      socket->close();
      owner.loop_.bury(std::move(socket));
    }
    void on_broken(const Error&) override { on_eof(); }

    Origin& owner;
    std::unique_ptr<io::Socket> socket;
    std::string request;
  };

  void accept(int fd) {
    ++connections;
    open_.push_back(std::make_unique<Connection>(*this, fd));
  }

  io::Loop& loop_;
  io::ListenSocket socket_;
  std::vector<std::unique_ptr<Connection>> open_;
  io::Acceptor acceptor_{loop_, socket_, [this](int fd, const Address&) { accept(fd); }};
};

}  // namespace stickler::health
