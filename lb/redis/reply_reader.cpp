#include "lb/redis/reply_reader.h"

#include <string>
#include <utility>

namespace stickler::redis {
namespace {

// Every object that hiredis asks for is the one reply: that it is there is all that hiredis looks at. With nullptr it
// gives up.
ReplyInMaking& making_of(const redisReadTask* task) { return *static_cast<ReplyInMaking*>(task->privdata); }

void* add_item(const redisReadTask* task, std::optional<std::string> item) {
  ReplyInMaking& making = making_of(task);
  making.item_bytes += item ? item->size() : 0;
  if (making.item_bytes > ReplyReader::unread_bytes_max) return nullptr;
  making.reply.items.push_back(std::move(item));
  return &making;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  if (task->parent != nullptr) return add_item(task, std::string(text, size));
  Reply& reply = making_of(task).reply;
  reply.kind = task->type == REDIS_REPLY_STATUS  ? Reply::Kind::status
               : task->type == REDIS_REPLY_ERROR ? Reply::Kind::error
                                                 : Reply::Kind::text;
  reply.text.assign(text, size);
  return &reply;
}

void* create_array(const redisReadTask* task, int items) {
  if (task->parent != nullptr || items > ReplyReader::items_max) return nullptr;
  making_of(task).reply.kind = Reply::Kind::list;
  return &making_of(task);
}

void* create_integer(const redisReadTask* task, long long integer) {
  if (task->parent != nullptr) return add_item(task, std::to_string(integer));
  making_of(task).reply.kind = Reply::Kind::integer;
  making_of(task).reply.integer = integer;
  return &making_of(task);
}

void* create_nil(const redisReadTask* task) {
  if (task->parent != nullptr) return add_item(task, std::nullopt);
  making_of(task).reply.kind = Reply::Kind::nil;
  return &making_of(task);
}

redisReplyObjectFunctions functions = {.createString = create_string,
                                       .createArray = create_array,
                                       .createInteger = create_integer,
                                       .createNil = create_nil,
                                       .freeObject = [](void*) {}};

}  // namespace

ReplyReader::ReplyReader()
    : reader_(redisReaderCreateWithFunctions(&functions)), making_(std::make_unique<ReplyInMaking>()) {
  if (reader_ != nullptr) reader_->privdata = making_.get();
}

Result<void> ReplyReader::feed(std::span<const char> bytes) {
  if (reader_ == nullptr || redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != 0) {
    return fail("no memory for its answer");
  }
  return {};
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != 0) return fail("it does not speak the protocol of Redis");
  if (whole == nullptr) {
    if (reader_->len - reader_->pos > unread_bytes_max) return fail("its answer is too long");
    return std::nullopt;
  }
  return std::exchange(*making_, {}).reply;
}

}  // namespace stickler::redis
