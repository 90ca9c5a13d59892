// RangeCopy: copies the lines of a head that are kept, neighbours in one go. For forward_request and forward_response.
#pragma once

#include "lb/http/message.h"
#include "lb/http/output.h"

namespace stickler::http {

class RangeCopy {
 public:
  RangeCopy(Output& out, const FieldBlock& head) : out_(out), head_(head) {}

  void keep(std::size_t field) { keep(head_[field].line, head_[field].line_end); }

  void keep(std::size_t begin, std::size_t end) {
    if (begin != end_) flush(begin);
    end_ = end;
  }

  const FieldBlock& head() const { return head_; }

  // Before anything else is put out, and at the end.
  void flush() { flush(end_); }

 private:
  void flush(std::size_t next) {
    if (begin_ != end_) out_.put(head_.range(begin_, end_));
    begin_ = end_ = next;
  }

  Output& out_;
  const FieldBlock& head_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace stickler::http
