// Which faults there are in a dialogue, and what comes of all of them.
#pragma once

#include <algorithm>
#include <map>
#include <store/redis/scripts.hpp>
#include <store/redis/writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fault_scenario.hpp"

namespace sessions::testing {

// Where each reply begins, or each command, and where the last one ends.
inline std::vector<std::size_t> borders(std::string_view said) {
  std::vector<std::size_t> borders = {0};
  store::redis::ReplyReader reader;
  for (std::size_t i = 0; i < said.size(); ++i) {
    REQUIRE(reader.feed(said.substr(i, 1)));
    if (reader.next()) {
      borders.push_back(i + 1);
    }
  }
  return borders;
}

// What a client might be given that was meant for another one. None can pass for the end of a value when it comes amid
// one: against who writes values into the stream only TLS helps.
inline std::vector<std::string> extra_replies(Scene& scene) {
  std::vector<std::string> replies = {"+OK\r\n",     ":12345\r\n",   "$-1\r\n",          "*0\r\n",        "-ERR no\r\n",
                                      "-OOM no\r\n", "-BUSY no\r\n", "-NOSCRIPT no\r\n", "-NOPERM no\r\n"};
  // Of another session, and to calls with tokens of the same length.
  for (const Dialogue dialogue : {Dialogue::load, Dialogue::create, Dialogue::commit, Dialogue::commit_merged,
                                  Dialogue::commit_in_conflict, Dialogue::regenerate, Dialogue::destroy}) {
    Scenario other(scene, dialogue, {});
    REQUIRE(other.play() == "");
    const std::string said = other.proxy().said_by_server().front();
    const std::vector<std::size_t> at = borders(said);
    const auto begin = std::find_if(at.begin(), at.end(), [&](std::size_t i) { return said[i] == '*'; });
    REQUIRE(at.end() - begin > 1);
    replies.push_back(said.substr(*begin, begin[1] - *begin));
    for (const auto& [outcome, another] : std::map<std::string, std::string>{{"$4\r\ndone\r\n", "$5\r\ntaken\r\n"},
                                                                             {"$5\r\nended\r\n", "$4\r\ngone\r\n"}}) {
      if (const std::size_t found = replies.back().find(outcome); found != std::string::npos) {
        replies.push_back(std::string(replies.back()).replace(found, outcome.size(), another));
      }
    }
  }
  return replies;
}

// A part of what is said.
struct Part {
  std::size_t begin;
  std::size_t end;
};

inline bool is_in(const std::vector<Part>& parts, std::size_t at) {
  return std::any_of(parts.begin(), parts.end(), [at](const Part& part) { return at >= part.begin && at < part.end; });
}

// Of a command in RESP, with their lengths before them.
inline std::vector<Part> words_of(std::string_view said, const Part& command) {
  std::vector<Part> words;
  for (std::size_t at = said.find('$', command.begin); at < command.end; at = words.back().end) {
    const std::size_t size = std::stoul(std::string(said.substr(at + 1, 10)));
    words.push_back({at, said.find('\n', at) + 1 + size + 2});
  }
  return words;
}

// What of the commands a server does as it comes, without anybody who could notice that it was changed: the texts of
// scripts, what they are called with, but for the token, which is repeated in the answer; and the number of a database.
inline std::vector<Part> unchecked_in(std::string_view said) {
  std::vector<Part> unchecked;
  const std::vector<std::size_t> at = borders(said);
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    const std::vector<Part> words = words_of(said, {at[i], at[i + 1]});
    const std::string_view name = said.substr(words[0].begin, words[0].end - words[0].begin);
    if (name == "$7\r\nEVALSHA\r\n" || name == "$4\r\nEVAL\r\n") {
      const Part& argument = words[3 + static_cast<std::size_t>(said[words[2].end - 3] - '0')];
      const std::size_t token = said.find('\n', argument.begin) + 1;
      unchecked.push_back(name[1] == '4' ? words[1] : Part{});
      unchecked.push_back({words[2].end, argument.begin});
      unchecked.push_back({token + store::redis::attempt_size, at[i + 1]});
    } else if (name == "$6\r\nSELECT\r\n") {
      unchecked.push_back(words[1]);
    }
  }
  return unchecked;
}

// The digits of numbers that are replies.
inline std::vector<Part> numbers_in(std::string_view said) {
  std::vector<Part> numbers;
  for (const std::size_t at : borders(said)) {
    if (at < said.size() && said[at] == ':') {
      numbers.push_back({at + 1, said.find('\r', at)});
    }
  }
  return numbers;
}

inline constexpr std::size_t places_in_script = 100;

// Every byte, but for the texts of scripts, each one word of thousands of bytes: some of them, all over it.
inline std::vector<std::size_t> places_in(std::string_view said) {
  std::vector<Part> texts;
  const auto scripts = store::redis::Scripts::make();
  REQUIRE(scripts);
  for (const store::redis::Script* const script : scripts->all()) {
    for (std::size_t at = said.find(script->text); at != std::string::npos; at = said.find(script->text, at + 1)) {
      texts.push_back({at, at + script->text.size()});
    }
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto text = std::find_if(texts.begin(), texts.end(), [i](const Part& part) { return is_in({part}, i); });
    if (text == texts.end() || (i - text->begin) % ((text->end - text->begin) / places_in_script) == 0) {
      places.push_back(i);
    }
  }
  return places;
}

// All plans of one connection of a dialogue, in which this is said when nothing goes wrong; without TLS the proxy
// understands it.
inline std::vector<FaultPlan> plans_of(std::string_view said, bool of_server, std::size_t connection, bool is_plain,
                                       const std::vector<std::string>& extras) {
  constexpr std::size_t dribbling = 64;
  const std::vector<Part> misleading = !is_plain   ? std::vector<Part>()
                                       : of_server ? numbers_in(said)
                                                   : unchecked_in(said);
  std::vector<FaultPlan> plans = {{Fault::dribble, of_server, connection, 0, {}}};
  for (const Fault fault : all_faults) {
    // A server takes an extra command for one that was meant, and what it says is not late but lost.
    if (fault == (of_server ? Fault::late : Fault::extra_reply)) {
      continue;
    }
    for (const std::size_t at : places_in(said)) {
      const bool misleads =
          (fault == Fault::near_byte || (fault == Fault::bad_byte && !of_server)) && is_in(misleading, at);
      plans.push_back(
          {fault, of_server, connection, at, of_server ? extras[at % extras.size()] : "", dribbling, misleads});
    }
  }
  if (of_server && is_plain) {
    for (const std::size_t at : borders(said)) {
      for (const std::string& extra : extras) {
        plans.push_back({Fault::extra_reply, true, connection, at, extra});
      }
    }
  }
  return plans;
}

// Likewise of all of its connections.
inline std::vector<FaultPlan> plans_of(const FaultProxy& whole, bool of_server, bool is_plain,
                                       const std::vector<std::string>& extras) {
  std::vector<FaultPlan> plans;
  const std::vector<std::string>& said = of_server ? whole.said_by_server() : whole.said_by_client();
  for (std::size_t i = 0; i < said.size(); ++i) {
    const std::vector<FaultPlan> some = plans_of(said[i], of_server, i, is_plain, extras);
    plans.insert(plans.end(), some.begin(), some.end());
  }
  return plans;
}

struct Tally {
  int scenarios = 0;
  int spoilt = 0;
  int resets = 0;
  int resets_seen = 0;
};

// Under a sanitizer, which takes its time, only every so many of the plans are played.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SESSIONS_PLAYED_OF 7
#endif
#endif
#ifndef SESSIONS_PLAYED_OF
#define SESSIONS_PLAYED_OF 1
#endif
inline constexpr int played_of = SESSIONS_PLAYED_OF;
#undef SESSIONS_PLAYED_OF

inline bool is_any(const FaultPlan&) { return true; }

// Plays those plans of a dialogue.
inline void play_all(Scene& scene, Dialogue dialogue, bool of_server, const std::vector<std::string>& extras,
                     Tally& tally, bool (*is_wanted)(const FaultPlan&) = is_any) {
  REQUIRE(Scenario(scene, dialogue, {}).play() == "");  // the server knows the script from now on
  Scenario whole(scene, dialogue, {});
  REQUIRE(whole.play() == "");
  int number = 0;
  for (const FaultPlan& plan : plans_of(whole.proxy(), of_server, !scene.speaks_tls(), extras)) {
    if (!is_wanted(plan) || number++ % played_of != 0) {
      continue;
    }
    Scenario scenario(scene, dialogue, plan);
    std::string wrong = scenario.play();
    wrong += plan.fault == Fault::late ? scenario.play_on() : "";
    const bool was_spoilt = scenario.proxy().was_spoilt();
    ++tally.scenarios;
    tally.spoilt += was_spoilt ? 1 : 0;
    tally.resets += was_spoilt && plan.fault == Fault::reset ? 1 : 0;
    tally.resets_seen += plan.fault == Fault::reset && scenario.proxy().was_reset() ? 1 : 0;
    if (!wrong.empty()) {
      CAPTURE(static_cast<int>(dialogue), plan.of_server, static_cast<int>(plan.fault), plan.connection, plan.at,
              plan.extra, plan.misleads);
      FAIL_CHECK(wrong);
    }
  }
}

}  // namespace sessions::testing
