// What a server answers, in the protocol RESP2: read by hiredis, within bounds of our own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace sessions::store::redis {

// All of one reply.
struct ReplyTree {
  enum class Kind : std::uint8_t { string, status, error, integer, nil, array };

  struct Node {
    Kind kind;
    std::int64_t integer;  // the number; of a text, where it begins in `texts`; of an array, where in `nodes`
    std::size_t size;      // bytes of a text, elements of an array
  };

  std::vector<Node> nodes = std::vector<Node>(1);  // the first is the whole reply; an array's elements are in a row
  std::deque<std::size_t> arrays;                  // where the elements of each begin, for who has made the array
  std::string texts;
  bool is_too_large = false;
};

// One reply, or an element of one: a view, which lasts until its reader is asked for the next reply.
class Reply {
 public:
  using Kind = ReplyTree::Kind;

  explicit Reply(const ReplyTree& tree, std::size_t node = 0) noexcept : tree_(&tree), node_(node) {}

  Kind kind() const noexcept { return node().kind; }

  // Of a string, a status or an error; otherwise empty.
  std::string_view text() const noexcept {
    const ReplyTree::Node& text = node();
    return text.kind > Kind::error ? std::string_view()
                                   : std::string_view(tree_->texts.data() + text.integer, text.size);
  }

  // Of an integer; otherwise 0.
  std::int64_t integer() const noexcept { return kind() == Kind::integer ? node().integer : 0; }

  // Of an array; otherwise 0.
  std::size_t size() const noexcept { return kind() == Kind::array ? node().size : 0; }
  Reply operator[](std::size_t index) const noexcept {
    return Reply(*tree_, static_cast<std::size_t>(node().integer) + index);
  }

  bool is_status(std::string_view status) const noexcept { return kind() == Kind::status && text() == status; }

  // Whether it is an error whose first word is `code`, such as NOSCRIPT.
  bool is_error(std::string_view code) const noexcept;

 private:
  const ReplyTree::Node& node() const noexcept { return tree_->nodes[node_]; }

  const ReplyTree* tree_;
  std::size_t node_;
};

// Turns the bytes of a connection into replies. Once it is broken it stays so: what follows cannot be told apart.
class ReplyReader {
 public:
  ReplyReader();

  // False when it is broken: no memory, or more bytes than a reply may have.
  bool feed(std::string_view bytes);

  // None as long as there is no whole reply, and when it is broken: the bytes are no RESP2, or there is no memory.
  std::optional<Reply> next();

  bool is_broken() const noexcept { return is_broken_; }

  // Whether what broke it is a reply larger than any that is asked for.
  bool is_too_large() const noexcept { return tree_->is_too_large; }

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept;
  };

  std::unique_ptr<redisReader, Free> reader_;
  std::unique_ptr<ReplyTree> tree_;
  std::size_t fed_ = 0;    // since the last whole reply
  bool is_taken_ = false;  // the tree holds a reply that was given out
  bool is_broken_ = false;
};

}  // namespace sessions::store::redis
