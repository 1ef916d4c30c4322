// sessions: a visitor logs in, browses within a rate limit, fills a cart, and is logged out.
//
//   sessions [URL]    URL is any store; memory: if it is left out
//
// What it stores:
//   example:session:ID, example:limit:ID, example:cart:ID
#include <cstdio>
#include <redstart/recipes/cart.h>
#include <redstart/recipes/rate_limiter.h>
#include <redstart/recipes/session_store.h>
#include <redstart/redstart.hpp>
#include <string>

int main(int argc, char** argv) {
  auto client = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    return 1;
  }
  redstart::SessionStore sessions(*client, {.name = "example:session", .ttl = std::chrono::minutes(30)});
  redstart::RateLimiter limiter(*client, {.name = "example:limit", .limit = 5, .window = std::chrono::minutes(1)});
  redstart::Carts carts(*client, {.name = "example:cart"});

  const std::string id = sessions.create({{"user_id", "7"},
                                          {"email", "ada@example.com"},
                                          {"permissions", R"(["read", "buy"])"}}).value();
  std::printf("logged in; the session has %ld ms to live\n", sessions.remaining(id).value()->count());

  for (int page = 1; page <= 7; ++page) {
    const redstart::RateDecision decision = limiter.allow(id).value();
    if (!decision.allowed) {
      std::printf("page %d: too many requests, try again in %ld ms\n", page, decision.retry_after.count());
      continue;
    }
    const auto views = sessions.increment(id, "page_views").value();
    std::printf("page %d: %ld views, %ld more requests allowed now\n", page, *views, decision.remaining);
  }

  carts.add(id, "lamp", 2, 19'99).value();
  carts.add(id, "chair", 1, 49'50).value();
  const redstart::CartSummary cart = carts.set_quantity(id, "lamp", 3).value();
  for (const redstart::CartItem& item : cart.items) {
    std::printf("%ld x %-6s at %3ld.%02ld = %3ld.%02ld\n", item.quantity, item.product.c_str(), item.price_cents / 100,
                item.price_cents % 100, item.subtotal_cents / 100, item.subtotal_cents % 100);
  }
  std::printf("%ld pieces, %ld.%02ld together\n", cart.total_quantity, cart.total_cents / 100, cart.total_cents % 100);

  carts.clear(id).value();
  sessions.remove(id).value();
  limiter.reset(id).value();
  // A request that comes late does not bring the session back.
  std::printf("logged out; a late request finds %s\n", sessions.increment(id, "page_views").value() ? "it" : "nothing");
}
