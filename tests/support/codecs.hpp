// Codecs, and a store whose every call has one.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <store/codec.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "store.hpp"

namespace sessions::testing {

// Turns texts round.
class Reversal final : public store::Codec {
 public:
  Result<std::string> encode(std::string_view json) const override { return std::string(json.rbegin(), json.rend()); }
  Result<std::string> decode(std::string_view bytes) const override { return encode(bytes); }
};

// Never gives the same bytes twice, as encryption with a nonce does, and knows whether it has made what it is given.
class Sealing final : public store::Codec {
 public:
  Result<std::string> encode(std::string_view json) const override {
    const std::uint64_t nonce = ++nonces_;
    std::string bytes(sizeof nonce, '\0');
    std::memcpy(bytes.data(), &nonce, sizeof nonce);
    return turned(bytes.append(json).append(seal));
  }

  Result<std::string> decode(std::string_view bytes) const override {
    constexpr std::size_t around = sizeof(std::uint64_t) + seal.size();
    const std::string opened = turned(std::string(bytes));
    if (opened.size() < around || !std::string_view(opened).ends_with(seal)) {
      return Error{Status::callback, "nothing of this codec's"};
    }
    return opened.substr(sizeof(std::uint64_t), opened.size() - around);
  }

 private:
  static constexpr std::string_view seal = "seal";

  // Each byte that follows the nonce depends on it. Done twice, it is undone.
  static std::string turned(std::string bytes) {
    for (std::size_t i = sizeof(std::uint64_t); i < bytes.size(); ++i) {
      const unsigned key = static_cast<unsigned char>(bytes[i % sizeof(std::uint64_t)]) * 37U + 0xa5U;
      bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ (key & 0xffU));
    }
    return bytes;
  }

  mutable std::atomic<std::uint64_t> nonces_ = 0;
};

// Makes more than can be stored.
class Swelling final : public store::Codec {
 public:
  Result<std::string> encode(std::string_view) const override { return std::string(store::most_length + 1, 'x'); }
  Result<std::string> decode(std::string_view bytes) const override { return Reversal().decode(bytes); }
};

class CodedStore final : public ForwardingStore {
 public:
  CodedStore(std::shared_ptr<store::Store> inner, std::shared_ptr<const store::Codec> codec)
      : ForwardingStore(inner), inner_(std::move(inner)), codec_(std::move(codec)) {}

  void wait_for(store::Awaited& answer, Deadline deadline) override { inner_->wait_for(answer, deadline); }

 protected:
  void forward(std::function<void()> call) override { call(); }
  store::Call made_of(const store::Call& call) const override { return {call.now(), std::chrono::minutes(5), codec_}; }

 private:
  const std::shared_ptr<store::Store> inner_;
  const std::shared_ptr<const store::Codec> codec_;
};

}  // namespace sessions::testing
