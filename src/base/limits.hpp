// Every bound of the library that is not a setting.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sessions::limits {

inline constexpr std::size_t cookie_line_bytes = 4096;  // browsers drop what is longer: RFC 6265bis 5.6
inline constexpr std::size_t cookie_candidates = 8;     // cookies of our name that one header may offer
inline constexpr std::size_t cookie_name_bytes = 256;
inline constexpr std::size_t cookie_attribute_bytes = 1024;  // browsers ignore a longer attribute: RFC 6265bis 5.6
inline constexpr std::size_t cookie_domain_bytes = 253;      // RFC 1035 2.3.4, less the root
inline constexpr std::int64_t max_age_seconds = 34'560'000;  // 400 days: RFC 6265bis 5.5
inline constexpr std::int64_t lifetime_seconds = 3'155'760'000;
inline constexpr std::int64_t latest_second = 253'402'300'799;  // of the year 9999
inline constexpr std::int64_t timeout_ms = 3'600'000;
inline constexpr std::size_t json_depth = 64;
inline constexpr std::size_t content_bytes = std::size_t{256} << 20U;  // that a setting may permit
inline constexpr std::size_t keys = 1024;                              // so that looking a key up may walk over them
inline constexpr std::size_t signing_keys = 16;
inline constexpr std::size_t good_signing_key_bytes = 32;

}  // namespace sessions::limits
