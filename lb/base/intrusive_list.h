// IntrusiveList<T>: a doubly linked list of objects that derive from ListNode<T>. It owns nothing and allocates
// nothing; an object unlinks itself when it dies. One thread.
#pragma once

#include <cstddef>

namespace stickler {

template <class T>
class IntrusiveList;

template <class T>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return list_ != nullptr; }
  void unlink() {
    if (list_ != nullptr) list_->remove(*this);
  }

 private:
  friend class IntrusiveList<T>;
  IntrusiveList<T>* list_ = nullptr;
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

template <class T>
class IntrusiveList {
 public:
  IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (head_ != nullptr) remove(*head_);
  }

  bool empty() const { return head_ == nullptr; }
  std::size_t size() const { return size_; }
  T* front() const { return static_cast<T*>(head_); }
  T* back() const { return static_cast<T*>(tail_); }

  void push_back(T& item) {
    ListNode<T>& node = item;
    node.unlink();
    node.list_ = this;
    node.prev_ = tail_;
    node.next_ = nullptr;
    (tail_ != nullptr ? tail_->next_ : head_) = &node;
    tail_ = &node;
    ++size_;
  }

  T* pop_front() {
    T* item = front();
    if (item != nullptr) remove(*item);
    return item;
  }

  T* pop_back() {
    T* item = back();
    if (item != nullptr) remove(*item);
    return item;
  }

  void remove(ListNode<T>& node) {
    (node.prev_ != nullptr ? node.prev_->next_ : head_) = node.next_;
    (node.next_ != nullptr ? node.next_->prev_ : tail_) = node.prev_;
    node.list_ = nullptr;
    node.prev_ = node.next_ = nullptr;
    --size_;
  }

  // `visit` may unlink or destroy the item it is given, and no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListNode<T>* node = head_; node != nullptr;) {
      ListNode<T>* next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  ListNode<T>* head_ = nullptr;
  ListNode<T>* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace stickler
