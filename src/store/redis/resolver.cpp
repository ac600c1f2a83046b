#include <ares.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <store/redis/resolver.hpp>

namespace sessions::store::redis {

namespace {

using Addresses = std::vector<Address>;

Error no_address(int reason) {
  return {Status::unavailable,
          std::string("the host name of the Redis server could not be resolved: ") + ares_strerror(reason)};
}

Result<Addresses> addresses_of(const ares_addrinfo& found) {
  Addresses addresses;
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) {
    Address address;
    if (node->ai_addrlen <= sizeof address.storage) {
      std::memcpy(&address.storage, node->ai_addr, node->ai_addrlen);
      address.size = node->ai_addrlen;
      addresses.push_back(address);
    }
  }
  return addresses.empty() ? Result<Addresses>(no_address(ARES_ENODATA)) : Result<Addresses>(std::move(addresses));
}

using Channel = std::unique_ptr<ares_channeldata, decltype(&ares_destroy)>;

Result<Channel> open_channel(ares_options options, int chosen, const char* servers) {
  ares_channel opened = nullptr;
  if (const int failed = ares_init_options(&opened, &options, chosen); failed != ARES_SUCCESS) {
    return no_address(failed);
  }
  Channel channel(opened, &ares_destroy);
  if (servers != nullptr && ares_set_servers_ports_csv(opened, servers) != ARES_SUCCESS) {
    return no_address(ARES_EBADSTR);
  }
  return channel;
}

int count_servers(ares_channeldata* channel) {
  ares_addr_port_node* servers = nullptr;
  int count = 0;
  if (ares_get_servers_ports(channel, &servers) == ARES_SUCCESS) {
    for (const ares_addr_port_node* each = servers; each != nullptr; each = each->next) {
      ++count;
    }
    ares_free_data(servers);
  }
  return std::max(count, 1);
}

// Every server is asked twice, the second time for twice as long: three times for all of them, together. Only one that
// is there tells how many there are.
Result<Channel> open_channel(Deadline::duration allowed, const char* servers) {
  Result<Channel> first = open_channel({}, 0, servers);
  if (!first) {
    return first;
  }
  using std::chrono::milliseconds;
  constexpr milliseconds longest{2'000};
  const milliseconds share = std::chrono::duration_cast<milliseconds>(allowed) / (4 * count_servers(first->get()));
  ares_options options{};
  options.timeout = static_cast<int>(std::clamp(share, milliseconds(1), longest).count());
  options.tries = 2;
  return open_channel(options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES, servers);
}

}  // namespace

void Resolver::Destroy::operator()(ares_channeldata* channel) const noexcept { ares_destroy(channel); }

Resolver::Resolver(const std::string& host, std::uint16_t port, Deadline::duration allowed, const char* servers) {
  if (const std::optional<Address> address = Address::of_numbers(host, port)) {
    result_.emplace(Addresses{*address});
    return;
  }
  Result<Channel> channel = open_channel(allowed, servers);
  if (!channel) {
    result_.emplace(std::move(channel.error()));
    return;
  }
  channel_.reset(channel->release());
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NUMERICSERV;
  const auto found = [](void* self, int status, int, ares_addrinfo* answer) {
    auto& result = static_cast<Resolver*>(self)->result_;
    try {
      if (answer != nullptr && status == ARES_SUCCESS) {
        result.emplace(addresses_of(*answer));
      } else {
        result.emplace(no_address(status));
      }
    } catch (const std::bad_alloc&) {
      result.emplace(Error{Status::nomem, {}});
    }
    ares_freeaddrinfo(answer);
  };
  ares_getaddrinfo(channel_.get(), host.c_str(), std::to_string(port).c_str(), &hints, found, this);
}

void Resolver::list(std::vector<pollfd>& descriptors) const {
  if (!channel_) {
    return;
  }
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel_.get(), sockets.data(), static_cast<int>(sockets.size()));
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const bool reads = ARES_GETSOCK_READABLE(static_cast<unsigned>(wanted), i) != 0;
    const bool writes = ARES_GETSOCK_WRITABLE(static_cast<unsigned>(wanted), i) != 0;
    if (reads || writes) {
      descriptors.push_back({sockets.at(i), static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0});
    }
  }
}

Deadline Resolver::next_time(Deadline now) const {
  timeval most{1, 0};
  timeval left{};
  const timeval* next = channel_ ? ares_timeout(channel_.get(), &most, &left) : &most;
  return now + std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec);
}

// Looking at all of its sockets costs nothing that counts: there are one or two, for a moment.
void Resolver::go_on() {
  if (!channel_) {
    return;
  }
  std::vector<pollfd> descriptors;
  list(descriptors);
  for (const pollfd& descriptor : descriptors) {
    ares_process_fd(channel_.get(), (descriptor.events & POLLIN) != 0 ? descriptor.fd : ARES_SOCKET_BAD,
                    (descriptor.events & POLLOUT) != 0 ? descriptor.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what has timed out
}

}  // namespace sessions::store::redis
