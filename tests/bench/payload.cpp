#include "payload.hpp"

#include <stdexcept>

namespace bench {

namespace {

std::string cart(int lines, std::string_view title) {
  std::string json = "[";
  for (int i = 0; i < lines; ++i) {
    json += i == 0 ? "" : ", ";
    json += R"({"sku": "book-)" + std::to_string(1000 + i) + R"(", "n": )" + std::to_string(1 + i % 9);
    if (!title.empty()) {
      json += R"(, "title": ")" + std::string(title) + R"(", "price": )" + std::to_string(10 + i) + ".95";
    }
    json += '}';
  }
  return json + ']';
}

Payload shop(std::string name, std::string cart) {
  return {std::move(name),
          {{std::string(read_key), "9007199254740993"},
           {"name", R"("Augusta Ada King, Countess of Lovelace")"},
           {"roles", R"(["editor", "admin", "accountant"])"},
           {"cart", std::move(cart)},
           {std::string(changed_key), "1000000"},
           {"csrf", R"("f3b1c27a9d5e4f60812b7c3d9e0a4f5b")"}}};
}

}  // namespace

std::string Payload::json() const {
  std::string text = "{";
  for (const auto& [key, value] : fields) {
    text += text.size() == 1 ? "" : ", ";
    text += '"';
    text += key;
    text += "\": ";
    text += value;
  }
  return text + '}';
}

Payload small_payload() { return shop("350B", cart(5, {})); }

Payload large_payload() { return shop("2.5KiB", cart(30, "Notes on the engine")); }

Payload payload_of_keys(std::size_t count) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  Payload payload{std::to_string(count) + "keys",
                  {{std::string(read_key), "9007199254740993"}, {std::string(changed_key), "1000000"}}};
  for (std::size_t i = payload.fields.size(); i < count; ++i) {
    payload.fields.push_back({{letters[i / letters.size() % letters.size()], letters[i % letters.size()]}, "1"});
  }
  return payload;
}

Payload payload_named(std::string_view name) {
  if (name == "350B") {
    return small_payload();
  }
  if (name == "2.5KiB") {
    return large_payload();
  }
  if (name.ends_with("keys")) {
    return payload_of_keys(std::stoul(std::string(name)));
  }
  throw std::invalid_argument("there is no such payload: " + std::string(name));
}

}  // namespace bench
