#include <tape/base/bytes.h>
#include <tape/venue/exchange/message.h>

#include <nlohmann/json.hpp>

#include <utility>

namespace tape::venue {
namespace {

std::string scalar(const nlohmann::json& value) {
  if (value.is_null() || value.is_structured()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string decoded(std::string_view coded) {
  std::string value;
  for (std::size_t at = 0; at < coded.size(); ++at) {
    const auto code = coded[at] == '%' && coded.size() - at > 2 ? parse_hex(coded.substr(at + 1, 2))
                                                                : std::nullopt;
    value += code ? static_cast<char>(*code) : coded[at] == '+' ? ' ' : coded[at];
    if (code) at += 2;
  }
  return value;
}

}  // namespace

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

std::optional<ClientMessage> ClientMessage::parse_member(std::string_view text, const char* name) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  auto impl = std::make_unique<Impl>();
  impl->json[name] = std::move(json);
  return ClientMessage(std::move(impl));
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
  return value == nullptr ? std::string() : scalar(*value);
}

std::optional<std::vector<std::string>> ClientMessage::values(const char* name) const {
  const auto* const value = impl_->find(name);
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<std::string> all;
  for (const auto& item : *value) {
    if (item.is_null() || item.is_structured()) return std::nullopt;
    all.push_back(scalar(item));
  }
  return all;
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

std::vector<std::string> parameters(std::string_view query, std::string_view name) {
  std::vector<std::string> all;
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (!part.starts_with(name) || part.substr(name.size()).substr(0, 1) != "=") continue;
    all.push_back(decoded(part.substr(name.size() + 1)));
  }
  return all;
}

std::string parameter(std::string_view query, std::string_view name) {
  auto all = parameters(query, name);
  return all.empty() ? std::string() : std::move(all.front());
}

}  // namespace tape::venue
