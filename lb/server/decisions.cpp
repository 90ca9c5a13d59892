// Explain and why of the running process: workers are asked by mailbox, and answer by ours.
#include <memory>
#include <utility>

#include "lb/server/explaining.h"
#include "lb/server/server.h"

namespace stickler::server {
namespace {

// The picks of one worker say nothing of another's. Which of them gets a connection is the kernel's choice, so any is
// as good as any other.
constexpr std::uint32_t explaining_worker = 0;

}  // namespace

void Server::explain(const admin::ExplainQuery& query, std::function<void(const admin::Explained&)> done) {
  std::vector<ListenerPlace> listeners;
  for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
    listeners.push_back({.settings = &snapshot_->listeners[i], .addresses = sockets_.addresses(config_.listeners[i])});
  }
  auto request = resolve(query, listeners);
  if (!request) return done(request.error());
  (*workers_)[explaining_worker].explain(
      *std::move(request), [this, done = std::move(done)](const std::optional<proxy::Decision>& decision) {
        admin::Explained explained;
        if (decision) {
          explained.report = report_of(*decision);
          explained.report.worker = explaining_worker;
        } else {
          explained.outcome = admin::Explained::Outcome::unknown_listener;
          explained.message = "a reload has just taken the listener away";
        }
        loop_.post([this, done, explained = std::move(explained)]() mutable {
          explained.report.config_file = config_path_;
          done(explained);
        });
      });
}

// Any worker may have served it; the first that knows it answers, or the last that does not.
void Server::decision_of(const std::string& request_id, OnDecision done) {
  struct Asking {
    OnDecision done;
    std::uint32_t left;
  };
  const auto asking = std::make_shared<Asking>(Asking{.done = std::move(done), .left = workers_->size()});
  for (std::uint32_t worker = 0; worker < workers_->size(); ++worker) {
    (*workers_)[worker].find_decision(request_id, [=, this](const std::optional<proxy::Decision>& decision) {
      std::optional<admin::DecisionReport> report;
      if (decision) {
        report = report_of(*decision);
        report->worker = worker;
        report->served->request_id = request_id;
      }
      loop_.post([this, asking, report = std::move(report)]() mutable {
        --asking->left;
        if (asking->done == nullptr || (!report && asking->left > 0)) return;
        if (report) report->config_file = config_path_;
        std::exchange(asking->done, nullptr)(report);
      });
    });
  }
}

}  // namespace stickler::server
