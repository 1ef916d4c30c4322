#include "types/zset/score_tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <stdexcept>

#include "base/heap.h"

namespace redstart {
namespace {

constexpr size_t kNodeBytes = 512;
constexpr size_t kLeafMax = 41;
constexpr size_t kSpreadRoomMin = 6;  // in a neighbour, for records to be moved there before a leaf is split
constexpr size_t kInnerMax = 18;

// The upper half of the score's bits, turned so that it orders as the score does. Zero has one
// form.
uint32_t prefix_of(double score) {
  uint64_t bits = std::bit_cast<uint64_t>(score + 0.0);
  bits = bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
  return static_cast<uint32_t>(bits >> 32);
}

// What a search looks for. `follows` says whether a record of the same score stands before it.
struct MemberKey {
  double score;
  std::string_view member;
  bool or_equal = false;
  bool follows(const ScoreRecord* record) const {
    const int order = record->member().compare(member);
    return or_equal ? order <= 0 : order < 0;
  }
};

struct ScoreKey {
  double score;
  bool or_equal;
  bool follows(const ScoreRecord*) const { return or_equal; }
};

template <class Key>
bool is_before(double score, const ScoreRecord* record, const Key& key) {
  return score < key.score || (score == key.score && key.follows(record));
}

}  // namespace

ScoreRecord* ScoreRecord::create(double score, std::string_view member) {
  auto* record = static_cast<ScoreRecord*>(heap::allocate(kHeaderBytes + member.size()));
  record->score = score;
  record->member_bytes = static_cast<uint32_t>(member.size());
  std::memcpy(reinterpret_cast<char*>(record) + kHeaderBytes, member.data(), member.size());
  return record;
}

void ScoreRecord::destroy(ScoreRecord* record) {
  heap::deallocate(record, record->allocation_bytes());
}

int compare_scored(double score_a, std::string_view member_a, double score_b,
                   std::string_view member_b) {
  if (score_a != score_b) return score_a < score_b ? -1 : 1;
  return member_a.compare(member_b);
}

struct ScoreTree::Node {
  uint16_t count;
  bool is_leaf;
  size_t elements() const;
  ScoreRecord* smallest() const;
};

struct ScoreTree::Leaf : Node {
  uint32_t prefixes[kLeafMax];
  Leaf* previous;
  Leaf* next;
  ScoreRecord* records[kLeafMax];

  void insert_record(size_t index, ScoreRecord* record) {
    std::memmove(prefixes + index + 1, prefixes + index, (count - index) * sizeof *prefixes);
    std::memmove(records + index + 1, records + index, (count - index) * sizeof *records);
    ++count;
    prefixes[index] = prefix_of(record->score);
    records[index] = record;
  }
  void remove_record(size_t index) {
    --count;
    std::memmove(prefixes + index, prefixes + index + 1, (count - index) * sizeof *prefixes);
    std::memmove(records + index, records + index + 1, (count - index) * sizeof *records);
  }
  // Appends what another leaf holds from `first` on.
  void take_from(Leaf* other, size_t first) {
    const size_t taken = other->count - first;
    std::copy_n(other->prefixes + first, taken, prefixes + count);
    std::copy_n(other->records + first, taken, records + count);
    count = static_cast<uint16_t>(count + taken);
    other->count = static_cast<uint16_t>(first);
  }
  // Gives its first records to the leaf before it, or its last ones to the leaf behind it.
  void give_to_previous(Leaf* into, size_t given) {
    std::copy_n(prefixes, given, into->prefixes + into->count);
    std::copy_n(records, given, into->records + into->count);
    into->count = static_cast<uint16_t>(into->count + given);
    count = static_cast<uint16_t>(count - given);
    std::memmove(prefixes, prefixes + given, count * sizeof *prefixes);
    std::memmove(records, records + given, count * sizeof *records);
  }
  void give_to_next(Leaf* into, size_t given) {
    std::memmove(into->prefixes + given, into->prefixes, into->count * sizeof *prefixes);
    std::memmove(into->records + given, into->records, into->count * sizeof *records);
    count = static_cast<uint16_t>(count - given);
    std::copy_n(prefixes + count, given, into->prefixes);
    std::copy_n(records + count, given, into->records);
    into->count = static_cast<uint16_t>(into->count + given);
  }
  // How many of its records stand before the key. Only among those with the key's prefix are the
  // records themselves looked at.
  template <class Key>
  size_t count_before(const Key& key) const {
    const auto [first, last] = std::equal_range(prefixes, prefixes + count, prefix_of(key.score));
    size_t low = static_cast<size_t>(first - prefixes), high = static_cast<size_t>(last - prefixes);
    while (low < high) {
      const size_t middle = (low + high) / 2;
      is_before(records[middle]->score, records[middle], key) ? low = middle + 1 : high = middle;
    }
    return low;
  }
};

struct ScoreTree::Inner : Node {
  uint32_t sizes[kInnerMax];
  double scores[kInnerMax];
  ScoreRecord* smallest_of[kInnerMax];
  Node* children[kInnerMax];

  void insert_child(size_t index, Node* child) {
    const size_t moved = count - index;
    std::memmove(children + index + 1, children + index, moved * sizeof *children);
    std::memmove(sizes + index + 1, sizes + index, moved * sizeof *sizes);
    std::memmove(scores + index + 1, scores + index, moved * sizeof *scores);
    std::memmove(smallest_of + index + 1, smallest_of + index, moved * sizeof *smallest_of);
    ++count;
    children[index] = child;
    smallest_of[index] = nullptr;
    refresh(index);
  }
  void remove_child(size_t index) {
    const size_t moved = --count - index;
    std::memmove(children + index, children + index + 1, moved * sizeof *children);
    std::memmove(sizes + index, sizes + index + 1, moved * sizeof *sizes);
    std::memmove(scores + index, scores + index + 1, moved * sizeof *scores);
    std::memmove(smallest_of + index, smallest_of + index + 1, moved * sizeof *smallest_of);
  }
  // Says what the child holds now. The record is only read when it is another one.
  void refresh(size_t index) {
    sizes[index] = static_cast<uint32_t>(children[index]->elements());
    ScoreRecord* smallest = children[index]->smallest();
    if (smallest_of[index] == smallest) return;
    smallest_of[index] = smallest;
    scores[index] = smallest->score;
  }
  // The last child whose smallest record stands before the key, or else the first child.
  template <class Key>
  size_t child_before(const Key& key) const {
    size_t low = 0, high = count;
    while (high - low > 1) {
      const size_t middle = (low + high) / 2;
      is_before(scores[middle], smallest_of[middle], key) ? low = middle : high = middle;
    }
    return low;
  }
  // The child in which (score, member) is, or would be inserted.
  size_t child_for(double score, std::string_view member) const {
    return child_before(MemberKey{score, member, true});
  }
};

static_assert(sizeof(ScoreTree::Leaf) == kNodeBytes && sizeof(ScoreTree::Inner) == kNodeBytes);

size_t ScoreTree::Node::elements() const {
  if (is_leaf) return count;
  const auto* inner = static_cast<const Inner*>(this);
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) total += inner->sizes[i];
  return total;
}

ScoreRecord* ScoreTree::Node::smallest() const {
  return is_leaf ? static_cast<const Leaf*>(this)->records[0]
                 : static_cast<const Inner*>(this)->smallest_of[0];
}

struct ScoreTree::Split {
  Node* right = nullptr;  // a new right neighbour of the node, when it had to be split
};

ScoreRecord* ScoreTree::Place::record() const { return leaf->records[index]; }

ScoreTree::Place ScoreTree::Place::next() const {
  if (index + 1 < leaf->count) return {leaf, index + 1};
  return {leaf->next, 0};
}

ScoreTree::Place ScoreTree::Place::previous() const {
  if (index > 0) return {leaf, index - 1};
  Leaf* before = leaf->previous;
  return {before, before ? before->count - size_t{1} : 0};
}

template <class T>
T* ScoreTree::make() {
  node_bytes_ += heap::allocated_size(sizeof(T));
  auto* node = new (heap::allocate(sizeof(T))) T;
  node->count = 0;
  return node;
}

template <class T>
void ScoreTree::drop(T* node) {
  node_bytes_ -= heap::allocated_size(sizeof(T));
  heap::deallocate(node, sizeof(T));
}

ScoreTree::~ScoreTree() {
  if (root_) free_below(root_);
}

void ScoreTree::free_below(Node* node) {
  if (node->is_leaf) return drop(static_cast<Leaf*>(node));
  auto* inner = static_cast<Inner*>(node);
  for (size_t i = 0; i < inner->count; ++i) free_below(inner->children[i]);
  drop(inner);
}

// Moves some records of the full leaf that `record` belongs to into a neighbour under the same parent, so that
// leaves are split less often and are fuller. False: there is no room.
bool ScoreTree::spread(Inner* parent, size_t index, const ScoreRecord* record) {
  auto* leaf = static_cast<Leaf*>(parent->children[index]);
  const ScoreRecord* last = leaf->records[kLeafMax - 1];
  // Ascending inserts go to a fresh leaf at the end anyway.
  if (!leaf->next && compare_scored(last->score, last->member(), record->score,
                                    record->member()) < 0) {
    return false;
  }
  const auto room_of = [&](size_t neighbour) -> size_t {
    return neighbour < parent->count ? kLeafMax - parent->children[neighbour]->count : 0;
  };
  const size_t before = room_of(index - 1), behind = room_of(index + 1);  // index - 1 may wrap around
  if (std::max(before, behind) < kSpreadRoomMin) return false;
  const size_t neighbour = before >= behind ? index - 1 : index + 1;
  auto* into = static_cast<Leaf*>(parent->children[neighbour]);
  before >= behind ? leaf->give_to_previous(into, before / 2) : leaf->give_to_next(into, behind / 2);
  parent->refresh(index);
  parent->refresh(neighbour);
  return true;
}

ScoreTree::Split ScoreTree::insert_below(Node* node, ScoreRecord* record) {
  if (node->is_leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    size_t index = leaf->count_before(MemberKey{record->score, record->member()});
    Leaf* fresh = nullptr;
    if (leaf->count == kLeafMax) {
      fresh = make<Leaf>();
      fresh->is_leaf = true;
      fresh->previous = leaf;
      fresh->next = leaf->next;
      if (leaf->next) leaf->next->previous = fresh;
      leaf->next = fresh;
      // Ascending inserts, the usual load, leave full leaves behind.
      const size_t kept = index == kLeafMax && !fresh->next ? kLeafMax : kLeafMax / 2;
      fresh->take_from(leaf, kept);
      if (index > kept || (index == kept && fresh->count == 0)) {
        index -= kept;
        leaf = fresh;
      }
    }
    leaf->insert_record(index, record);
    return {fresh};
  }
  auto* inner = static_cast<Inner*>(node);
  size_t index = inner->child_for(record->score, record->member());
  const Node* child = inner->children[index];
  if (child->is_leaf && child->count == kLeafMax && spread(inner, index, record)) {
    index = inner->child_for(record->score, record->member());
  }
  const Split split = insert_below(inner->children[index], record);
  inner->refresh(index);
  if (!split.right) return {};
  if (inner->count < kInnerMax) {
    inner->insert_child(index + 1, split.right);
    return {};
  }
  auto* fresh = make<Inner>();
  fresh->is_leaf = false;
  const size_t kept = index + 1 == kInnerMax ? kInnerMax - 1 : kInnerMax / 2;
  for (size_t i = kept; i < kInnerMax; ++i) fresh->insert_child(i - kept, inner->children[i]);
  inner->count = static_cast<uint16_t>(kept);
  if (index + 1 > kept) {
    fresh->insert_child(index + 1 - kept, split.right);
  } else {
    inner->insert_child(index + 1, split.right);
  }
  return {fresh};
}

void ScoreTree::insert(ScoreRecord* record) {
  if (!root_) {
    auto* leaf = make<Leaf>();
    leaf->is_leaf = true;
    leaf->previous = leaf->next = nullptr;
    root_ = leaf;
  }
  ++size_;
  const Split split = insert_below(root_, record);
  if (!split.right) return;
  auto* root = make<Inner>();
  root->is_leaf = false;
  root->insert_child(0, root_);
  root->insert_child(1, split.right);
  root_ = root;
}

// Merges the child with a neighbour when it has become small and both fit in one; removes it when
// empty.
void ScoreTree::rebalance(Inner* parent, size_t index) {
  const Node* child = parent->children[index];
  const size_t most = child->is_leaf ? kLeafMax : kInnerMax;
  if (child->count > most / 4) return;
  if (parent->count == 1) return;
  const size_t left = index > 0 ? index - 1 : 0;
  Node* first = parent->children[left];
  Node* second = parent->children[left + 1];
  if (size_t{first->count} + second->count > most) return;
  if (child->is_leaf) {
    auto* into = static_cast<Leaf*>(first);
    auto* from = static_cast<Leaf*>(second);
    into->take_from(from, 0);
    into->next = from->next;
    if (from->next) from->next->previous = into;
    drop(from);
  } else {
    auto* into = static_cast<Inner*>(first);
    auto* from = static_cast<Inner*>(second);
    for (size_t i = 0; i < from->count; ++i) into->insert_child(into->count, from->children[i]);
    drop(from);
  }
  parent->remove_child(left + 1);
  parent->refresh(left);
}

void ScoreTree::erase_below(Node* node, double score, std::string_view member) {
  if (node->is_leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    return leaf->remove_record(leaf->count_before(MemberKey{score, member}));
  }
  auto* inner = static_cast<Inner*>(node);
  const size_t index = inner->child_for(score, member);
  Node* child = inner->children[index];
  erase_below(child, score, member);
  if (child->count > 0) {
    inner->refresh(index);
    return rebalance(inner, index);
  }
  if (child->is_leaf) {
    auto* leaf = static_cast<Leaf*>(child);
    if (leaf->previous) leaf->previous->next = leaf->next;
    if (leaf->next) leaf->next->previous = leaf->previous;
    drop(leaf);
  } else {
    drop(static_cast<Inner*>(child));
  }
  inner->remove_child(index);
}

void ScoreTree::erase(const ScoreRecord* record) {
  erase_below(root_, record->score, record->member());
  --size_;
  while (!root_->is_leaf && root_->count <= 1) {
    auto* inner = static_cast<Inner*>(root_);
    root_ = inner->count == 1 ? inner->children[0] : nullptr;
    drop(inner);
    if (!root_) return;
  }
  if (root_->is_leaf && root_->count == 0) {
    drop(static_cast<Leaf*>(root_));
    root_ = nullptr;
  }
}

template <class Key>
size_t ScoreTree::count_before(const Key& key) const {
  if (!root_) return 0;
  size_t before = 0;
  const Node* node = root_;
  while (!node->is_leaf) {
    const auto* inner = static_cast<const Inner*>(node);
    const size_t index = inner->child_before(key);
    for (size_t i = 0; i < index; ++i) before += inner->sizes[i];
    node = inner->children[index];
  }
  return before + static_cast<const Leaf*>(node)->count_before(key);
}

size_t ScoreTree::rank(double score, std::string_view member) const {
  return count_before(MemberKey{score, member});
}

size_t ScoreTree::count_below(double score, bool or_equal) const {
  return count_before(ScoreKey{score, or_equal});
}

// A leaf's first record stays, since inner nodes know it, and so does what might leave for the
// next.
bool ScoreTree::move_within_leaf(ScoreRecord* record, double score) {
  Node* node = root_;
  while (!node->is_leaf) {
    auto* inner = static_cast<Inner*>(node);
    node = inner->children[inner->child_for(record->score, record->member())];
  }
  auto* leaf = static_cast<Leaf*>(node);
  const size_t from = leaf->count_before(MemberKey{record->score, record->member()});
  const size_t to = leaf->count_before(MemberKey{score, record->member()});
  if (from == 0 || to == 0 || (to == leaf->count && leaf->next)) return false;
  leaf->remove_record(from);
  record->score = score;
  leaf->insert_record(to > from ? to - 1 : to, record);
  return true;
}

void ScoreTree::move(ScoreRecord* record, double score) {
  if (move_within_leaf(record, score)) return;
  erase(record);
  record->score = score;
  insert(record);
}

ScoreTree::Place ScoreTree::at(size_t rank) const {
  Node* node = root_;
  while (!node->is_leaf) {
    auto* inner = static_cast<Inner*>(node);
    size_t index = 0;
    while (rank >= inner->sizes[index]) rank -= inner->sizes[index++];
    node = inner->children[index];
  }
  return {static_cast<Leaf*>(node), rank};
}

size_t ScoreTree::count_while(const std::function<bool(const ScoreRecord&)>& holds) const {
  if (!root_ || !holds(*root_->smallest())) return 0;
  size_t before = 0;
  const Node* node = root_;
  // The child to go on with is the last one whose smallest record holds; those before it hold
  // wholly.
  const auto last_holding = [&](const auto* records, size_t count) {
    size_t low = 0, high = count;
    while (high - low > 1) {
      const size_t middle = (low + high) / 2;
      holds(*records[middle]) ? low = middle : high = middle;
    }
    return low;
  };
  while (!node->is_leaf) {
    const auto* inner = static_cast<const Inner*>(node);
    const size_t index = last_holding(inner->smallest_of, inner->count);
    for (size_t i = 0; i < index; ++i) before += inner->sizes[i];
    node = inner->children[index];
  }
  const auto* leaf = static_cast<const Leaf*>(node);
  return before + last_holding(leaf->records, leaf->count) + 1;
}

size_t ScoreTree::check_below(const Node* node, int depth, int& leaf_depth) const {
  if (node->count == 0) throw std::logic_error("a node is empty");
  if (node->is_leaf) {
    if (leaf_depth >= 0 && leaf_depth != depth) throw std::logic_error("leaves differ in depth");
    leaf_depth = depth;
    const auto* leaf = static_cast<const Leaf*>(node);
    for (size_t i = 0; i < leaf->count; ++i) {
      if (leaf->prefixes[i] != prefix_of(leaf->records[i]->score)) {
        throw std::logic_error("a prefix is wrong");
      }
    }
    return node->count;
  }
  const auto* inner = static_cast<const Inner*>(node);
  size_t total = 0;
  for (size_t i = 0; i < inner->count; ++i) {
    if (inner->smallest_of[i] != inner->children[i]->smallest() ||
        inner->scores[i] != inner->smallest_of[i]->score) {
      throw std::logic_error("a smallest record is wrong");
    }
    const size_t below = check_below(inner->children[i], depth + 1, leaf_depth);
    if (below != inner->sizes[i]) throw std::logic_error("a size is wrong");
    total += below;
  }
  return total;
}

void ScoreTree::check_invariants() const {
  int leaf_depth = -1;
  if ((root_ ? check_below(root_, 0, leaf_depth) : 0) != size_) {
    throw std::logic_error("the tree's size is wrong");
  }
  if (size_ == 0) return;
  size_t walked = 0;
  for (Place place = at(0), before; place; before = place, place = place.next(), ++walked) {
    if (!before) continue;
    const ScoreRecord *a = before.record(), *b = place.record();
    if (compare_scored(a->score, a->member(), b->score, b->member()) >= 0) {
      throw std::logic_error("records are out of order");
    }
  }
  if (walked != size_) throw std::logic_error("the leaves' links miss records");
}

}  // namespace redstart
