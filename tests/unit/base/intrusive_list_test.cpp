#include "lb/base/intrusive_list.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

namespace stickler {
namespace {

struct Item : ListNode<Item> {
  explicit Item(int number_) : number(number_) {}
  int number;
};

std::vector<int> numbers(IntrusiveList<Item>& list) {
  std::vector<int> found;
  list.for_each([&found](Item& item) { found.push_back(item.number); });
  return found;
}

TEST_CASE("a list keeps the order in which items came") {
  IntrusiveList<Item> list;
  Item a(1), b(2), c(3);
  CHECK(list.empty());
  CHECK(list.front() == nullptr);
  CHECK(list.back() == nullptr);
  CHECK(list.pop_front() == nullptr);
  CHECK(list.pop_back() == nullptr);
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  CHECK(numbers(list) == std::vector{1, 2, 3});
  CHECK(list.count() == 3);
  CHECK(list.front() == &a);
  CHECK(list.back() == &c);
  CHECK(list.pop_front() == &a);
  CHECK(list.pop_back() == &c);
  CHECK(numbers(list) == std::vector{2});
  CHECK_FALSE(a.linked());
  CHECK(b.linked());
}

TEST_CASE("first, middle, last and only item can be unlinked, twice at no harm") {
  for (int gone = 1; gone <= 3; ++gone) {
    IntrusiveList<Item> list;
    Item a(1), b(2), c(3);
    for (Item* item : {&a, &b, &c}) list.push_back(*item);
    for (Item* item : {&a, &b, &c}) {
      if (item->number != gone) continue;
      item->unlink();
      item->unlink();
    }
    std::vector<int> left;
    for (int i = 1; i <= 3; ++i) {
      if (i != gone) left.push_back(i);
    }
    CHECK(numbers(list) == left);
    CHECK(list.count() == 2);
    CHECK(list.front()->number == left.front());
    CHECK(list.back()->number == left.back());
  }
  IntrusiveList<Item> list;
  Item only(1);
  list.push_back(only);
  only.unlink();
  CHECK(list.empty());
  CHECK(list.count() == 0);
  list.push_back(only);
  CHECK(numbers(list) == std::vector{1});
}

TEST_CASE("pushing an item again moves it to the end, also from another list") {
  IntrusiveList<Item> list, other;
  Item a(1), b(2);
  list.push_back(a);
  list.push_back(b);
  list.push_back(a);
  CHECK(numbers(list) == std::vector{2, 1});
  list.push_back(a);
  CHECK(numbers(list) == std::vector{2, 1});
  other.push_back(b);
  CHECK(numbers(list) == std::vector{1});
  CHECK(numbers(other) == std::vector{2});
  CHECK(list.count() == 1);
}

TEST_CASE("an item that dies leaves its list, and a list that dies lets its items go") {
  Item survivor(1);
  {
    IntrusiveList<Item> list;
    list.push_back(survivor);
    {
      Item brief(2);
      list.push_back(brief);
    }
    CHECK(numbers(list) == std::vector{1});
  }
  CHECK_FALSE(survivor.linked());
  survivor.unlink();
}

TEST_CASE("a visitor may unlink or destroy the item it is given") {
  std::vector<std::unique_ptr<Item>> items;
  IntrusiveList<Item> list;
  for (int i = 0; i < 5; ++i) list.push_back(*items.emplace_back(std::make_unique<Item>(i)));
  list.for_each([&items](Item& item) {
    if (item.number % 2 == 0) items[static_cast<std::size_t>(item.number)].reset();
  });
  CHECK(numbers(list) == std::vector{1, 3});
  list.for_each([](Item& item) { item.unlink(); });
  CHECK(list.empty());
}

}  // namespace
}  // namespace stickler
