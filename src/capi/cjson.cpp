#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <json/tree.hpp>
#include <string>

using namespace sessions;

sessions_status sessions_session_get_cjson(const sessions_session* session, const char* key, size_t key_len,
                                           struct cJSON** tree, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (tree == nullptr) {
      return capi::null_argument("tree");
    }
    *tree = nullptr;
    const Result<std::string_view> name = capi::key(key, key_len);
    const Result<manager::Session*> idle = capi::use(session);
    if (!idle || !name) {
      return !idle ? idle.error() : name.error();
    }
    const auto json = (*idle)->content().find(*name);
    if (!json) {
      return Error{Status::not_found, {}};
    }
    Result<json::Tree> parsed = json::parse_tree(*json);
    if (!parsed) {
      return parsed.error();
    }
    *tree = parsed->release();
    return {};
  });
}

sessions_status sessions_session_set_cjson(sessions_session* session, const char* key, size_t key_len,
                                           const struct cJSON* tree, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<std::string_view> name = capi::key(key, key_len);
    const Result<manager::Session*> idle = capi::use(session);
    if (!idle || !name || tree == nullptr) {
      return !idle ? idle.error() : !name ? name.error() : capi::null_argument("tree");
    }
    const Result<std::string> json = json::print_tree(tree);
    if (!json) {
      return json.error();
    }
    if ((*idle)->content().set(*name, *json) != Status::ok) {
      return capi::content_limit();
    }
    return {};
  });
}
