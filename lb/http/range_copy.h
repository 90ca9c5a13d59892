// RangeCopy: copies the lines of a head that are kept, neighbours in one go. For forward_request and forward_response.
#pragma once

#include <string>

#include "lb/http/message.h"

namespace stickler::http {

class RangeCopy {
 public:
  RangeCopy(std::string& out, const FieldBlock& head) : out_(out), head_(head) {}

  void keep(std::size_t field) {
    if (head_[field].line != end_) flush(head_[field].line);
    end_ = head_[field].line_end;
  }

  // Before anything else is appended, and at the end.
  void flush() { flush(end_); }

 private:
  void flush(std::size_t next) {
    out_.append(head_.range(begin_, end_));
    begin_ = end_ = next;
  }

  std::string& out_;
  const FieldBlock& head_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace stickler::http
