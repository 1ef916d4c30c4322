#include "execution/acl/rights.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "base/quoted_words.h"
#include "execution/acl/password.h"

namespace redstart {
namespace {

const AclCatalog& catalog() {
  static const CommandTable table(command_specs());
  static const AclCatalog catalog(table);
  return catalog;
}

AclRights rights_of(std::initializer_list<std::string_view> rules) {
  AclRights rights(catalog(), false);
  for (const std::string_view rule : rules) {
    const auto error = rights.apply(rule);
    EXPECT_FALSE(error) << rule << ": " << (error ? message_of(*error) : "");
  }
  return rights;
}

AclDecision decision(const AclRights& rights, std::string_view line) {
  const auto words = *split_quoted_words(line);
  const std::vector<std::string_view> views(words.begin(), words.end());
  const CommandTable& table = catalog().table();
  const CommandSpec* spec = table.find(views[0]);
  if (!spec->subcommands.empty()) spec = table.find_subcommand(*spec, views[1]);
  return rights.check({*spec, table.index_of(*spec), views});
}

AclDenial denial(const AclRights& rights, std::string_view line) {
  return decision(rights, line).denial;
}

std::optional<AclRuleError> error_of(std::string_view rule) {
  return AclRights(catalog(), false).apply(rule);
}

TEST(AclRights, refuse_rules_that_say_nothing) {
  for (const char* rule : {"foo", ")", "%", "%~a", "%RX~a", "%RR~a", "~a b", "&a b", "+get|", "(on)"}) {
    EXPECT_EQ(error_of(rule), AclRuleError::syntax) << rule;
  }
  for (const char* rule : {"+foo", "-foo", "+@foo", "-@foo", "+config|foo", "-select|1", "(+foo)"}) {
    EXPECT_EQ(error_of(rule), AclRuleError::unknown_command) << rule;
  }
  EXPECT_EQ(error_of("+config|get|x"), AclRuleError::argument_of_subcommand);
  EXPECT_EQ(error_of("#foo"), AclRuleError::bad_digest);
  EXPECT_EQ(error_of("!" + std::string(64, 'A')), AclRuleError::bad_digest);
  EXPECT_EQ(error_of("<foo"), AclRuleError::unknown_password);
  EXPECT_EQ(rights_of({"allkeys"}).apply("~a"), AclRuleError::needless_key_pattern);
  EXPECT_EQ(rights_of({"&*"}).apply("&a"), AclRuleError::needless_channel_pattern);
}

TEST(AclRights, of_a_new_user_permit_nothing_but_logging_in) {
  const AclRights rights(catalog(), false);
  EXPECT_FALSE(rights.is_on());
  EXPECT_FALSE(rights.password_matches(""));
  EXPECT_EQ(denial(rights, "get a"), AclDenial::command);
  EXPECT_EQ(denial(rights, "config get x"), AclDenial::command);
  EXPECT_EQ(denial(rights, "auth x"), AclDenial::none);
  EXPECT_EQ(rights.describe(), "off resetchannels -@all");
}

TEST(AclRights, take_passwords_as_text_and_as_digests) {
  const std::string digest = password_digest("a");
  EXPECT_EQ(digest, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
  AclRights rights = rights_of({">a", ">b", ">a"});
  EXPECT_EQ(rights.password_digests().size(), 2);
  EXPECT_TRUE(rights.password_matches("a"));
  EXPECT_TRUE(rights.password_matches("b"));
  EXPECT_FALSE(rights.password_matches("c"));
  EXPECT_FALSE(rights.apply("!" + digest));
  EXPECT_FALSE(rights.password_matches("a"));
  EXPECT_FALSE(rights.apply("nopass"));
  EXPECT_TRUE(rights.password_matches("anything"));
  EXPECT_FALSE(rights.apply("#" + digest));
  EXPECT_FALSE(rights.password_matches("anything"));
  EXPECT_TRUE(rights.password_matches("a"));
}

TEST(AclRights, of_a_container_are_those_of_its_subcommands) {
  const AclRights rights = rights_of({"+config", "-config|set", "+client|id"});
  EXPECT_EQ(denial(rights, "config get x"), AclDenial::none);
  EXPECT_EQ(denial(rights, "config set x y"), AclDenial::command);
  EXPECT_EQ(denial(rights, "client id"), AclDenial::none);
  EXPECT_EQ(denial(rights, "client list"), AclDenial::command);
}

TEST(AclRights, take_categories_and_their_exceptions_in_order) {
  const AclRights rights = rights_of({"~*", "+@string", "-@write", "+set"});
  EXPECT_EQ(denial(rights, "get a"), AclDenial::none);
  EXPECT_EQ(denial(rights, "set a 1"), AclDenial::none);
  EXPECT_EQ(denial(rights, "append a 1"), AclDenial::command);
  EXPECT_EQ(denial(rights, "lpop a"), AclDenial::command);
}

TEST(AclRights, may_permit_a_command_with_one_first_argument) {
  AclRights rights = rights_of({"+select|1"});
  EXPECT_EQ(denial(rights, "select 1"), AclDenial::none);
  EXPECT_EQ(denial(rights, "select 0"), AclDenial::command);
  EXPECT_FALSE(rights.apply("-select"));
  EXPECT_EQ(denial(rights, "select 1"), AclDenial::command);
}

TEST(AclRights, tell_reading_keys_from_writing_them) {
  const AclRights rights = rights_of({"+@all", "~both", "%R~read*", "%W~write*"});
  EXPECT_EQ(denial(rights, "get read1"), AclDenial::none);
  EXPECT_EQ(denial(rights, "set read1 x"), AclDenial::key);
  EXPECT_EQ(denial(rights, "set write1 x"), AclDenial::none);
  EXPECT_EQ(denial(rights, "set write1 x get"), AclDenial::key);
  EXPECT_EQ(denial(rights, "set both x get"), AclDenial::none);
  EXPECT_EQ(denial(rights, "copy read1 write1"), AclDenial::none);
  EXPECT_EQ(denial(rights, "copy write1 read1"), AclDenial::key);
  EXPECT_EQ(denial(rights, "randomkey"), AclDenial::none);
}

TEST(AclRights, merge_the_ways_in_which_a_pattern_is_permitted) {
  const AclRights rights = rights_of({"%R~a", "%W~a", "%W~b"});
  EXPECT_EQ(rights.selectors()[0].key_rules(), "~a %W~b");
}

TEST(AclRights, permit_patterns_of_channels_only_as_they_stand) {
  const AclRights rights = rights_of({"+@pubsub", "&news.*"});
  EXPECT_EQ(denial(rights, "publish news.a x"), AclDenial::none);
  EXPECT_EQ(denial(rights, "publish other x"), AclDenial::channel);
  EXPECT_EQ(denial(rights, "psubscribe news.*"), AclDenial::none);
  EXPECT_EQ(denial(rights, "psubscribe news.a*"), AclDenial::channel);
  EXPECT_EQ(decision(rights, "subscribe news.a other").word, 2);
  EXPECT_EQ(denial(rights, "unsubscribe other"), AclDenial::none);
}

TEST(AclRights, of_selectors_do_not_add_up) {
  const AclRights rights = rights_of({"+get", "~a", "(+set ~b)"});
  EXPECT_EQ(denial(rights, "get a"), AclDenial::none);
  EXPECT_EQ(denial(rights, "set b 1"), AclDenial::none);
  EXPECT_EQ(denial(rights, "get b"), AclDenial::key);
  EXPECT_EQ(denial(rights, "set a 1"), AclDenial::key);
  EXPECT_EQ(denial(rights, "del a"), AclDenial::command);
}

TEST(AclRights, know_who_may_read_every_key) {
  const auto reads_all = [](std::initializer_list<std::string_view> rules) {
    const std::string_view words[] = {"sort", "a"};
    const CommandSpec* spec = catalog().table().find("sort");
    return rights_of(rules).permits_reading_all(
        {*spec, catalog().table().index_of(*spec), words});
  };
  EXPECT_FALSE(reads_all({"+sort", "~a"}));
  EXPECT_FALSE(reads_all({"+sort", "~a", "(+get allkeys)"}));
  EXPECT_FALSE(reads_all({"+sort", "~a", "%W~*"}));
  EXPECT_TRUE(reads_all({"+sort", "%R~*"}));
  EXPECT_TRUE(reads_all({"+sort", "~a", "(+sort allkeys)"}));
}

TEST(AclRights, are_unrestricted_only_with_everything) {
  EXPECT_TRUE(AclRights::unrestricted(catalog()).is_unrestricted());
  EXPECT_TRUE(rights_of({"+@all", "~*", "&*", "-get", "+get"}).is_unrestricted());
  EXPECT_TRUE(rights_of({"(+@all ~* &*)"}).is_unrestricted());
  EXPECT_FALSE(rights_of({"+@all", "~*"}).is_unrestricted());
  EXPECT_FALSE(rights_of({"+@all", "&*", "~a"}).is_unrestricted());
  EXPECT_FALSE(rights_of({"+@all", "~*", "&*", "-get"}).is_unrestricted());
}

TEST(AclRights, describe_rules_from_which_they_can_be_made_again) {
  const AclRights rights = rights_of({"on", ">secret", "~a*", "%R~b", "&c*", "+@read", "-get",
                                      "+select|1", "(+@all -set ~x &y)", "skip-sanitize-payload"});
  const std::string line = rights.describe();
  const auto words = *split_quoted_words(line);
  const std::vector<std::string_view> views(words.begin(), words.end());
  AclRights again(catalog(), false);
  for (const std::string& rule : merge_selectors(views).rules) EXPECT_FALSE(again.apply(rule)) << rule;
  EXPECT_EQ(again.describe(), line);
  EXPECT_EQ(line, "on skip-sanitize-payload #" + password_digest("secret") +
                      " ~a* %R~b resetchannels &c* -@all +@read -get +select|1 "
                      "(~x resetchannels &y +@all -set)");
}

TEST(AclRights, forget_rules_that_later_ones_make_void) {
  EXPECT_EQ(rights_of({"+config|get", "+get", "-config", "+get"}).selectors()[0].command_rules(),
            "-@all -config +get");
  EXPECT_EQ(rights_of({"+get", "+@all"}).selectors()[0].command_rules(), "+@all");
}

TEST(MergedRules, put_selectors_together) {
  const std::string_view words[] = {"on", "(+get", "~a*)", "(+set)", "off"};
  const MergedRules merged = merge_selectors(words);
  EXPECT_FALSE(merged.unmatched);
  EXPECT_EQ(merged.rules, (std::vector<std::string>{"on", "(+get ~a*)", "(+set)", "off"}));
  EXPECT_EQ(merge_selectors(std::span(words).first(2)).unmatched, 1);
  const std::string_view opened_twice[] = {"(+get", "(+set", "~a*)"};
  EXPECT_EQ(merge_selectors(opened_twice).rules, (std::vector<std::string>{"(+set ~a*)"}));
}

}  // namespace
}  // namespace redstart
