// The client's side of TLS (RFC 8446, RFC 5246), of bytes alone: whoever has the socket moves them.
#pragma once

#include <base/process_lock.hpp>
#include <base/result.hpp>
#include <memory>
#include <string>
#include <string_view>

struct bio_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace sessions::crypto {

// All are PEM. The certificate, with those that link it to its authority, and its key are both given or both empty.
struct TlsFiles {
  std::string ca_file;  // empty: the authorities that the system trusts
  std::string certificate_file;
  std::string key_file;
};

// What the connections to one server share: whom to trust, who we are, and the newest session to resume. Any thread.
class TlsContext {
 public:
  // Status invalid when a file cannot be used; the message says which and why, not where it is. Throws std::bad_alloc.
  static Result<std::shared_ptr<TlsContext>> open(const TlsFiles& files);

  TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  TlsContext(TlsContext&&) = delete;
  TlsContext& operator=(TlsContext&&) = delete;
  ~TlsContext();

 private:
  friend class TlsChannel;

  struct Free {
    void operator()(ssl_ctx_st* context) const noexcept;
    void operator()(ssl_session_st* session) const noexcept;
  };
  struct Resumable {
    std::unique_ptr<ssl_session_st, Free> session;  // shared with no connection: one that breaks spoils its session
    std::string server_name;                        // which its certificate was for
  };

  static int take_session(ssl_st* ssl, ssl_session_st* session) noexcept;

  // Has `ssl` offer the session, if there is one with this server.
  void offer_session(ssl_st* ssl, const std::string& server_name);
  void set_session(std::unique_ptr<Resumable> resumable) noexcept;

  std::unique_ptr<ssl_ctx_st, Free> context_;
  ProcessLock lock_;
  std::unique_ptr<Resumable> resumable_;
};

// One connection. Once it has failed it only fails. One thread at a time.
class TlsChannel {
 public:
  // The server's certificate has to be for `server_name`, a host name or an IP address: otherwise status invalid.
  // Throws std::bad_alloc.
  static Result<std::unique_ptr<TlsChannel>> open(std::shared_ptr<TlsContext> context, std::string server_name);

  TlsChannel(std::shared_ptr<TlsContext> context, std::string server_name);
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;
  TlsChannel(TlsChannel&&) = delete;
  TlsChannel& operator=(TlsChannel&&) = delete;
  ~TlsChannel();

  // Whether the handshake is done and nothing has failed.
  bool is_open() const noexcept { return is_open_ && !has_failed_; }

  // Goes on with what the server has sent, which is nothing at first. What is to be sent to it, and what it has said,
  // are appended, also when it fails: with status unavailable, when the server is not who it should be, speaks no TLS,
  // or has said that it closes the connection. Throws std::bad_alloc.
  Result<void> go_on(std::string_view received, std::string& to_send, std::string& said);

  // Appends what is to be sent to say this; what has to wait for the server is sent by go_on(). Throws std::bad_alloc;
  // has appended nothing when it throws or fails.
  Result<void> write(std::string_view text, std::string& to_send);

  // Appends the farewell (close_notify), if there is memory for it. Nothing can be said or read afterwards.
  void close(std::string& to_send) noexcept;

 private:
  struct Free {
    void operator()(ssl_st* ssl) const noexcept;
  };

  bool is_waiting() const noexcept;
  Result<void> advance(std::string& said);
  Result<void> encrypt(std::string_view text, std::string& to_send);
  void take_outgoing(std::string& to_send);

  const std::shared_ptr<TlsContext> context_;
  std::string server_name_;
  std::unique_ptr<ssl_st, Free> ssl_;
  bio_st* incoming_ = nullptr;  // both belong to ssl_
  bio_st* outgoing_ = nullptr;
  std::string held_;  // to be written when the handshake lets it
  bool is_open_ = false;
  bool has_failed_ = false;
};

}  // namespace sessions::crypto
