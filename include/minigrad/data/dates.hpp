// data/dates.hpp - a column of dates or times as numbers: days or seconds since 1970-01-01 00:00 UTC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "table.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Days from 1970-01-01 to a day of the Gregorian calendar. A year is counted from March, so that the leap day is its
/// last: then the months before month m have (153 m + 2) / 5 days.
inline std::int64_t days_of_date(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

inline std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  return month == 12 ? 31 : days_of_date(year, month + 1, 1) - days_of_date(year, month, 1);
}

/// Reads one time after a format.
template <class = void>
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(without_blanks(text)) {}

  /// Whether the whole text is a time in this format, and one that exists.
  bool read(std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%') {
        if (!skip(format[i])) return false;
      } else if (++i == format.size() || !read_part(format[i])) {
        return false;
      }
    }
    return rest_.empty() && exists();
  }

  /// Whether it is one of the forms of ISO 8601: a date, then perhaps T or a blank and hours and minutes, then perhaps
  /// seconds, then perhaps Z or an offset from UTC such as +01:00.
  bool read_iso() {
    if (!read_part('Y') || !skip('-') || !read_part('m') || !skip('-') || !read_part('d')) return false;
    if (skip('T') || skip(' ')) {
      if (!read_part('H') || !skip(':') || !read_part('M')) return false;
      if (skip(':') && !read_part('S')) return false;
      if (!skip('Z') && !rest_.empty() && !read_part('z')) return false;
    }
    return rest_.empty() && exists();
  }

  double days() const { return static_cast<double>(days_of_date(year_, month_, day_)) + of_day() / 86400; }
  double seconds() const { return 86400 * static_cast<double>(days_of_date(year_, month_, day_)) + of_day(); }

 private:
  bool skip(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A number of at most `most` digits, and at least `least`.
  bool digits(std::int64_t& out, std::size_t least, std::size_t most) {
    std::size_t n = 0;
    for (out = 0; n < most && n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9'; ++n)
      out = 10 * out + (rest_[n] - '0');
    rest_.remove_prefix(n);
    return n >= least;
  }

  bool read_part(char part) {
    switch (part) {
      case 'Y':
        return digits(year_, 4, 4);
      case 'm':
        return digits(month_, 1, 2);
      case 'd':
        return digits(day_, 1, 2);
      case 'H':
        return digits(hour_, 1, 2);
      case 'M':
        return digits(minute_, 1, 2);
      case 'S':
        return digits(second_, 1, 2) && read_fraction();
      case 'y':
        if (!digits(year_, 2, 2)) return false;
        year_ += year_ < 69 ? 2000 : 1900;
        return true;
      case 'b':
        return read_month_name();
      case 'z': {
        const std::int64_t sign = skip('+') ? 1 : skip('-') ? -1 : 0;
        std::int64_t hours = 0, minutes = 0;
        if (sign == 0 || !digits(hours, 2, 2) || (skip(':'), !digits(minutes, 2, 2)) || minutes > 59) return false;
        offset_ = sign * (60 * hours + minutes);
        return true;
      }
      case '%':
        return skip('%');
      default:
        return false;
    }
  }

  bool read_fraction() {
    if (!skip('.')) return true;
    std::size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    if (n == 0) return false;
    fraction_ = decimal_value("0." + std::string(rest_.substr(0, n)));
    rest_.remove_prefix(n);
    return true;
  }

  bool read_month_name() {
    constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (month_ = 1; month_ <= 12; ++month_)
      if (rest_.substr(0, 3) == names.substr(static_cast<std::size_t>(3 * (month_ - 1)), 3)) {
        rest_.remove_prefix(3);
        return true;
      }
    return false;
  }

  bool exists() const {
    return year_ >= 1 && month_ >= 1 && month_ <= 12 && day_ >= 1 && day_ <= days_in_month(year_, month_) &&
           hour_ < 24 && minute_ < 60 && second_ < 60;
  }

  double of_day() const { return static_cast<double>(3600 * hour_ + 60 * (minute_ - offset_) + second_) + fraction_; }

  std::string_view rest_;
  std::int64_t year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0, offset_ = 0;
  double fraction_ = 0;
};

template <class = void>
std::vector<double> read_times(const Table& table, std::string_view column, std::string_view format,
                               double (TimeReader<>::*unit)() const) {
  const std::vector<std::string> texts = table.texts(column);
  std::vector<double> out(texts.size());
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (table.is_missing(row, column))
      table.fail_in(row, column, {"missing value; drop_missing({", detail::in_quotes(column), "}) keeps the other rows"});
    TimeReader<> time(texts[row]);
    if (!(format.empty() ? time.read_iso() : time.read(format)))
      table.fail_in(row, column,
                    {detail::in_quotes(texts[row]), " is not a date ",
                     format.empty() ? "such as 2021-03-04 or 2021-03-04 05:06:07; others need a format, "
                                      "such as \"%d/%m/%Y\""
                                    : "in the format " + detail::in_quotes(format)});
    out[row] = (time.*unit)();
  }
  return out;
}

}  // namespace detail

/// The days since 1970-01-01 00:00 UTC in a column of dates, with the time of day as a fraction: to_days(table,
/// "date"). Without a format dates are those of ISO 8601: 2021-03-04, 2021-03-04 05:06:07,
/// 2021-03-04T05:06:07.25+01:00. A format is made as for strptime: "%d/%m/%Y" reads 10/03/2004. %Y is the year, %y its
/// last two digits (69 to 99 are 1969 to 1999), %m the month, %b its English name of three letters, %d the day, %H, %M,
/// %S the time, %z the offset from UTC, %% a percent sign. A time without an offset is taken as UTC. Throws DataError,
/// with the place of the field, for a missing value and for a text that is no date, or none of the calendar.
template <class = void>
std::vector<double> to_days(const Table& table, std::string_view column, std::string_view format = {}) {
  return detail::read_times(table, column, format, &detail::TimeReader<>::days);
}

/// The seconds since 1970-01-01 00:00 UTC in a column of dates or times; otherwise as to_days. A float holds them only
/// to 128 seconds: subtract the first one before they become features.
template <class = void>
std::vector<double> to_seconds(const Table& table, std::string_view column, std::string_view format = {}) {
  return detail::read_times(table, column, format, &detail::TimeReader<>::seconds);
}

}  // namespace minigrad::inline MINIGRAD_ABI
