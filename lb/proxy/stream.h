// Stream: one request and its answer, from the client's head to Stream::finish, in whatever protocols both sides
// speak: routing, affinity, attempts, flow control, timeouts, accounting. The worker's thread; owned by the client's
// session, from the worker's spares and back to them, so that a request allocates nothing.
//
// The parts stand in several files: stream.cpp (start, finish), stream_request.cpp (the client's body),
// stream_attempt.cpp (choosing, connecting, retrying), stream_answer.cpp (the backend's answer, tunnels),
// stream_deadline.cpp (waiting).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/affinity/app_key.h"
#include "lb/affinity/choice.h"
#include "lb/base/ids.h"
#include "lb/base/intrusive_list.h"
#include "lb/http/message.h"
#include "lb/http/refusal.h"
#include "lb/io/deadlines.h"
#include "lb/proxy/choosing.h"
#include "lb/proxy/decision_ring.h"
#include "lb/proxy/epoch.h"
#include "lb/proxy/outcome.h"
#include "lb/proxy/relay.h"
#include "lb/proxy/retry.h"
#include "lb/proxy/tunnel.h"

namespace stickler::proxy {

class ClientExchange;
class UpstreamExchange;
class Worker;

// Who asks, as the client's session knows it. Borrowed: all of it outlives the stream.
struct StreamClient {
  ClientExchange& exchange;
  const std::shared_ptr<Epoch>& epoch;
  std::uint32_t listener;
  std::string_view ip;
  std::uint16_t port;
  bool trusted;  // A proxy whose forwarded fields are believed.
};

class Stream : public ListNode<Stream> {
 public:
  // What is kept of a request's body so that it can be sent again.
  static constexpr std::size_t replay_window_bytes = 256 * 1024;

  explicit Stream(Worker& worker);

  // --- From the client's session. Each may end the stream, with ClientExchange::on_stream_finished as its last act.
  void start(const StreamClient& client, const http::RequestHead& head);
  void start_refused(const StreamClient& client, http::Refusal refusal);  // The head was not acceptable.
  void on_request_body(std::string_view bytes);
  void on_request_end(const http::FieldBlock& trailers);
  void on_request_refused(http::Refusal refusal);  // The body was not acceptable, or too slow.
  void on_client_gone(Failure failure);            // Reset, or ended amid its body.
  void on_client_drained();

  // --- From the upstream exchange. After on_response_end and on_upstream_failed the lease is over.
  void on_upstream_connected();
  void on_interim(const http::ResponseHead& head);
  void on_response_head(const http::ResponseHead& head);
  void on_response_body(std::string_view bytes);
  void on_response_end(const http::FieldBlock& trailers);
  void on_upstream_failed(Failure failure);
  void on_upstream_drained();
  void join_drains();       // A new epoch may have nodes that drain at a rate, of which this request is not known.
  void on_health_change();  // Before a byte of the answer. May end the lease.

  // --- From the wait queue.
  void on_room();                 // The backend it waited for has room, which is now taken for it.
  void on_queue_health_change();  // May end its place in the queue, and the stream.

  // After the bytes of an event went out: holds whoever sends faster than the other side takes.
  void after_flush();

 private:
  // Whom the deadline is about. `client` and `upstream`: that they take what is on its way to them.
  enum class Wait : std::uint8_t { none, queue, connect, answer_head, answer_body, client, upstream };
  static constexpr std::size_t window_kept_bytes = 4 * 1024;  // Capacity that a spare stream keeps.

  // stream.cpp
  void adopt(const StreamClient& client);
  bool answer_ourselves();  // What is not for a backend: 405, 501, 413; true if answered.
  bool find_route();
  void reply(http::Refusal reason);
  void finish(Failure failure);
  void count(Failure failure);
  void log(Failure failure);
  void remember(Failure failure);
  void clear();
  bool answer_began() const { return status_ != 0; }
  const ListenerSettings& listener() const { return *epoch_->listeners[listener_].settings; }
  const PoolSettings& pool() const { return *pool_->settings; }
  const cluster::Member& member() const { return (*pool_->set)[*served_by_]; }

  // stream_request.cpp
  void keep_for_replay(std::string_view bytes, bool sending);
  void drop_window();
  // What is removed from or set in a head must not come in by the trailers.
  static void drop_edited(http::FieldBlock& trailers, const http::HeaderEdits& edits);

  // stream_attempt.cpp
  void choose_node();
  bool wait_for_others();
  void on_shared_answer();
  void attempt();
  Seeking seeking() const;
  void note_session();
  void note(const Target& target);
  void wait_for_place(std::size_t node);
  void give_up_waiting(http::Refusal reason);
  void leave_queue();
  void hold_client();
  void connect();
  void send_request();
  void end_attempt();
  void abandon_upstream();
  void count_failure(Failure failure);
  bool retry_allowed(Failure failure);
  bool may_leave_node() const;
  bool is_down_now() const;
  void move_to_epoch_now();
  void record_health(bool ok);
  void leave_trial();
  void place_session();
  void withdraw_session();
  void record_answer_time(Duration at_least);

  // stream_deadline.cpp
  void wait_for(Wait what, Duration timeout);
  bool is_taking(Wait what) const;
  std::size_t unsent_to(Wait what) const;
  void on_deadline();
  void time_out(Failure failure);

  // stream_answer.cpp
  std::string_view settle_affinity(const http::ResponseHead& head);
  std::size_t bound_after(affinity::Verdict verdict) const;
  void count_session(const affinity::Settlement& settlement);
  void begin_session();
  std::uint32_t learn_generation(const http::ResponseHead& head) const;
  affinity::Verdict settle_app_session(const http::ResponseHead& head);
  affinity::Settlement settle(affinity::Exchange exchange) const;
  affinity::Verdict unserved_verdict();
  std::string_view prefixed_cookie() const;
  const AppSessionSource* app_source() const;
  AppRequest app_request() const;
  bool is_pinned_down() const;
  void start_tunnel();
  void on_tunnel_end(Tunnel::End end);

  Worker& worker_;
  ClientExchange* client_ = nullptr;
  std::shared_ptr<Epoch> epoch_;
  EpochPool* pool_ = nullptr;  // nullptr: no route yet.
  const Route* route_ = nullptr;
  std::uint32_t listener_ = 0;

  // The request.
  std::string head_bytes_;
  http::RequestHead head_;
  std::string path_;  // Normalised, for matching.
  RequestId generated_id_;
  std::string_view request_id_;
  std::string_view client_ip_;
  std::uint16_t client_port_ = 0;
  std::string window_;  // The body so far, as long as it may have to be sent (again).
  std::string trailer_bytes_;
  http::FieldBlock trailers_;
  std::uint64_t body_bytes_ = 0;
  bool trusted_ = false;
  bool request_complete_ = false;
  bool replayable_ = true;  // All of the body so far is in window_.

  // Attempts.
  UpstreamExchange* upstream_ = nullptr;
  Session session_;
  std::optional<std::uint64_t> bound_as_;  // By our cookie, from the answer on: the session's identity.
  affinity::Verdict verdict_ = affinity::Verdict::none;
  std::optional<std::size_t> served_by_;
  std::optional<std::size_t> full_;  // Where it has waited in vain, of a session whose node that is.
  std::array<std::size_t, attempts_max> tried_{};
  std::uint8_t attempts_ = 0;
  affinity::SharedTable::Waiter waiter_;  // For what other balancers know.
  std::uint8_t asked_ = 0;                // How many times they were.
  DecisionRecord decision_;               // As far as it is made.
  bool refreshed_ = false;                // One attempt more, because a kept connection was stale.
  bool stay_ = false;                     // The next attempt goes to the same node, over a fresh connection.
  bool is_placed_ = false;                // It counts as a session of the node of this attempt: its load has it.
  bool is_trial_ = false;                 // This attempt has the turn of its backend's trial.
  bool request_sent_ = false;             // The head went to the connection of this attempt.
  bool holds_client_ = false;             // Reading is held until the request can be sent.
  Failure last_failure_ = Failure::none;

  // The answer.
  std::uint16_t status_ = 0;                     // 0: not begun.
  http::Refusal refusal_ = http::Refusal::none;  // Of an answer of our own.
  std::uint64_t answer_bytes_ = 0;
  std::unique_ptr<Tunnel> tunnel_;
  std::string set_cookie_;

  // Flow and time.
  Relay request_relay_;
  Relay answer_relay_;
  io::Deadline deadline_;
  Wait waiting_for_ = Wait::none;
  std::size_t unsent_then_ = 0;  // When the deadline was armed.
  TimePoint started_{};
  TimePoint attempt_started_{};
  TimePoint request_ended_{};
  Duration connect_time_{};
  Duration first_byte_time_{-1};  // Negative: none came.
};

}  // namespace stickler::proxy
