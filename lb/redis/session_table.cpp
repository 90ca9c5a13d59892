#include "lb/redis/session_table.h"

#include <utility>

#include "lb/base/log.h"

namespace stickler::redis {
namespace {

using affinity::SharedCall;
using affinity::SharedSession;
using Told = affinity::LearnedTable::Told;

std::string expiry_of(Duration idle) {
  const Duration whole = idle + affinity::shared_period(idle);
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(whole).count());
}

std::vector<std::string> names_of(const affinity::SharedKeys& keys, std::string_view value) {
  std::vector<std::string> names;
  for (std::size_t key = 0; key < keys.size(); ++key) names.push_back(keys.name_of(value, key));
  return names;
}

std::vector<std::string_view> command_of(std::string_view verb, const std::vector<std::string>& names) {
  std::vector<std::string_view> words{verb};
  words.insert(words.end(), names.begin(), names.end());
  return words;
}

}  // namespace

SessionTable::SessionTable(const Client::Place& place, Options options)
    : clock_(place.clock),
      settings_(std::move(options.settings)),
      keys_(settings_->keys, settings_->pool),
      counters_(options.counters),
      logs_(options.logs),
      expiry_(expiry_of(settings_->idle)),
      client_(std::make_unique<Client>(
          place, ClientOptions{.url = settings_->store, .answer_max = settings_->timeout},
          ClientEvents{.on_up = [this] { on_up(); }, .on_down = [this](const std::string& why) { on_down(why); }})) {}

SessionTable::~SessionTable() {
  if (client_->is_up()) counters_.closed.add();
  client_.reset();
  for (auto& [session, question] : std::exchange(questions_, {})) {
    while (Waiter* waiter = question.waiters.pop_front()) waiter->answer();
  }
}

void SessionTable::on_up() {
  counters_.opened.add();
  if (logs_) log_info("pool '{}': learned sessions are shared through {}", settings_->pool, settings_->store.masked());
}

void SessionTable::on_down(const std::string& why) {
  if (counters_.opened.value() > counters_.closed.value()) counters_.closed.add();
  if (!logs_) return;
  log_warn("pool '{}': {}: {}; sessions that only other balancers know are not found", settings_->pool,
           settings_->store.masked(), why);
}

bool SessionTable::can_send() {
  if (client_->has_room()) return true;
  count(client_->is_up() ? SharedCall::full : SharedCall::down);
  return false;
}

bool SessionTable::ask(const SharedSession& session, Waiter& waiter) {
  const Answered& recent = answered(session.digest);
  const bool is_answered = recent.session == session.digest && recent.known == session.known;
  if (is_answered && clock_.now() < recent.until) return false;
  if (const auto asked = questions_.find(session.digest); asked != questions_.end()) {
    asked->second.waiters.push_back(waiter);
    return true;
  }
  if (!can_send()) return false;
  Question& question = questions_[session.digest];
  question.waiters.push_back(waiter);
  put(session, question);
  return true;
}

void SessionTable::keep(const SharedSession& session, std::string_view node) {
  if (questions_.contains(session.digest) || !can_send()) return;
  Question& question = questions_[session.digest];
  question.node = node;
  put(session, question);
}

void SessionTable::put(const SharedSession& session, Question& question) {
  question.known = session.known;
  question.value = session.value;
  const std::vector<std::string> names = names_of(keys_, session.value);
  client_->send(command_of("MGET", names),
                [this, digest = session.digest](const Reply& reply) { on_answer(digest, reply); });
}

void SessionTable::on_answer(const affinity::SessionDigest& session, const Reply& reply) {
  auto asked = questions_.extract(session);
  Question& question = asked.mapped();
  take_answer(session, question, reply);
  while (Waiter* waiter = question.waiters.pop_front()) waiter->answer();
}

void SessionTable::take_answer(const affinity::SessionDigest& session, const Question& question, const Reply& reply) {
  if (reply.kind != Reply::Kind::list || reply.items.size() != keys_.size()) return count_failure(reply);
  answered(session) = {.session = session, .known = question.known, .until = clock_.now() + recently};
  const auto found = find_entry(question, reply);
  if (!found) {
    count(SharedCall::unknown);
    if (!question.node.empty()) write_if_absent(question.value, question.node);
    return;
  }
  count(SharedCall::found);
  const affinity::NodeId node = settings_->node_key.node_id(found->node);
  if (node != question.known) {
    const auto bound =
        settings_->table->rebind(session, {.from = question.known, .to = node}, clock_.now(), settings_->idle);
    if (bound.evicted) counters_.evicted.add();
  }
  prolong(question, *found);
}

std::optional<SessionTable::Found> SessionTable::find_entry(const Question& question, const Reply& reply) {
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    if (!reply.items[key]) continue;
    const auto node = keys_.open(*reply.items[key], keys_.name_of(question.value, key), key);
    if (node) return Found{.node = std::string(*node), .key = key};
    count(SharedCall::foreign);
  }
  return std::nullopt;
}

// It is in use here.
void SessionTable::prolong(const Question& question, const Found& found) {
  if (found.key != affinity::SharedKeys::writing) return write_if_absent(question.value, found.node);
  if (!can_send()) return;
  client_->send({"PEXPIRE", keys_.name_of(question.value, found.key), expiry_}, [this](const Reply& reply) {
    if (reply.kind != Reply::Kind::integer) count_failure(reply);
  });
}

void SessionTable::write_if_absent(std::string_view value, std::string_view node) {
  if (!can_send()) return;
  const std::string name = keys_.name_of(value, affinity::SharedKeys::writing);
  client_->send({"SET", name, keys_.seal(name, node), "PX", expiry_, "NX"}, [this](const Reply& reply) {
    if (reply.is_ok()) return count(SharedCall::stored);
    if (reply.kind != Reply::Kind::nil) count_failure(reply);
  });
}

void SessionTable::tell(const SharedSession& session, std::string_view node) {
  if (!can_send()) return settings_->table->mark(session.digest, Told::no);
  const std::string name = keys_.name_of(session.value, affinity::SharedKeys::writing);
  client_->send({"SET", name, keys_.seal(name, node), "PX", expiry_},
                [this, digest = session.digest](const Reply& reply) {
                  settings_->table->mark(digest, reply.is_ok() ? Told::yes : Told::no);
                  if (reply.is_ok()) return count(SharedCall::stored);
                  count_failure(reply);
                });
}

void SessionTable::forget(std::string_view value) {
  if (!can_send()) return;
  const std::vector<std::string> names = names_of(keys_, value);
  client_->send(command_of("DEL", names), [this](const Reply& reply) {
    if (reply.kind != Reply::Kind::integer) count_failure(reply);
  });
}

// What is no answer to the command counts as an error of the store.
void SessionTable::count_failure(const Reply& reply) {
  const bool is_late = reply.kind == Reply::Kind::timeout;
  count(is_late ? SharedCall::timeout : reply.kind == Reply::Kind::lost ? SharedCall::lost : SharedCall::refused);
}

}  // namespace stickler::redis
