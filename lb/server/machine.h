// What the machine allows this process, and the switch to another user. Main thread, before workers start.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "lb/base/error.h"

namespace stickler::server {

std::uint32_t usable_cpus();  // Those that this process may run on; at least 1.

// Fails where already the event loops would run out of descriptors, which libuv does not survive.
Result<void> require_descriptors(std::uint32_t workers);

// Raises the soft limit of descriptors to the hard one and returns it.
std::uint64_t raise_descriptor_limit();

Result<uid_t> find_user(const std::string& name);

// Gives up root for `user` and its groups, for good.
Result<void> switch_user(const std::string& user);

}  // namespace stickler::server
