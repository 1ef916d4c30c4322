#include "client/routing/retry.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace redstart {
namespace {

constexpr std::string_view kTemporary[] = {"MOVED ",   "ASK ",        "TRYAGAIN ", "CLUSTERDOWN ",
                                           "LOADING ", "MASTERDOWN ", "READONLY "};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool is_temporary_reply(std::string_view text) {
  return std::ranges::any_of(kTemporary,
                             [&](std::string_view word) { return text.starts_with(word); });
}

std::optional<Redirection> redirection_in(std::string_view text) {
  Redirection redirection;
  redirection.is_ask = text.starts_with("ASK ");
  if (!redirection.is_ask && !text.starts_with("MOVED ")) return std::nullopt;
  text.remove_prefix(text.find(' ') + 1);
  const size_t space = text.find(' '), colon = text.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space)
    return std::nullopt;
  if (!read_number(text.substr(0, space), redirection.slot)) return std::nullopt;
  if (!read_number(text.substr(colon + 1), redirection.endpoint.port)) return std::nullopt;
  redirection.endpoint.host = text.substr(space + 1, colon - space - 1);
  return redirection;
}

std::chrono::milliseconds retry_delay(const OpenOptions& options, size_t retry) {
  thread_local std::minstd_rand random(std::random_device{}());
  const auto doubled = options.retry_delay_min * (int64_t{1} << std::min<size_t>(retry, 20));
  const auto delay = std::min(options.retry_delay_max, doubled);
  return delay * std::uniform_int_distribution<int>(50, 100)(random) / 100;
}

}  // namespace redstart
