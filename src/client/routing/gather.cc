#include "client/routing/gather.h"

#include <algorithm>
#include <utility>

namespace redstart {
namespace {

using Parts = std::vector<result<Reply>>;

bool has_failed(const result<Reply>& part) { return !part || part->is_error(); }

// What a user hears when one part failed and others may have been done.
result<Reply> failure_of(Parts& parts, size_t failed, bool is_read_only) {
  result<Reply> failure = std::move(parts[failed]);
  if (failure) failure = checked(std::move(*failure));
  const bool others_done = std::ranges::any_of(parts, [&](const auto& part) {
    return &part != &parts[failed] &&
           (part ? !part->is_error() : part.error().outcome == Outcome::unknown);
  });
  if (others_done && !is_read_only) {
    failure.error().outcome = Outcome::unknown;
    failure.error().message +=
        " (the command was split over several nodes, and others have executed their part)";
  }
  return failure;
}

Reply summed(Parts& parts) {
  int64_t sum = 0;
  for (const auto& part : parts) sum += part->as_integer();
  return Reply::integer(sum);
}

Reply least(Parts& parts) {
  int64_t least = parts.front()->as_integer();
  for (const auto& part : parts) least = std::min(least, part->as_integer());
  return Reply::integer(least);
}

Reply all_true(Parts& parts) {
  Reply reply = std::move(*parts.front());
  for (size_t i = 0; i < reply.size(); ++i) {
    const bool is_true = std::ranges::all_of(parts, [&](const auto& part) {
      return &part == &parts.front() || (i < part->size() && (*part)[i].as_integer());
    });
    if (!is_true) reply.elements()[i] = Reply::integer(0);
  }
  return reply;
}

Reply concatenated(Parts& parts) {
  std::vector<Reply> all;
  for (auto& part : parts) {
    for (Reply& element : part->elements()) all.push_back(std::move(element));
  }
  return Reply::aggregate(Reply::Type::array, std::move(all));
}

Reply by_key(const Route& route, Parts& parts) {
  size_t count = 0;
  for (const RoutePart& part : route.parts) count += part.key_numbers.size();
  std::vector<Reply> all(count);
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto& numbers = route.parts[i].key_numbers;
    for (size_t k = 0; k < numbers.size() && k < parts[i]->size(); ++k) {
      all[numbers[k]] = std::move(parts[i]->elements()[k]);
    }
  }
  return Reply::aggregate(Reply::Type::array, std::move(all));
}

result<Reply> combined(const Route& route, Parts& parts) {
  switch (route.gather) {
    case Gather::sum:
      return summed(parts);
    case Gather::minimum:
      return least(parts);
    case Gather::all_true:
      return all_true(parts);
    case Gather::concatenate:
      return concatenated(parts);
    case Gather::by_key:
      return by_key(route, parts);
    case Gather::any_found: {
      const auto found =
          std::ranges::find_if(parts, [](const auto& part) { return !part->is_null(); });
      return found == parts.end() ? Reply() : std::move(**found);
    }
    case Gather::only:
    case Gather::first:
    case Gather::one_succeeds:
      break;
  }
  return std::move(parts.front());
}

}  // namespace

result<Reply> gather(const Route& route, Parts parts, bool is_read_only) {
  result<Reply> reply;
  const auto failed = std::ranges::find_if(parts, has_failed);
  if (parts.size() == 1) {
    reply = std::move(parts.front());
  } else if (route.gather == Gather::one_succeeds) {
    const auto fine =
        std::ranges::find_if(parts, [](const auto& part) { return !has_failed(part); });
    reply = std::move(fine == parts.end() ? parts.front() : *fine);
  } else if (failed != parts.end()) {
    return failure_of(parts, static_cast<size_t>(failed - parts.begin()), is_read_only);
  } else {
    reply = combined(route, parts);
  }
  return route.finish && !has_failed(reply) ? route.finish(std::move(reply)) : reply;
}

}  // namespace redstart
