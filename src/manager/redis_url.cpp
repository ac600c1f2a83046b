#include <algorithm>
#include <base/limits.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <manager/redis_url.hpp>
#include <system_error>

namespace sessions::manager {

namespace {

using store::redis::Options;

constexpr std::size_t most_prefix_bytes = 256;
constexpr std::size_t most_path_bytes = 107;  // unix(7)
constexpr std::int64_t most_databases = 1'000'000;
constexpr std::int64_t most_connections = 64;

Error malformed(const Url& url, const char* what) {
  return {Status::invalid, "the backend URL \"" + std::string(url.scheme) + "://...\" " + what};
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= limits::cookie_domain_bytes &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == '_' || c == ':';
         });
}

// "host", "host:port", "[address of IPv6]:port".
Result<void> read_host(const Url& url, std::string_view text, Options& options) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    host = end == text.npos ? std::string_view() : text.substr(1, end - 1);
    port = end == text.npos ? std::string_view() : text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!is_host(host) || (!port.empty() && !port.starts_with(':'))) {
    return malformed(url, "has no host of letters, digits, \".\" and \"-\", or address, where one is needed");
  }
  options.host = host;
  if (!port.empty()) {
    const Result<std::int64_t> number = to_number(url, "port", port.substr(1), 1, 65'535);
    if (!number) {
      return malformed(url, "has a port that is no number from 1 to 65535");
    }
    options.port = static_cast<std::uint16_t>(*number);
  }
  return {};
}

Result<void> read_user(const Url& url, std::string_view text, Options& options) {
  const std::size_t colon = text.find(':');
  Result<std::string> user = decode(url, "user", text.substr(0, colon));
  Result<std::string> password = decode(url, "password", colon == text.npos ? "" : text.substr(colon + 1));
  if (!user || !password) {
    return !user ? user.error() : password.error();
  }
  options.user = std::move(*user);
  options.password = std::move(*password);
  return {};
}

Result<void> read_path(const Url& url, std::string_view text, Options& options) {
  Result<std::string> path = decode(url, "path", text);
  if (!path) {
    return path.error();
  }
  if (!path->starts_with('/') || path->size() > most_path_bytes) {
    return malformed(url, "needs the absolute path of a unix socket, of 107 bytes at the most");
  }
  options.path = std::move(*path);
  return {};
}

// What stands between "//" and "?".
Result<void> read_authority(const Url& url, Options& options) {
  if (!url.rest.starts_with("//")) {
    return malformed(url, "needs \"//\" before the host or the path");
  }
  std::string_view rest = url.rest.substr(2);
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    if (Result<void> user = read_user(url, rest.substr(0, at), options); !user) {
      return user;
    }
    rest.remove_prefix(at + 1);
  }
  if (url.scheme == "redis+unix") {
    return read_path(url, rest, options);
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view database = rest.substr(std::min(slash + 1, rest.size()));
  if (!database.empty()) {
    const Result<std::int64_t> number = to_number(url, "db", database, 0, most_databases);
    if (!number) {
      return malformed(url, "has a database, behind the host, that is no number");
    }
    options.database = *number;
  }
  return read_host(url, rest.substr(0, slash), options);
}

// `file` is the parameter, and `what` it holds.
Result<std::string> read_credential(const std::string& file, const char* what, const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  constexpr std::size_t most_bytes = 4096;
  std::string text(most_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > most_bytes) {
    return Error{Status::invalid, "the " + file + " of the backend URL is larger than 4096 bytes"};
  }
  if (stream.bad() || (text.empty() && !stream.eof())) {
    const std::string reason = errno == 0 ? "" : ": " + std::generic_category().message(errno);
    return Error{Status::invalid, "the " + file + " of the backend URL cannot be read" + reason};
  }
  while (text.ends_with('\n') || text.ends_with('\r')) {
    text.pop_back();
  }
  if (text.empty()) {
    return Error{Status::invalid, "the " + file + " of the backend URL holds no " + what};
  }
  return text;
}

Result<void> read_number(const Url& url, std::string_view name, std::string_view value, Options& options) {
  using std::chrono::milliseconds;
  const bool is_count = name == "connections";
  const std::int64_t most = is_count ? most_connections : name == "db" ? most_databases : limits::timeout_ms;
  const Result<std::int64_t> number =
      to_number(url, name, value, is_count || name == "connect_timeout_ms" ? 1 : 0, most);
  if (!number) {
    return number.error();
  }
  if (is_count) {
    options.connections = static_cast<std::size_t>(*number);
  } else if (name == "db") {
    options.database = *number;
  } else if (name == "connect_timeout_ms") {
    options.connect_timeout = milliseconds(*number);
  } else {
    options.wait_for_replica = milliseconds(*number);
  }
  return {};
}

std::string* text_option(const Url& url, std::string_view name, Options& options) {
  const bool secures = url.scheme == "rediss";
  return name == "prefix"                        ? &options.prefix
         : secures && name == "ca_file"          ? &options.tls_files.ca_file
         : secures && name == "certificate_file" ? &options.tls_files.certificate_file
         : secures && name == "key_file"         ? &options.tls_files.key_file
         : secures && name == "server_name"      ? &options.server_name
                                                 : nullptr;
}

Result<void> read_parameter(const Url& url, std::string_view name, std::string_view value, Options& options) {
  if (name == "connections" || name == "connect_timeout_ms" || name == "wait_for_replica_ms" ||
      (name == "db" && url.scheme == "redis+unix")) {
    return read_number(url, name, value, options);
  }
  const bool is_user = name == "user_file";
  const bool is_credential = is_user || name == "password_file";
  std::string* option = !is_credential ? text_option(url, name, options) : is_user ? &options.user : &options.password;
  if (option == nullptr) {
    return unknown_parameter(url, name);
  }
  Result<std::string> text = decode(url, "parameter \"" + std::string(name) + "\"", value);
  if (!text) {
    return text.error();
  }
  if (text->empty() && name != "prefix") {
    const std::string what = "has an empty parameter \"" + std::string(name) + "\": leave it out, or say what it is";
    return malformed(url, what.c_str());
  }
  if (is_credential) {
    text = read_credential(std::string(name), is_user ? "user" : "password", *text);
    if (!text) {
      return text.error();
    }
  }
  *option = std::move(*text);
  return {};
}

}  // namespace

Result<Options> redis_options(const Url& url) {
  Options options;
  options.tls = url.scheme == "rediss";
  if (Result<void> read = read_authority(url, options); !read) {
    return read.error();
  }
  for (const auto& [name, value] : url.parameters) {
    if (Result<void> read = read_parameter(url, name, value, options); !read) {
      return read.error();
    }
  }
  if (!options.user.empty() && options.password.empty()) {
    return malformed(url, "has a user without a password: write user:password@, or add a password_file");
  }
  // Braces say to a cluster which part of a key counts: those are the library's.
  if (options.prefix.size() > most_prefix_bytes || options.prefix.find_first_of("{}") != std::string::npos) {
    return malformed(url, "has a prefix with a brace, or of more than 256 bytes");
  }
  if (!options.server_name.empty() && !is_host(options.server_name)) {
    return malformed(url, "has a server_name that is no name of letters, digits, \".\" and \"-\", or address");
  }
  if (options.tls_files.certificate_file.empty() != options.tls_files.key_file.empty()) {
    return malformed(url, "has a certificate_file without a key_file, or the other way round");
  }
  return options;
}

}  // namespace sessions::manager
