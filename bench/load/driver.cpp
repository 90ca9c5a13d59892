#include "bench/load/driver.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stickler::bench {
namespace {

std::string head_start_of(const LoadSettings& settings) {
  std::string head = settings.method + " " + settings.path + " HTTP/1.1\r\nHost: " + settings.host + "\r\n";
  for (const std::string& field : settings.fields) head += field + "\r\n";
  if (settings.body_bytes > 0) head += "Content-Length: " + std::to_string(settings.body_bytes) + "\r\n";
  if (!settings.keep_alive) head += "Connection: close\r\n";
  return head;
}

}  // namespace

Driver::Driver(const LoadSettings& settings)
    : settings_(settings),
      head_start_(head_start_of(settings)),
      body_(settings.body_bytes, 'x'),
      deadlines_(loop_),
      shared_{.loop = loop_,
              .deadlines = deadlines_,
              .settings = settings_,
              .head_start = head_start_,
              .body = body_,
              .head = head_,
              .on_finished = [this](Client& client, const Finished& finished) { on_finished(client, finished); }},
      due_timer_(loop_, [this] { send_due(); }),
      end_timer_(loop_, [this] { sending_ ? end_sending() : loop_.stop(); }),
      random_(settings.seed) {}

Driver::~Driver() = default;

LoadResult Driver::run() {
  for (std::uint32_t i = 0; i < settings_.connections; ++i) {
    clients_.push_back(std::make_unique<Client>(shared_));
    free_.push_back(clients_.back().get());
  }
  open_idle_connections();
  loop_.run();
  result_.unsent = waiting_.size();
  result_.unfinished = busy_;
  result_.connects = shared_.connects;
  result_.elapsed = std::min(measure_to_, clock_.now()) - measure_from_;
  return result_;
}

// One after the other, so that a listener's queue is not what is measured.
void Driver::open_idle_connections() {
  if (idle_opened_ == settings_.idle) return begin();
  ++idle_opened_;
  idle_.push_back(std::make_unique<Client>(shared_));
  idle_.back()->send(clock_.now());
}

void Driver::begin() {
  begun_ = sending_ = true;
  if (settings_.on_idle_open) settings_.on_idle_open();
  const TimePoint now = clock_.now();
  measure_from_ = now + settings_.warm_up;
  measure_to_ = measure_from_ + settings_.duration;
  end_timer_.start(settings_.warm_up + settings_.duration);
  next_due_ = now;
  if (settings_.rate > 0) return send_due();
  for (std::size_t i = free_.size(); i > 0 && may_send(); --i) dispatch(now);
}

bool Driver::may_send() const { return sending_ && (settings_.requests == 0 || sent_ < settings_.requests); }

// Poisson arrivals: exponential distances between them.
void Driver::send_due() {
  const TimePoint now = clock_.now();
  while (may_send() && next_due_ <= now) {
    dispatch(next_due_);
    next_due_ += Duration(static_cast<std::int64_t>(-std::log1p(-random_.unit()) / settings_.rate * 1e9));
  }
  if (may_send()) due_timer_.arm_at(next_due_);
}

void Driver::dispatch(TimePoint due) {
  ++sent_;
  if (free_.empty()) {
    waiting_.push_back(due);
    return;
  }
  Client& client = *free_.front();
  free_.pop_front();
  ++busy_;
  client.send(due);
}

void Driver::on_finished(Client& client, const Finished& finished) {
  if (!begun_) return open_idle_connections();
  --busy_;
  record(finished);
  free_.push_back(&client);
  if (!waiting_.empty()) {
    const TimePoint due = waiting_.front();
    waiting_.pop_front();
    --sent_;
    return dispatch(due);
  }
  if (settings_.rate == 0 && may_send()) return dispatch(clock_.now());
  if (!may_send() && busy_ == 0) {
    measure_to_ = std::min(measure_to_, clock_.now());
    loop_.stop();
  }
}

void Driver::record(const Finished& finished) {
  if (!is_measured(finished.due)) return;
  ++result_.endings[static_cast<std::size_t>(finished.ending)];
  ++result_.statuses[std::min<std::size_t>(finished.status / 100u, 5)];
  result_.body_bytes += finished.body_bytes;
  if (finished.ending == Ending::answered) result_.latency.record(clock_.now() - finished.due);
}

// What is under way may still end; what does not, in as long as one request may take, is reported as unfinished.
void Driver::end_sending() {
  sending_ = false;
  if (busy_ == 0) return loop_.stop();
  end_timer_.start(settings_.timeout + std::chrono::milliseconds(100));
}

}  // namespace stickler::bench
