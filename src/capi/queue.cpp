#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

using namespace sessions;

namespace {

// Whom to tell, and how.
struct Callback {
  sessions_done_fn function;
  void* user_data;

  void operator()(const Result<void>& result) const noexcept {
    sessions_error* error = nullptr;
    sessions_status status = SESSIONS_OK;
    if (!result) {
      status = static_cast<sessions_status>(result.error().status);
      capi::report(&error, result.error().status, result.error().message);
    }
    capi::call([&] { function(user_data, status, error); });
    sessions_error_free(error);
  }
};

sessions_status begin(sessions_session* session, sessions_queue* queue, Callback done, sessions_error** error,
                      manager::PendingCall::Begin call) noexcept {
  bool is_under_way = false;
  const sessions_status status = capi::guard(error, [&]() -> Result<void> {
    const Result<manager::Session*> idle = capi::use(session);
    if (!idle) {
      return idle.error();
    }
    if (queue == nullptr || done.function == nullptr) {
      return capi::null_argument(queue == nullptr ? "queue" : "done");
    }
    auto begun = queue->queue->begin(**idle, std::move(call), [session, done](const Result<void>& result) {
      session->under_way.reset();
      done(result);
    });
    if (!begun) {
      return std::move(begun.error());
    }
    session->under_way = std::move(*begun);
    is_under_way = session->under_way != nullptr;
    return {};
  });
  return is_under_way ? SESSIONS_PENDING : status;
}

using Load = Result<void> (manager::Session::*)(std::string_view);

sessions_status begin_load(sessions_session* session, const char* name, const char* text, size_t length,
                           sessions_queue* queue, Callback done, sessions_error** error, Load load) noexcept {
  manager::PendingCall::Begin call;
  const sessions_status checked = capi::guard(error, [&]() -> Result<void> {
    const Result<std::string_view> cookie = capi::text(name, text, length);
    if (!cookie) {
      return cookie.error();
    }
    call = [load, copy = std::string(*cookie)](manager::Session& loaded) { return (loaded.*load)(copy); };
    return {};
  });
  return checked == SESSIONS_OK ? begin(session, queue, done, error, std::move(call)) : checked;
}

}  // namespace

sessions_status sessions_queue_new(sessions_queue** queue, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (queue == nullptr) {
      return capi::null_argument("queue");
    }
    *queue = nullptr;
    auto made = manager::Queue::make();
    if (!made) {
      return std::move(made.error());
    }
    *queue = std::make_unique<sessions_queue>(sessions_queue{std::move(*made)}).release();
    return {};
  });
}

void sessions_queue_free(sessions_queue* queue) {
  const std::unique_ptr<sessions_queue> owned(queue);
  if (owned) {
    owned->queue->close();
  }
}

int32_t sessions_queue_descriptor(const sessions_queue* queue) {
  return queue == nullptr ? -1 : queue->queue->descriptor();
}

sessions_status sessions_queue_dispatch(sessions_queue* queue, size_t* dispatched, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (queue == nullptr) {
      return capi::null_argument("queue");
    }
    const std::shared_ptr<manager::Queue> kept = queue->queue;  // a callback may free the handle
    const Result<std::size_t> count = kept->dispatch();
    if (!count) {
      return count.error();
    }
    if (dispatched != nullptr) {
      *dispatched = *count;
    }
    return {};
  });
}

sessions_status sessions_session_load_async(sessions_session* session, const char* cookie_header,
                                            size_t cookie_header_len, sessions_queue* queue, sessions_done_fn done,
                                            void* user_data, sessions_error** error) {
  return begin_load(session, "cookie_header", cookie_header, cookie_header_len, queue, {done, user_data}, error,
                    &manager::Session::begin_load_header);
}

sessions_status sessions_session_load_value_async(sessions_session* session, const char* cookie_value,
                                                  size_t cookie_value_len, sessions_queue* queue, sessions_done_fn done,
                                                  void* user_data, sessions_error** error) {
  return begin_load(session, "cookie_value", cookie_value, cookie_value_len, queue, {done, user_data}, error,
                    &manager::Session::begin_load_value);
}

sessions_status sessions_session_commit_async(sessions_session* session, sessions_queue* queue, sessions_done_fn done,
                                              void* user_data, sessions_error** error) {
  return begin(session, queue, {done, user_data}, error, &manager::Session::begin_commit);
}

sessions_status sessions_session_regenerate_async(sessions_session* session, sessions_queue* queue,
                                                  sessions_done_fn done, void* user_data, sessions_error** error) {
  return begin(session, queue, {done, user_data}, error, &manager::Session::begin_regenerate);
}

sessions_status sessions_session_destroy_async(sessions_session* session, sessions_queue* queue, sessions_done_fn done,
                                               void* user_data, sessions_error** error) {
  return begin(session, queue, {done, user_data}, error, &manager::Session::begin_destroy);
}
