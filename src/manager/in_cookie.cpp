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

Result<Origin> InCookie::find(std::string_view cookie_value, const Call& call, session::Content& content, Kept& kept,
                              Asked&) const {
  auto found = envelope_->open(cookie_value, call.now(), config_.lifetime());
  if (const auto* refusal = std::get_if<envelope::Refusal>(&found)) {
    return origin_of(*refusal);
  }
  auto& opened = std::get<envelope::Opened>(found);
  if (config_.codec()) {
    Result<std::string> text = config_.codec()->decode(opened.text);
    if (!text) {
      const Status status = text.error().status;
      return status == Status::nomem || is_passing(status) ? Result<Origin>(text.error()) : Origin::content;
    }
    opened.text = std::move(*text);
  }
  content.adopt_text(std::move(opened.text));
  kept.written = opened.written;
  return Origin::restored;
}

Result<void> InCookie::append_value(Write, const Kept&, const session::Content& content, const Call& call,
                                    std::string& line, std::optional<Kept>&) const {
  const std::size_t begin = line.size();
  content.append_python(line);
  if (config_.codec()) {
    const Result<std::string> coded = config_.codec()->encode(std::string_view(line).substr(begin));
    if (!coded) {
      return coded.error();
    }
    line.replace(begin, std::string::npos, *coded);
  }
  envelope_->seal(line, begin, call.now());
  return {};
}

bool InCookie::changes_value(Write) const noexcept { return true; }

Result<Written> InCookie::perform(Write, CommitMode, std::optional<Kept>&, session::Content& content, const Call& call,
                                  Kept& kept, Asked&) const {
  content.settle();
  kept.written = call.now();
  return Written{Written::Outcome::applied, {}};
}

Result<store::Destroyed> InCookie::destroy(const Kept&, const Call&, Asked&) const { return store::Destroyed{}; }

}  // namespace sessions::manager
