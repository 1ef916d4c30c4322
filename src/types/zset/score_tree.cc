#include "types/zset/score_tree.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

#include "base/heap.h"

namespace redstart {
namespace {

constexpr size_t kLeafMax = 61;   // 512 bytes with the header
constexpr size_t kInnerMax = 20;  // 512 bytes

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
  Leaf* previous;
  Leaf* next;
  ScoreRecord* records[kLeafMax];
};

struct ScoreTree::Inner : Node {
  Node* children[kInnerMax];
  size_t sizes[kInnerMax];
  ScoreRecord* smallest_of[kInnerMax];

  void insert_child(size_t index, Node* child) {
    std::memmove(children + index + 1, children + index, (count - index) * sizeof *children);
    std::memmove(sizes + index + 1, sizes + index, (count - index) * sizeof *sizes);
    std::memmove(smallest_of + index + 1, smallest_of + index,
                 (count - index) * sizeof *smallest_of);
    ++count;
    set_child(index, child);
  }
  void remove_child(size_t index) {
    --count;
    std::memmove(children + index, children + index + 1, (count - index) * sizeof *children);
    std::memmove(sizes + index, sizes + index + 1, (count - index) * sizeof *sizes);
    std::memmove(smallest_of + index, smallest_of + index + 1,
                 (count - index) * sizeof *smallest_of);
  }
  void set_child(size_t index, Node* child) {
    children[index] = child;
    refresh(index);
  }
  void refresh(size_t index) {
    sizes[index] = children[index]->elements();
    smallest_of[index] = children[index]->smallest();
  }
  // The child in which (score, member) is, or would be inserted.
  size_t child_for(double score, std::string_view member) const {
    size_t low = 0, high = count;
    while (high - low > 1) {
      const size_t middle = (low + high) / 2;
      const ScoreRecord* key = smallest_of[middle];
      compare_scored(key->score, key->member(), score, member) <= 0 ? low = middle : high = middle;
    }
    return low;
  }
};

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

namespace {

// The first index in the leaf whose record is not below (score, member).
template <class Leaf>
size_t leaf_position(const Leaf* leaf, double score, std::string_view member) {
  size_t low = 0, high = leaf->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const ScoreRecord* record = leaf->records[middle];
    compare_scored(record->score, record->member(), score, member) < 0 ? low = middle + 1
                                                                       : high = middle;
  }
  return low;
}

}  // namespace

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

ScoreTree::Split ScoreTree::insert_below(Node* node, ScoreRecord* record) {
  if (node->is_leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    size_t index = leaf_position(leaf, record->score, record->member());
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
      fresh->count = static_cast<uint16_t>(kLeafMax - kept);
      std::copy_n(leaf->records + kept, fresh->count, fresh->records);
      leaf->count = static_cast<uint16_t>(kept);
      if (index > kept || (index == kept && fresh->count == 0)) {
        index -= kept;
        leaf = fresh;
      }
    }
    std::copy_backward(leaf->records + index, leaf->records + leaf->count,
                       leaf->records + leaf->count + 1);
    leaf->records[index] = record;
    ++leaf->count;
    return {fresh};
  }
  auto* inner = static_cast<Inner*>(node);
  const size_t index = inner->child_for(record->score, record->member());
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
    std::copy_n(from->records, from->count, into->records + into->count);
    into->count = static_cast<uint16_t>(into->count + from->count);
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
    const size_t index = leaf_position(leaf, score, member);
    std::copy(leaf->records + index + 1, leaf->records + leaf->count, leaf->records + index);
    --leaf->count;
    return;
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

size_t ScoreTree::rank(double score, std::string_view member) const {
  size_t before = 0;
  const Node* node = root_;
  if (!node) return 0;
  while (!node->is_leaf) {
    const auto* inner = static_cast<const Inner*>(node);
    const size_t index = inner->child_for(score, member);
    for (size_t i = 0; i < index; ++i) before += inner->sizes[i];
    node = inner->children[index];
  }
  return before + leaf_position(static_cast<const Leaf*>(node), score, member);
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
    return node->count;
  }
  const auto* inner = static_cast<const Inner*>(node);
  size_t total = 0;
  for (size_t i = 0; i < inner->count; ++i) {
    if (inner->smallest_of[i] != inner->children[i]->smallest()) {
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
