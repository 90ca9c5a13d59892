#include "tests/faults/proxy.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <sstream>

#include "tests/integration/failure/named.h"

namespace stickler::faults {

using namespace integration;

namespace {

class Stickler final : public Proxy {
 public:
  explicit Stickler(const std::list<Origin>& origins) : balancer_(setup_for(origins)) {}

  std::uint16_t port() override { return balancer_.port(); }
  std::string state_of(const Origin& origin) override { return integration::state_of(balancer_, origin.name()); }
  std::optional<double> retries() override { return balancer_.metric("stickler_pool_retries_total"); }

 private:
  static Setup setup_for(const std::list<Origin>& origins) {
    Setup setup{.process = "{workers: 2, shutdown_grace: 10s}",
                .pool = {"timeouts: {connect: 500ms, response_header: 3s, response_body: 3s}",
                         "health: {active: {type: http, path: /healthz, interval: 250ms, timeout: 500ms, rise: 2, "
                         "fall: 2}, passive: {eject: 1s}}"}};
    for (const Origin& origin : origins) setup.backends.push_back(backend(origin.name(), origin.address()));
    return setup;
  }

  Balancer balancer_;
};

class HaProxy final : public Proxy {
 public:
  HaProxy(const std::string& program, const std::list<Origin>& origins) {
    write_file(directory_.file("haproxy.cfg"), configuration(origins));
    process_ = std::make_unique<Process>(
        Command{.program = program, .arguments = {"-db", "-f", directory_.file("haproxy.cfg")}});
    if (!eventually([&] { return answers(); })) throw std::runtime_error("haproxy does not start");
  }
  ~HaProxy() override {
    process_->signal(SIGTERM);
    process_->signal(SIGKILL);
    process_->wait();
  }

  std::uint16_t port() override { return port_.number(); }
  std::optional<double> retries() override { return std::nullopt; }

  std::string state_of(const Origin& origin) override {
    std::istringstream lines(statistics());
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("app," + origin.name() + ",")) continue;
      std::istringstream cells(line);
      std::string state;
      for (int i = 0; i < 18; ++i) std::getline(cells, state, ',');
      return state.starts_with("UP") ? "up" : state;
    }
    return "unknown";
  }

 private:
  std::string configuration(const std::list<Origin>& origins) const {
    std::string text =
        "global\n  nbthread 2\n  stats socket " + directory_.file("socket") +
        " mode 600\n"
        "defaults\n  mode http\n  timeout connect 500ms\n  timeout server 3s\n  timeout client 60s\n"
        "  timeout http-request 10s\n  timeout queue 1s\n  timeout check 500ms\n  retries 2\n  option redispatch 1\n"
        "  retry-on conn-failure empty-response response-timeout 0rtt-rejected\n"
        "frontend web\n  bind 127.0.0.1:" +
        std::to_string(port_.number()) +
        "\n  http-request disable-l7-retry if METH_POST\n  default_backend app\n"
        "backend app\n  balance roundrobin\n  option httpchk\n"
        "  http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host origin\n"
        "  default-server inter 250ms fastinter 100ms downinter 250ms rise 2 fall 2 observe layer7 error-limit 5 "
        "on-error mark-down on-marked-down shutdown-sessions\n";
    for (const Origin& origin : origins) text += "  server " + origin.name() + " " + origin.address() + " check\n";
    return text;
  }

  bool answers() const {
    try {
      return connect_to(port_.number()).get() >= 0;
    } catch (const std::system_error&) {
      return false;
    }
  }

  std::string statistics() const {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    directory_.file("socket").copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    Wire wire(std::move(fd));
    wire.send("show stat\n");
    return wire.read_to_end();
  }

  TemporaryDirectory directory_;
  ReservedPort port_;
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Proxy> start_stickler(const std::list<Origin>& origins) { return std::make_unique<Stickler>(origins); }

std::unique_ptr<Proxy> start_haproxy(const std::string& program, const std::list<Origin>& origins) {
  return std::make_unique<HaProxy>(program, origins);
}

}  // namespace stickler::faults
