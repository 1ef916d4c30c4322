// HyperLogLogMethods: the commands that count different elements approximately, as methods with
// typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class HyperLogLogMethods {
 public:
  // PFADD. True: the estimate may have changed, or the key is new.
  auto pfadd(std::string_view key, std::string_view element) {
    return self().run(detail::typed<bool>(WordList("PFADD", key, element)));
  }
  // PFADD of many, or of none to make the key.
  template <class Range>
  auto pfadd_all(std::string_view key, const Range& elements) {
    return self().run(detail::typed<bool>(WordList("PFADD", key).add_all(elements)));
  }
  // PFCOUNT: with a standard error of 0.81 %.
  auto pfcount(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("PFCOUNT", key)));
  }
  // PFCOUNT of several together.
  template <class Range>
  auto pfcount_all(const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("PFCOUNT").add_all(keys)));
  }
  // PFMERGE: what `to` has seen already stays.
  template <class Range>
  auto pfmerge(std::string_view to, const Range& keys) {
    return self().run(detail::typed<Done>(WordList("PFMERGE", to).add_all(keys)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
