#include "backend_stub/sessions/measured_store.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace stickler::stub {

std::uint64_t CallFigures::count() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
}

OnStored MeasuredStore::measured(StoreCall call, OnStored done) {
  return [this, call, start = clock_.now(), done = std::move(done)](const StoreAnswer& answer) {
    CallFigures& figures = figures_[static_cast<std::size_t>(call)];
    const Duration took = clock_.now() - start;
    ++figures.by_status[static_cast<std::size_t>(answer.status)];
    figures.total += took;
    figures.longest = std::max(figures.longest, took);
    done(answer);
  };
}

void MeasuredStore::create(const std::string& id, Session session, OnStored done) {
  store_->create(id, std::move(session), measured(StoreCall::create, std::move(done)));
}

void MeasuredStore::load(const std::string& id, OnStored done) {
  store_->load(id, measured(StoreCall::load, std::move(done)));
}

void MeasuredStore::touch(const std::string& id, OnStored done) {
  store_->touch(id, measured(StoreCall::touch, std::move(done)));
}

void MeasuredStore::update(const std::string& id, Update update, OnStored done) {
  store_->update(id, std::move(update), measured(StoreCall::update, std::move(done)));
}

void MeasuredStore::erase(const std::string& id, OnStored done) {
  store_->erase(id, measured(StoreCall::erase, std::move(done)));
}

}  // namespace stickler::stub
