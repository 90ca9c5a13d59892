// ReplyReader: bytes of a connection to Redis in, replies out, by hiredis' parser. Sans-I/O; one thread.
//
// The server is not trusted with our memory: of a reply that is not whole at most twice `unread_bytes_max` are kept, a
// list has at most `items_max` items, and none of them is a list.
#pragma once

#include <hiredis/read.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "lb/base/error.h"
#include "lb/redis/reply.h"

namespace stickler::redis {

// As far as it has been read.
struct ReplyInMaking {
  Reply reply{};
  std::size_t item_bytes = 0;
};

class ReplyReader {
 public:
  static constexpr std::size_t unread_bytes_max = std::size_t{64} * 1024;
  static constexpr int items_max = 1024;

  ReplyReader();

  // After an error the connection is of no use: where the next reply begins is not known.
  Result<void> feed(std::span<const char> bytes);
  // The next whole reply, if there is one. Call until there is none.
  Result<std::optional<Reply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };

  std::unique_ptr<redisReader, Free> reader_;
  std::unique_ptr<ReplyInMaking> making_;  // hiredis knows where it is.
};

}  // namespace stickler::redis
