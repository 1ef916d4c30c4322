// SetMethods: the commands of sets, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class SetMethods {
 public:
  // SADD. True: the member is new.
  auto sadd(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SADD", key, member)));
  }
  // SADD of many: how many are new.
  template <class Range>
  auto sadd_all(std::string_view key, const Range& members) {
    return self().run(detail::typed<int64_t>(WordList("SADD", key).add_all(members)));
  }
  // SREM.
  auto srem(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SREM", key, member)));
  }
  // SREM of many.
  template <class Range>
  auto srem_all(std::string_view key, const Range& members) {
    return self().run(detail::typed<int64_t>(WordList("SREM", key).add_all(members)));
  }
  // SISMEMBER.
  auto sismember(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SISMEMBER", key, member)));
  }
  // SMISMEMBER.
  template <class Range>
  auto smismember(std::string_view key, const Range& members) {
    return self().run(
        detail::typed<std::vector<bool>>(WordList("SMISMEMBER", key).add_all(members)));
  }
  // SMEMBERS.
  auto smembers(std::string_view key) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SMEMBERS", key)));
  }
  // SCARD.
  auto scard(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("SCARD", key)));
  }
  // SPOP.
  auto spop(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("SPOP", key)));
  }
  // SPOP with a count.
  auto spop(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SPOP", key, count)));
  }
  // SRANDMEMBER.
  auto srandmember(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("SRANDMEMBER", key)));
  }
  // SRANDMEMBER with a count.
  auto srandmember(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SRANDMEMBER", key, count)));
  }
  // SMOVE.
  auto smove(std::string_view from, std::string_view to, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SMOVE", from, to, member)));
  }
  // SINTER.
  template <class Range>
  auto sinter(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SINTER").add_all(keys)));
  }
  // SUNION.
  template <class Range>
  auto sunion(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SUNION").add_all(keys)));
  }
  // SDIFF.
  template <class Range>
  auto sdiff(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SDIFF").add_all(keys)));
  }
  // SINTERSTORE.
  template <class Range>
  auto sinterstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("SINTERSTORE", to).add_all(keys)));
  }
  // SUNIONSTORE.
  template <class Range>
  auto sunionstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("SUNIONSTORE", to).add_all(keys)));
  }
  // SDIFFSTORE.
  template <class Range>
  auto sdiffstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("SDIFFSTORE", to).add_all(keys)));
  }
  // SINTERCARD; limit 0: none.
  template <class Range>
  auto sintercard(const Range& keys, int64_t limit = 0) {
    return self().run(
        detail::typed<int64_t>(WordList("SINTERCARD", static_cast<int64_t>(std::size(keys)))
                                   .add_all(keys)
                                   .add("LIMIT")
                                   .add(limit)));
  }
  // SSCAN.
  auto sscan(std::string_view key, std::string_view cursor, const ScanOptions& options = {}) {
    return self().run(detail::typed<ScanPage>(options.apply(WordList("SSCAN", key, cursor))));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
