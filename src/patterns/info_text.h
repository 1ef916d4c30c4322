// InfoText: the fields of INFO's reply.
//
// Threads: immutable. Ownership: views the text.
#pragma once

#include <charconv>
#include <map>
#include <string>
#include <string_view>

namespace redstart {

class InfoText {
 public:
  explicit InfoText(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      const size_t colon = line.find(':');
      if (!line.starts_with('#') && colon != std::string_view::npos) {
        fields_[line.substr(0, colon)] = line.substr(colon + 1);
      }
    }
  }

  std::string_view text(std::string_view field, std::string_view absent = "") const {
    const auto found = fields_.find(field);
    return found == fields_.end() ? absent : found->second;
  }
  int64_t number(std::string_view field, int64_t absent = 0) const { return number_in(text(field), absent); }
  bool flag(std::string_view field) const { return number(field) != 0; }
  const std::map<std::string_view, std::string_view>& fields() const { return fields_; }

  // The number behind `name=` in a field's list "calls=3,usec=17", or the text itself when `name` is empty.
  static double part(std::string_view list, std::string_view name, double absent = 0) {
    while (!list.empty()) {
      const std::string_view one = list.substr(0, list.find(','));
      list.remove_prefix(std::min(list.size(), one.size() + 1));
      if (one.size() <= name.size() || !one.starts_with(name) || one[name.size()] != '=') continue;
      double value = absent;
      const std::string_view digits = one.substr(name.size() + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return value;
    }
    return absent;
  }

 private:
  static int64_t number_in(std::string_view text, int64_t absent) {
    int64_t value = absent;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  std::map<std::string_view, std::string_view> fields_;
};

}  // namespace redstart
