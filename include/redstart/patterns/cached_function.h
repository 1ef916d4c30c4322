// CachedFunction: a function whose results are cached. It owns the function, so that a refresh may call it at any time.
//
//   redstart::CachedFunction profile(cache, "user_profile",
//                                    [db](int64_t user_id) { return db->find_profile(user_id); },
//                                    {.ttl = std::chrono::minutes(30)});
//   result<std::optional<Profile>> ada = profile(7);
//   profile.invalidate(7);
//
// The key is made of the name and all arguments, with their types: see CacheKeyBuilder. Arguments are integers, bools,
// doubles and strings; strings are copied into the call. Tags may depend on the arguments:
//
//   redstart::CachedFunction product(cache, "product", find_product, {.tags = {"products"}},
//                                    [](int64_t id) { return std::vector{"product:" + std::to_string(id)}; });
//
// Threads: thread-safe, as far as the functions are. Ownership: borrows the cache, which must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "redstart/patterns/cache.h"

namespace redstart {

namespace detail {

template <class T>
struct ValueOfLoader {
  using type = T;
};
template <class T>
struct ValueOfLoader<std::optional<T>> {
  using type = T;
};
// A string view may not outlive the call that brings it.
template <class T>
using OwnedArgument = std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string, T>;

}  // namespace detail

struct NoTags {};

template <class Function, class TagsOf = NoTags>
class CachedFunction {
 public:
  CachedFunction(Cache& cache, std::string name, Function function, LoadOptions options = {}, TagsOf tags_of = {})
      : cache_(cache),
        name_(std::move(name)),
        function_(std::make_shared<const Function>(std::move(function))),
        options_(std::move(options)),
        tags_of_(std::move(tags_of)) {}

  // The result for these arguments, cached or new: see Cache::get_or_load.
  template <class... Arguments>
  auto operator()(const Arguments&... arguments) {
    using Value = typename detail::ValueOfLoader<
        std::decay_t<std::invoke_result_t<const Function&, const detail::OwnedArgument<Arguments>&...>>>::type;
    auto load = [function = function_, owned = std::tuple<detail::OwnedArgument<Arguments>...>(
                                           arguments...)]() -> std::optional<Value> {
      return std::apply(*function, owned);
    };
    if constexpr (std::is_same_v<TagsOf, NoTags>) {
      return cache_.get_or_load<Value>(key(arguments...), std::move(load), options_);
    } else {
      LoadOptions options = options_;
      for (auto& tag : tags_of_(arguments...)) options.tags.emplace_back(std::move(tag));
      return cache_.get_or_load<Value>(key(arguments...), std::move(load), options);
    }
  }

  template <class... Arguments>
  std::string key(const Arguments&... arguments) const {
    return cache_.key(name_, arguments...);
  }
  template <class... Arguments>
  result<bool> invalidate(const Arguments&... arguments) {
    return cache_.invalidate(key(arguments...));
  }

 private:
  Cache& cache_;
  const std::string name_;
  const std::shared_ptr<const Function> function_;
  const LoadOptions options_;
  const TagsOf tags_of_;
};

}  // namespace redstart
