#include <hiredis/read.h>

#include <base/limits.hpp>
#include <new>
#include <store/redis/reply.hpp>

namespace sessions::store::redis {

namespace {

// More than any session has, and than anything else that is asked for.
constexpr std::size_t most_elements = 1U << 16U;
constexpr std::size_t most_bytes = limits::content_bytes + (std::size_t{1} << 20U);
constexpr std::size_t kept_bytes = std::size_t{64} << 10U;
constexpr std::size_t kept_nodes = kept_bytes / sizeof(ReplyTree::Node);

using Kind = ReplyTree::Kind;

// hiredis makes the elements of an array one after the other, but others inside of them in between. What it takes for
// an object is, of an array, where the elements have their places; those stay where they are.
class Builder {
 public:
  static void* string(const redisReadTask* task, char* text, std::size_t size) noexcept {
    // hiredis skips the two bytes after a string without looking at them.
    const bool is_line = task->type == REDIS_REPLY_ERROR || task->type == REDIS_REPLY_STATUS;
    if (!is_line && (task->type != REDIS_REPLY_STRING || text[size] != '\r' || text[size + 1] != '\n')) {
      return nullptr;
    }
    const Kind kind = task->type == REDIS_REPLY_ERROR    ? Kind::error
                      : task->type == REDIS_REPLY_STATUS ? Kind::status
                                                         : Kind::string;
    ReplyTree& tree = tree_of(task);
    const std::size_t begin = tree.texts.size();
    try {
      tree.texts.append(text, size);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    return put(task, {kind, static_cast<std::int64_t>(begin), size});
  }

  static void* array(const redisReadTask* task, std::size_t size) noexcept {
    ReplyTree& tree = tree_of(task);
    const std::size_t first = tree.nodes.size();
    tree.is_too_large = size > most_elements - (first - 1);
    if (task->type != REDIS_REPLY_ARRAY || tree.is_too_large) {
      return nullptr;
    }
    try {
      tree.nodes.resize(first + size);
      tree.arrays.push_back(first);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    put(task, {Kind::array, static_cast<std::int64_t>(first), size});
    return &tree.arrays.back();
  }

  static void* integer(const redisReadTask* task, long long value) noexcept {
    return put(task, {Kind::integer, value, 0});
  }

  static void* nil(const redisReadTask* task) noexcept { return put(task, {Kind::nil, 0, 0}); }

 private:
  static ReplyTree& tree_of(const redisReadTask* task) noexcept { return *static_cast<ReplyTree*>(task->privdata); }

  static void* put(const redisReadTask* task, const ReplyTree::Node& node) noexcept {
    ReplyTree& tree = tree_of(task);
    const redisReadTask* const parent = task->parent;
    const std::size_t place =
        parent == nullptr ? 0 : *static_cast<const std::size_t*>(parent->obj) + static_cast<std::size_t>(task->idx);
    tree.nodes[place] = node;
    return &tree;
  }
};

// The functions' types differ between versions of hiredis, and later ones have more, for RESP3, which nobody asks for.
template <class Functions>
constexpr Functions functions_of_builder() noexcept {
  Functions functions{};
  functions.createString = &Builder::string;
  functions.createArray = [](const redisReadTask* task, auto size) -> void* {
    return Builder::array(task, static_cast<std::size_t>(size));
  };
  functions.createInteger = &Builder::integer;
  functions.createNil = &Builder::nil;
  functions.freeObject = [](void*) {};
  if constexpr (requires { functions.createDouble; }) {
    functions.createDouble = [](const redisReadTask*, double, char*, std::size_t) -> void* { return nullptr; };
    functions.createBool = [](const redisReadTask*, int) -> void* { return nullptr; };
  }
  return functions;
}

constinit redisReplyObjectFunctions builder = functions_of_builder<redisReplyObjectFunctions>();

}  // namespace

bool Reply::is_error(std::string_view code) const noexcept {
  const std::string_view words = text();
  return kind() == Kind::error && words.starts_with(code) && (words.size() == code.size() || words[code.size()] == ' ');
}

void ReplyReader::Free::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

// maxbuf 0: otherwise the reader now and then replaces its buffer, and aborts when there is no memory for that.
ReplyReader::ReplyReader() : reader_(redisReaderCreateWithFunctions(&builder)), tree_(std::make_unique<ReplyTree>()) {
  if (!reader_) {
    throw std::bad_alloc();
  }
  reader_->maxbuf = 0;
  reader_->privdata = tree_.get();
}

bool ReplyReader::feed(std::string_view bytes) {
  fed_ += bytes.size();
  tree_->is_too_large = tree_->is_too_large || fed_ > most_bytes;
  if (tree_->is_too_large || redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    is_broken_ = true;
  }
  return !is_broken_;
}

std::optional<Reply> ReplyReader::next() {
  if (is_broken_) {
    return std::nullopt;
  }
  if (is_taken_) {
    is_taken_ = false;
    tree_->nodes.resize(1);
    if (tree_->nodes.capacity() > kept_nodes) {
      tree_->nodes.shrink_to_fit();
    }
    tree_->arrays.clear();
    tree_->texts.clear();
    if (tree_->texts.capacity() > kept_bytes) {
      tree_->texts.shrink_to_fit();
    }
  }
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    is_broken_ = true;
    return std::nullopt;
  }
  if (reply == nullptr) {
    return std::nullopt;
  }
  is_taken_ = true;
  fed_ = reader_->len - reader_->pos;
  return Reply(*tree_);
}

}  // namespace sessions::store::redis
