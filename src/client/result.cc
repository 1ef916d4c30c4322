#include "redstart/result.h"

#include <utility>

namespace redstart {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::server: return "server";
    case ErrorCode::wrong_type: return "wrong_type";
    case ErrorCode::out_of_memory: return "out_of_memory";
    case ErrorCode::misconfigured: return "misconfigured";
    case ErrorCode::loading: return "loading";
    case ErrorCode::read_only: return "read_only";
    case ErrorCode::busy: return "busy";
    case ErrorCode::no_auth: return "no_auth";
    case ErrorCode::cross_slot: return "cross_slot";
    case ErrorCode::cluster_down: return "cluster_down";
    case ErrorCode::transaction_aborted: return "transaction_aborted";
    case ErrorCode::bad_url: return "bad_url";
    case ErrorCode::cannot_open: return "cannot_open";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::connection_refused: return "connection_refused";
    case ErrorCode::connection_lost: return "connection_lost";
    case ErrorCode::timed_out: return "timed_out";
    case ErrorCode::queue_full: return "queue_full";
    case ErrorCode::closed: return "closed";
    case ErrorCode::protocol: return "protocol";
    case ErrorCode::unexpected_reply: return "unexpected_reply";
    case ErrorCode::not_repeated: return "not_repeated";
    case ErrorCode::callback_failed: return "callback_failed";
  }
  return "unknown";
}

Error error_from_reply(std::string text) {
  static constexpr std::pair<std::string_view, ErrorCode> kPrefixes[] = {
      {"WRONGTYPE", ErrorCode::wrong_type},   {"OOM", ErrorCode::out_of_memory},
      {"MISCONF", ErrorCode::misconfigured},  {"LOADING", ErrorCode::loading},
      {"READONLY", ErrorCode::read_only},     {"BUSY", ErrorCode::busy},
      {"NOAUTH", ErrorCode::no_auth},         {"WRONGPASS", ErrorCode::no_auth},
      {"NOPERM", ErrorCode::no_auth},         {"EXECABORT", ErrorCode::transaction_aborted},
      {"CROSSSLOT", ErrorCode::cross_slot},   {"CLUSTERDOWN", ErrorCode::cluster_down},
      {"MASTERDOWN", ErrorCode::cluster_down}, {"TRYAGAIN", ErrorCode::cluster_down},
  };
  Error error{ErrorCode::server, Outcome::not_done, std::move(text)};
  for (const auto& [prefix, code] : kPrefixes) {
    if (error.prefix() == prefix) error.code = code;
  }
  return error;
}

}  // namespace redstart
