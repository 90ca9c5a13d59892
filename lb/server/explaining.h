// What explain needs beside the decision itself: which listener a request is for, its report, and the answer that the
// configuration alone gives. Control thread, or the main thread of a sub-command.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lb/admin/decision_report.h"
#include "lb/base/address.h"
#include "lb/base/error.h"
#include "lb/cluster/backend_registry.h"
#include "lb/config/schema.h"
#include "lb/proxy/decision.h"
#include "lb/proxy/explain.h"
#include "lb/proxy/snapshot.h"

namespace stickler::server {

// Every pool as it stands; what belongs to one worker is left empty.
std::vector<proxy::EpochPool> build_pools(const proxy::Snapshot& snapshot, const cluster::BackendRegistry& backends);

struct ListenerPlace {
  const proxy::ListenerSettings* settings;
  std::vector<Address> addresses;
};

// The query for one listener, its head sound; or the Explained that says what is wrong with it.
tl::expected<proxy::ExplainRequest, admin::Explained> resolve(const admin::ExplainQuery& query,
                                                              std::span<const ListenerPlace> listeners);

admin::DecisionReport report_of(const proxy::Decision& decision);

// By the file alone: every backend is taken to be as it says, at rest, and a worker that has just begun picks.
Result<admin::Explained> explain_offline(const config::Config& config, const admin::ExplainQuery& query);

}  // namespace stickler::server
