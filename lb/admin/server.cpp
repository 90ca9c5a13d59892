#include "lb/admin/server.h"

#include <fmt/format.h>

#include <utility>

#include "lb/admin/answers.h"
#include "lb/admin/endpoints.h"
#include "lb/admin/guard.h"
#include "lb/base/log.h"
#include "lb/http/reply.h"
#include "lb/service/service.h"

namespace stickler::admin {
namespace {

// Operators, scrapers and probes: few and small.
constexpr std::size_t connections_max = 256;
constexpr std::size_t body_bytes_max = 64 * 1024;

constexpr std::size_t logged_path_max = 200;

void log_change(const service::Request& request, const service::Answer& answer) {
  const std::string peer = request.peer.is_unix() ? "a unix socket" : request.peer.to_string();
  const std::string line = fmt::format("admin: {} {} from {}: {} {}", request.head.method_text(),
                                       request.head.path().substr(0, logged_path_max), peer, answer.status,
                                       http::reason_phrase(answer.status));
  if (answer.status < 300) return log_info("{}", line);
  log_warn("{}", line);
}

// Whatever the answer is: it is of this moment, it is what it says it is, and it is not for other sites.
void add_common_fields(service::Answer& answer) {
  answer.fields.emplace_back("Cache-Control", "no-store");
  answer.fields.emplace_back("X-Content-Type-Options", "nosniff");
  answer.fields.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace

class AdminServer::Impl {
 public:
  Impl(const AdminOptions& options, AdminSource& source) : token_(options.token), source_(source) {}

  Result<void> start(io::Loop& loop, const Address& listen, std::optional<io::ListenSocket> socket) {
    auto started = service::HttpService::start(
        loop, {.listen = listen, .body_bytes_max = body_bytes_max, .connections_max = connections_max},
        [this](const service::Request& request, const service::Responder& responder) {
          answer(request, [responder](service::Answer answer) {
            add_common_fields(answer);
            responder.send(std::move(answer));
          });
        },
        std::move(socket));
    if (!started) return tl::unexpected(started.error());
    service_ = *std::move(started);
    return {};
  }

  const Address& address() const { return service_->address(); }
  service::HttpService& service() { return *service_; }

 private:
  void answer(const service::Request& request, const Reply& reply) const {
    Lookup found = look_up(request.head.method_text(), request.head.path());
    const bool changes_state = found.endpoint != nullptr && found.endpoint->changes_state;
    auto answer = refuse_host(request.head, address());
    if (!answer && found.endpoint == nullptr) answer = refuse_lookup(request.head, found);
    if (!answer && changes_state) answer = refuse_change(request.head, token_);
    if (!answer) {
      const Call call{request, source_, std::move(found.names)};
      if (found.endpoint->handle_later != nullptr) return found.endpoint->handle_later(call, reply);
      answer = found.endpoint->handle(call);
    }
    if (changes_state) log_change(request, *answer);
    reply(*std::move(answer));
  }

  static service::Answer refuse_lookup(const http::RequestHead& head, const Lookup& found) {
    if (found.allowed.empty()) {
      return error_answer(errors::unknown_path,
                          "nothing is at '" + std::string(head.path()) + "'; GET / links to what there is");
    }
    service::Answer answer =
        error_answer(errors::method_not_allowed, "'" + std::string(head.path()) + "' takes " + found.allowed);
    answer.fields.emplace_back("Allow", found.allowed);
    return answer;
  }

  const std::string token_;
  AdminSource& source_;
  std::unique_ptr<service::HttpService> service_;
};

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::start(io::Loop& loop, const AdminOptions& options,
                                                        AdminSource& source, std::optional<io::ListenSocket> socket) {
  const Address& listen = options.listen;
  if (options.token.empty() && !listen.is_loopback() && !listen.is_unix()) {
    return fail(listen.to_string() + " can be reached from other machines, so a token is needed: set admin.token_file");
  }
  auto impl = std::make_unique<Impl>(options, source);
  if (auto started = impl->start(loop, listen, std::move(socket)); !started) return tl::unexpected(started.error());
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

const Address& AdminServer::address() const { return impl_->address(); }
io::ListenSocket* AdminServer::socket() { return impl_->service().socket(); }
void AdminServer::retire() {
  impl_->service().drain([] {});
}

}  // namespace stickler::admin
