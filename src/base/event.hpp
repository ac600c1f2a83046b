// A descriptor that is readable while something has happened: an eventfd(2).
#pragma once

namespace sessions {

// Any thread sets it; whoever polls the descriptor clears it.
class Event {
 public:
  Event() noexcept;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event(Event&&) = delete;
  Event& operator=(Event&&) = delete;
  ~Event();

  // -1 when the process may open no more.
  int descriptor() const noexcept { return descriptor_; }

  void set() const noexcept;
  void clear() const noexcept;

 private:
  const int descriptor_;
};

}  // namespace sessions
