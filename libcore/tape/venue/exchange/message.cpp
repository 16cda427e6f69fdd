#include <tape/base/bytes.h>
#include <tape/venue/exchange/message.h>

#include <nlohmann/json.hpp>

#include <utility>

namespace tape::venue {

struct ClientMessage::Impl {
  nlohmann::json json;
  [[nodiscard]] const nlohmann::json* find(const char* name) const {
    const auto found = json.find(name);
    return found == json.end() ? nullptr : &*found;
  }
};

ClientMessage::ClientMessage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientMessage::ClientMessage(ClientMessage&& other) noexcept = default;
ClientMessage& ClientMessage::operator=(ClientMessage&& other) noexcept = default;
ClientMessage::~ClientMessage() = default;

std::optional<ClientMessage> ClientMessage::parse(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return ClientMessage(std::make_unique<Impl>(Impl{std::move(json)}));
}

bool ClientMessage::has(const char* name) const { return impl_->find(name) != nullptr; }

std::string ClientMessage::text(const char* name) const {
  const auto* const value = impl_->find(name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<std::vector<std::string>> ClientMessage::list(const char* name) const {
  const auto* const value = impl_->find(name);
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& item : *value) {
    if (!item.is_string()) return std::nullopt;
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string ClientMessage::value(const char* name) const {
  const auto* const value = impl_->find(name);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::optional<std::vector<ClientMessage>> ClientMessage::objects(const char* name) const {
  const auto* const value = impl_->find(name);
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<ClientMessage> all;
  for (const auto& item : *value) {
    if (!item.is_object()) return std::nullopt;
    all.push_back(ClientMessage(std::make_unique<Impl>(Impl{item})));
  }
  return all;
}

std::string ClientMessage::json(const char* name) const {
  const auto* const value = impl_->find(name);
  using nlohmann::json;
  return value == nullptr ? "null" : value->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (!part.starts_with(name) || part.substr(name.size()).substr(0, 1) != "=") continue;
    std::string value;
    const auto coded = part.substr(name.size() + 1);
    for (std::size_t at = 0; at < coded.size(); ++at) {
      const auto code = coded[at] == '%' && coded.size() - at > 2
                            ? parse_hex(coded.substr(at + 1, 2))
                            : std::nullopt;
      value += code ? static_cast<char>(*code) : coded[at] == '+' ? ' ' : coded[at];
      if (code) at += 2;
    }
    return value;
  }
  return {};
}

}  // namespace tape::venue
