// Cart: shopping carts. Money is counted in cents, as integers.
//
//   redstart::Carts carts(client);
//   auto summary = carts.add("user-7", "lamp", 2, 1999).value();     // two more lamps at 19.99
//   summary.total_cents;                                              // 3998
//
// Every change is one step, so concurrent changes add up. Adding a product again adds to its quantity and takes the
// newest price. A cart lives for `ttl` after its last change.
//
// Redis 7.0 or newer, Redstart; a cluster too: one key for each cart.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"

namespace redstart {

struct CartOptions {
  std::string name = "cart";  // keys are "name:id"
  std::chrono::milliseconds ttl = std::chrono::days(30);
  int64_t quantity_max = 1'000'000;              // of one product
  int64_t price_cents_max = 1'000'000'000;       // of one piece
  int64_t products_max = 1000;
  UnixClock clock = {};  // for tests; empty: the store's
};

struct CartItem {
  std::string product;
  int64_t quantity = 0, price_cents = 0, subtotal_cents = 0;
  int64_t added_unix_ms = 0, updated_unix_ms = 0;
};

struct CartSummary {
  std::vector<CartItem> items;  // by product
  int64_t total_quantity = 0, total_cents = 0;
  int64_t created_unix_ms = 0;            // 0: the cart is empty
  std::chrono::milliseconds remaining{0};  // of its life
};

class Carts {
 public:
  explicit Carts(Client client, CartOptions options = {});
  // Errors: invalid_argument for a product without a name, a quantity that is not positive, a negative price, beyond
  // the limits, and, here and below, for a ttl below 1 ms: then nothing is changed.
  result<CartSummary> add(std::string_view cart, std::string_view product, int64_t quantity, int64_t price_cents);
  // Zero or less takes the product out; a product that is not in the cart stays out.
  result<CartSummary> set_quantity(std::string_view cart, std::string_view product, int64_t quantity);
  result<CartSummary> get(std::string_view cart);
  // False: it was empty.
  result<bool> clear(std::string_view cart);

 private:
  result<CartSummary> change(std::string_view cart, std::string_view how, std::string_view product, int64_t quantity,
                             int64_t price_cents);
  Client client_;
  const CartOptions options_;
};

}  // namespace redstart
