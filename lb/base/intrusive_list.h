// IntrusiveList<T>: a doubly linked list of objects that derive from ListNode<T>. It owns nothing and allocates
// nothing; an object unlinks itself when it dies. One thread.
//
// A ring through the list's own node, so that a node is two pointers: every idle connection has several.
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

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  friend class IntrusiveList<T>;
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

template <class T>
class IntrusiveList {
 public:
  IntrusiveList() { ends_.prev_ = ends_.next_ = &ends_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) ends_.next_->unlink();
  }

  bool empty() const { return ends_.next_ == &ends_; }
  T* front() const { return empty() ? nullptr : static_cast<T*>(ends_.next_); }
  T* back() const { return empty() ? nullptr : static_cast<T*>(ends_.prev_); }

  // Walks the list: whoever needs the number often keeps it.
  std::size_t count() const {
    std::size_t found = 0;
    for (const ListNode<T>* node = ends_.next_; node != &ends_; node = node->next_) ++found;
    return found;
  }

  // Leaves the list it may be in.
  void push_back(T& item) {
    ListNode<T>& node = item;
    node.unlink();
    node.prev_ = ends_.prev_;
    node.next_ = &ends_;
    ends_.prev_->next_ = &node;
    ends_.prev_ = &node;
  }

  T* pop_front() { return unlinked(front()); }
  T* pop_back() { return unlinked(back()); }

  // `visit` may unlink or destroy the item it is given, and no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListNode<T>* node = ends_.next_; node != &ends_;) {
      ListNode<T>* next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  static T* unlinked(T* item) {
    if (item != nullptr) static_cast<ListNode<T>*>(item)->unlink();
    return item;
  }

  ListNode<T> ends_;
};

}  // namespace stickler
