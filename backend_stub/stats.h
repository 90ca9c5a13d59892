// What GET /stats tells, for the lab and for people. Pure; the loop's thread.
#pragma once

#include "backend_stub/answers.h"
#include "backend_stub/fault_order.h"
#include "backend_stub/passwords.h"
#include "backend_stub/sessions/measured_store.h"

namespace stickler::stub {

struct StatsView {
  std::string_view node;
  std::string_view generation;
  std::string_view store_name;
  Duration uptime;
  const MeasuredStore& store;
  const Passwords& passwords;
  const FaultOrder& fault;
};

Json stats(const StatsView& view);

}  // namespace stickler::stub
