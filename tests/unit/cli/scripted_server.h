// A server of one connection that answers with the bytes it was given, whatever it is asked. Owns its thread.
#pragma once

#include <string>
#include <thread>

namespace stickler::cli::test {

enum class Then { close, wait_for_client };

class ScriptedServer {
 public:
  explicit ScriptedServer(std::string answer, Then then = Then::close);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  const std::string& address() const { return address_; }
  std::string request();  // What was asked. Waits for the connection to end.

 private:
  void serve(Then then);

  int fd_;
  std::string address_;
  std::string answer_;
  std::string request_;
  std::thread thread_;
};

}  // namespace stickler::cli::test
