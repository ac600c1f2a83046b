#include <base/utf8.hpp>
#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <string>

namespace sessions::capi {

Error null_argument(std::string_view name) { return {Status::invalid, std::string(name) + " must not be NULL"}; }

Result<std::string_view> text(std::string_view name, const void* pointer, std::size_t length) {
  const auto found = view(pointer, length);
  if (found) {
    return *found;
  }
  return pointer == nullptr ? null_argument(name)
                            : Error{Status::invalid, std::string(name) + " has an impossible length"};
}

Result<std::string_view> key(const char* pointer, std::size_t length) {
  Result<std::string_view> name = text("key", pointer, length);
  if (name && !is_utf8(*name)) {
    return Error{Status::invalid, "key must be UTF-8"};
  }
  return name;
}

Result<manager::Session*> use(const sessions_session* session) {
  if (session == nullptr) {
    return null_argument("session");
  }
  manager::Session* idle = session->idle();
  if (idle == nullptr) {
    return Error{Status::misuse, "a call of this session is under way: wait until it has called back"};
  }
  return idle;
}

Error content_limit() {
  return {
      Status::limit,
      "the session would have more than 1,024 keys, or more bytes than sessions_config_set_max_content_bytes allows"};
}

std::optional<Status> status_of_callback(sessions_status status) noexcept {
  const int32_t category = sessions_status_category(status);
  const bool is_theirs = category == SESSIONS_CATEGORY_ENVIRONMENT || category == SESSIONS_CATEGORY_STORED_DATA ||
                         category == SESSIONS_CATEGORY_CALLBACK || status == SESSIONS_E_NOMEM;
  return is_theirs ? std::optional(static_cast<Status>(status)) : std::nullopt;
}

std::shared_ptr<void> own(void* user_data, sessions_destroy_fn destroy) {
  return {user_data, [destroy](void* data) {
            if (destroy != nullptr) {
              call([&] { destroy(data); });
            }
          }};
}

}  // namespace sessions::capi
