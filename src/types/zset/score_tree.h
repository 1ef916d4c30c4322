// ScoreTree: a B+tree of sorted-set records ordered by (score, member), with element counts, so
// that rank and selection by rank cost O(log n).
//
// Every node takes 512 bytes. A leaf holds the addresses of up to 41 records, each with the top
// half of its score, so that a search touches few records; leaves are linked for walks in both
// directions. An inner node holds, per child, how many elements are below it, its smallest record
// and that record's score.
//
// A full leaf gives records to a neighbour that has room before it is split (as in a B*-tree), which keeps
// leaves filled to about four fifths when inserts come in random order.
//
// Invariants: 1. all leaves are at the same depth; 2. no node but the root is empty; 3. an inner
// node's sizes, smallest records and scores agree with its children; 4. a leaf's prefixes agree
// with its records. Nodes that fall under a quarter are merged with a neighbour when both fit in
// one.
//
// Threads: shard-local. Records are owned by the caller. Memory from heap::.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace redstart {

// A member with its score, in one allocation: score, size (4), bytes.
struct ScoreRecord {
  double score;
  uint32_t member_bytes;
  std::string_view member() const {
    return {reinterpret_cast<const char*>(this) + kHeaderBytes, member_bytes};
  }
  static constexpr size_t kHeaderBytes = 12;
  size_t allocation_bytes() const { return kHeaderBytes + member_bytes; }
  static ScoreRecord* create(double score, std::string_view member);
  static void destroy(ScoreRecord* record);
};

// Negative, zero or positive as (score, member) of a is below, equal to or above b's.
int compare_scored(double score_a, std::string_view member_a, double score_b,
                   std::string_view member_b);

class ScoreTree {
 public:
  struct Node;
  struct Leaf;
  struct Inner;
  // A place in the tree; invalidated by every change.
  struct Place {
    Leaf* leaf = nullptr;
    size_t index = 0;
    explicit operator bool() const { return leaf != nullptr; }
    ScoreRecord* record() const;
    Place next() const;
    Place previous() const;
  };

  ScoreTree() = default;
  ScoreTree(const ScoreTree&) = delete;
  ~ScoreTree();

  size_t size() const { return size_; }
  void insert(ScoreRecord* record);
  // REQUIRES: the record is in the tree, its score unchanged since it was inserted.
  void erase(const ScoreRecord* record);
  // How many elements stand before (score, member).
  size_t rank(double score, std::string_view member) const;
  // The element with this rank. REQUIRES: rank < size().
  Place at(size_t rank) const;
  // How many elements have a score below this one, or, with `or_equal`, this one.
  size_t count_below(double score, bool or_equal) const;
  // How many leading records `holds` is true for. REQUIRES: after a record for which it is false,
  // it is false. Cost: O(log n) calls.
  size_t count_while(const std::function<bool(const ScoreRecord&)>& holds) const;
  // Gives a record that is in the tree another score.
  void move(ScoreRecord* record, double score);

  size_t memory_bytes() const { return node_bytes_; }
  void check_invariants() const;

 private:
  struct Split;
  Split insert_below(Node* node, ScoreRecord* record);
  bool spread(Inner* parent, size_t index, const ScoreRecord* record);
  void erase_below(Node* node, double score, std::string_view member);
  bool move_within_leaf(ScoreRecord* record, double score);
  template <class Key>
  size_t count_before(const Key& key) const;
  void rebalance(Inner* parent, size_t index);
  template <class T>
  T* make();
  template <class T>
  void drop(T* node);
  void free_below(Node* node);
  size_t check_below(const Node* node, int depth, int& leaf_depth) const;

  Node* root_ = nullptr;
  size_t size_ = 0;
  size_t node_bytes_ = 0;
};

}  // namespace redstart
