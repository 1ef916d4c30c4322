#include "client/remote/parking.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace redstart::remote {
namespace {

TEST(Parking, gives_up_at_its_deadline_and_hears_later_all_the_same) {
  Parking parking;
  EXPECT_FALSE(parking.wait(SteadyClock::now()));
  EXPECT_FALSE(parking.yield_until_told(3));
  parking.tell();
  EXPECT_TRUE(parking.is_told());
  EXPECT_TRUE(parking.yield_until_told(0));
}

TEST(Parking, does_not_sleep_when_it_was_told_before) {
  Parking parking;
  parking.tell();
  EXPECT_TRUE(parking.wait(kNever));
  EXPECT_TRUE(parking.wait(SteadyClock::now()));
}

TEST(Parking, wakes_who_sleeps_and_shows_what_was_written_before) {
  for (int round = 0; round < 2000; ++round) {
    Parking parking;
    int written = 0;
    std::thread teller([&] {
      written = round + 1;
      parking.tell();
    });
    EXPECT_TRUE(parking.wait(kNever));
    EXPECT_EQ(written, round + 1);
    teller.join();
  }
}

}  // namespace
}  // namespace redstart::remote
