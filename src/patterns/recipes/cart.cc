#include "redstart/recipes/cart.h"

#include <algorithm>

#include "patterns/recipes/support.h"
#include "patterns/script_time.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// A hash: product -> "quantity price added updated", and "" -> when the cart was created. KEYS: cart. ARGV: now, what
// to do, product, quantity, price, life ms, quantity at most, products at most. The life that is left in ms, then all
// fields and values; or {-1} when a limit was hit.
const Script kChange(REDSTART_SCRIPT_NOW R"(
local how, product, quantity, price = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local stamp = string.format('%.0f', now)
local old = product ~= '' and redis.call('HGET', KEYS[1], product)
local had, had_price, added = 0, price, stamp
if old then
  local a, b, c = string.match(old, '^(%d+) (%d+) (%d+)')
  had, had_price, added = tonumber(a), tonumber(b), c
end
local changes = true
if how == 'add' then
  quantity = had + quantity
  if not old and redis.call('HLEN', KEYS[1]) > tonumber(ARGV[8]) then return {'-1'} end
elseif how == 'set' and old then
  price = had_price
else
  changes = false
end
if changes and quantity > tonumber(ARGV[7]) then return {'-1'} end
if changes and quantity > 0 then
  redis.call('HSET', KEYS[1], product, string.format('%.0f %.0f %s %s', quantity, price, added, stamp))
  redis.call('HSETNX', KEYS[1], '', stamp)
elseif changes then
  redis.call('HDEL', KEYS[1], product)
  if redis.call('HLEN', KEYS[1]) == 1 then redis.call('DEL', KEYS[1]) end
end
if changes then redis.call('PEXPIRE', KEYS[1], ARGV[6]) end
local reply = redis.call('HGETALL', KEYS[1])
table.insert(reply, 1, tostring(redis.call('PTTL', KEYS[1])))
return reply
)");

CartItem item_of(const std::string& product, const std::string& text) {
  CartItem item{.product = product};
  long long numbers[4] = {};
  std::sscanf(text.c_str(), "%lld %lld %lld %lld", &numbers[0], &numbers[1], &numbers[2], &numbers[3]);
  item.quantity = numbers[0];
  item.price_cents = numbers[1];
  item.added_unix_ms = numbers[2];
  item.updated_unix_ms = numbers[3];
  item.subtotal_cents = item.quantity * item.price_cents;
  return item;
}

}  // namespace

Carts::Carts(Client client, CartOptions options) : client_(std::move(client)), options_(std::move(options)) {}

result<CartSummary> Carts::change(std::string_view cart, std::string_view how, std::string_view product,
                                  int64_t quantity, int64_t price_cents) {
  if (options_.ttl.count() <= 0) return invalid("a cart that ends as it begins");
  const auto words = kChange.run<std::vector<std::string>>(
      client_, {options_.name + ":" + std::string(cart)},
      {script_time(options_.clock), std::string(how), std::string(product), std::to_string(quantity),
       std::to_string(price_cents), std::to_string(options_.ttl.count()), std::to_string(options_.quantity_max),
       std::to_string(options_.products_max)});
  if (!words) return std::unexpected(words.error());
  CartSummary summary;
  if (words->size() == 1) {
    if ((*words)[0] == "-1") return invalid("the cart does not take as many");
    return summary;
  }
  summary.remaining = std::chrono::milliseconds(std::stoll((*words)[0]));
  for (size_t i = 1; i + 1 < words->size(); i += 2) {
    if ((*words)[i].empty()) {
      summary.created_unix_ms = std::stoll((*words)[i + 1]);
      continue;
    }
    summary.items.push_back(item_of((*words)[i], (*words)[i + 1]));
    summary.total_quantity += summary.items.back().quantity;
    summary.total_cents += summary.items.back().subtotal_cents;
  }
  std::ranges::sort(summary.items, {}, &CartItem::product);
  return summary;
}

result<CartSummary> Carts::add(std::string_view cart, std::string_view product, int64_t quantity,
                               int64_t price_cents) {
  if (product.empty()) return invalid("a product without a name");
  if (quantity <= 0 || quantity > options_.quantity_max) return invalid("a quantity that cannot be");
  if (price_cents < 0 || price_cents > options_.price_cents_max) return invalid("a price that cannot be");
  return change(cart, "add", product, quantity, price_cents);
}

result<CartSummary> Carts::set_quantity(std::string_view cart, std::string_view product, int64_t quantity) {
  if (product.empty()) return invalid("a product without a name");
  return change(cart, "set", product, std::max<int64_t>(quantity, 0), 0);
}

result<CartSummary> Carts::get(std::string_view cart) { return change(cart, "get", "", 0, 0); }

result<bool> Carts::clear(std::string_view cart) {
  const auto removed = client_.del(options_.name + ":" + std::string(cart));
  if (!removed) return std::unexpected(removed.error());
  return *removed == 1;
}

}  // namespace redstart
