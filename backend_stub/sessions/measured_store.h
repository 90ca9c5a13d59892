// MeasuredStore: a store with a count and a stop-watch on each of its calls, for GET /stats. The loop's thread.
#pragma once

#include <array>
#include <memory>

#include "backend_stub/sessions/session_store.h"

namespace stickler::stub {

enum class StoreCall : std::uint8_t { create, load, touch, update, erase };
inline constexpr std::array<std::string_view, 5> store_call_names = {"create", "load", "touch", "update", "erase"};

struct CallFigures {
  std::array<std::uint64_t, 5> by_status{};  // In the order of StoreStatus.
  Duration total{};
  Duration longest{};

  std::uint64_t count() const;
};

class MeasuredStore final : public SessionStore {
 public:
  // `clock` must move during a call, which a loop's does not. Requires: it outlives this.
  MeasuredStore(std::unique_ptr<SessionStore> store, const Clock& clock) : clock_(clock), store_(std::move(store)) {}

  void create(const std::string& id, Session session, OnStored done) override;
  void load(const std::string& id, OnStored done) override;
  void touch(const std::string& id, OnStored done) override;
  void update(const std::string& id, Update update, OnStored done) override;
  void erase(const std::string& id, OnStored done) override;
  StoreStats stats() const override { return store_->stats(); }
  void tidy() override { store_->tidy(); }

  const CallFigures& figures(StoreCall call) const { return figures_[static_cast<std::size_t>(call)]; }

 private:
  OnStored measured(StoreCall call, OnStored done);

  const Clock& clock_;
  std::array<CallFigures, store_call_names.size()> figures_{};
  std::unique_ptr<SessionStore> store_;
};

}  // namespace stickler::stub
