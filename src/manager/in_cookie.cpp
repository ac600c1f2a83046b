#include <manager/in_cookie.hpp>

namespace sessions::manager {

namespace {

Origin origin_of(envelope::Refusal refusal) noexcept {
  switch (refusal) {
    case envelope::Refusal::signature:
      return Origin::signature;
    case envelope::Refusal::expired:
      return Origin::expired;
    case envelope::Refusal::future:
      return Origin::future;
    case envelope::Refusal::malformed:
      break;
  }
  return Origin::malformed;
}

}  // namespace

Result<Origin> InCookie::find(std::string_view cookie_value, const Call& call, session::Content& content,
                              Kept& kept) const {
  auto found = envelope_->open(cookie_value, call.now, config_.lifetime());
  if (const auto* refusal = std::get_if<envelope::Refusal>(&found)) {
    return origin_of(*refusal);
  }
  auto& opened = std::get<envelope::Opened>(found);
  kept.written = opened.written;
  content.adopt_text(std::move(opened.text));
  return Origin::restored;
}

Result<std::string> InCookie::next_value(Write, const Kept&, const session::Content& content, const Call& call) const {
  return envelope_->seal(content.to_python(), call.now);
}

Result<bool> InCookie::perform(Write, const Kept&, std::string_view, session::Content& content, const Call&) const {
  content.settle();
  return true;
}

Result<void> InCookie::destroy(const Kept&, const Call&) const { return {}; }

}  // namespace sessions::manager
