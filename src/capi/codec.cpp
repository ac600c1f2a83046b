#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <store/codec.hpp>
#include <string>

using namespace sessions;

struct sessions_bytes {
  std::string text;
};

namespace {

class HostCodec final : public store::Codec {
 public:
  HostCodec(const sessions_codec& functions, std::shared_ptr<void> user_data)
      : functions_(functions), user_data_(std::move(user_data)) {}

  Result<std::string> encode(std::string_view json) const override { return run(functions_.encode, json); }
  Result<std::string> decode(std::string_view bytes) const override { return run(functions_.decode, bytes); }

 private:
  Result<std::string> run(sessions_codec_fn function, std::string_view from) const {
    sessions_bytes out;
    const sessions_status status =
        capi::call([&] { return function(user_data_.get(), from.data(), from.size(), &out); }, SESSIONS_E_CALLBACK);
    if (status == SESSIONS_OK) {
      return std::move(out.text);
    }
    return Error{capi::status_of_callback(status).value_or(Status::callback),
                 "the codec of the config reported status " + std::to_string(status)};
  }

  sessions_codec functions_;
  std::shared_ptr<void> user_data_;
};

}  // namespace

sessions_status sessions_bytes_append(sessions_bytes* bytes, const void* data, size_t len) {
  return capi::guard([&] {
    const auto text = capi::view(data, len);
    if (bytes == nullptr || !text) {
      return Status::invalid;
    }
    bytes->text += *text;
    return Status::ok;
  });
}

sessions_status sessions_config_set_codec(sessions_config* config, const sessions_codec* codec, void* user_data,
                                          sessions_destroy_fn destroy, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    std::shared_ptr<void> owned = capi::own(user_data, destroy);
    if (config == nullptr) {
      return capi::null_argument("config");
    }
    if (codec == nullptr) {
      config->config.set_codec(nullptr);
      return {};
    }
    if (codec->size < sizeof(sessions_codec)) {
      return Error{Status::invalid, "codec has no size: set it to sizeof(sessions_codec)"};
    }
    if (codec->encode == nullptr || codec->decode == nullptr) {
      return Error{Status::invalid, "codec needs both functions, encode and decode"};
    }
    config->config.set_codec(std::make_shared<HostCodec>(*codec, std::move(owned)));
    return {};
  });
}
