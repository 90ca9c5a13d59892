#include "lb/discover/file_watch.h"

#include <utility>

namespace stickler::discover {

FileWatch::FileWatch(io::Loop& loop, const std::string& path, std::function<void()> on_settled)
    : settling_(loop, std::move(on_settled)), poll_(loop, path, look_every, [this] { settling_.start(settle_time); }) {
  settling_.start(settle_time);
}

}  // namespace stickler::discover
