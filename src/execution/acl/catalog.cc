#include "execution/acl/catalog.h"

#include <algorithm>

#include "base/text.h"

namespace redstart {
namespace {

uint32_t category_bits(const CommandSpec& spec) {
  const auto all = all_acl_categories();
  uint32_t bits = 0;
  for (const std::string_view name : acl_categories(spec)) {
    bits |= uint32_t{1} << (std::ranges::find(all, name) - all.begin());
  }
  return bits;
}

AclCatalog::Channels channel_use(std::string_view full_name) {
  if (full_name == "publish" || full_name == "spublish") return AclCatalog::Channels::first;
  if (full_name == "subscribe" || full_name == "ssubscribe") return AclCatalog::Channels::all;
  if (full_name == "psubscribe") return AclCatalog::Channels::patterns;
  return AclCatalog::Channels::none;
}

}  // namespace

AclCatalog::AclCatalog(const CommandTable& table) : table_(table), commands_(table.size()) {
  for (size_t i = 0; i < commands_.size(); ++i) {
    commands_[i] = {category_bits(table.at(i)), channel_use(table.full_name(i))};
  }
}

std::optional<size_t> AclCatalog::find_category(std::string_view name) const {
  const auto all = all_acl_categories();
  for (size_t i = 0; i < all.size(); ++i) {
    if (equal_ignoring_case(all[i], name)) return i;
  }
  return std::nullopt;
}

const CommandSpec* AclCatalog::find(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  const CommandSpec* command = table_.find(full_name.substr(0, bar));
  if (!command || bar == std::string_view::npos) return command;
  return table_.find_subcommand(*command, full_name.substr(bar + 1));
}

}  // namespace redstart
