// ElementList: copies of elements, back to back in one buffer, for a reply whose length must be
// known before its first element is said.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply_sink.h"

namespace redstart {

class ElementList {
 public:
  void add(std::string_view element) {
    bytes_.append(element);
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t index) const {
    const size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }
  // The elements alone: the caller has announced the aggregate.
  void reply_elements(ReplySink& reply) const {
    for (size_t i = 0; i < size(); ++i) reply.bulk((*this)[i]);
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

}  // namespace redstart
