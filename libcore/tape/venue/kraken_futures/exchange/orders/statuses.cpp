#include <tape/base/bytes.h>
#include <tape/venue/exchange/json_object.h>
#include <tape/venue/exchange/message.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/orders/forms.h>
#include <tape/venue/kraken_futures/exchange/orders/statuses.h>

#include <algorithm>

namespace tape::venue::kraken_futures {
namespace {

// docs.kraken.com, futures REST v3, "get specific orders' status" (read 2026-11).
constexpr Nanos kKnownFor = 5 * kSecond;

/// Clients write lists as a=1&a=2, a[]=1&a[]=2, a=1,2 and a=["1","2"].
std::vector<std::string> ids_of(const ClientCall& call, const std::string& name) {
  std::vector<std::string> ids;
  for (const auto& part : {call.query(), call.body}) {
    for (const auto& spelled : {name, name + "[]", name + "%5B%5D"}) {
      for (const auto& text : parameters(part, spelled)) {
        const auto array = ClientMessage::parse_member(text, "ids");
        if (auto values = array ? array->values("ids") : std::nullopt) {
          ids.insert(ids.end(), values->begin(), values->end());
          continue;
        }
        const auto entries = split_lists({text});
        ids.insert(ids.end(), entries.begin(), entries.end());
      }
    }
  }
  return ids;
}

}  // namespace

void Statuses::gone(const std::string& account, const ClientOrder& order, std::string_view reason) {
  gone_.push_back({account, order, std::string(reason), host_.monotonic()});
  gone_.back().order.updated_at = host_.tape_now();
}

std::string Statuses::list(const std::string& account, const ClientCall& call) {
  std::erase_if(gone_, [&](const Gone& each) { return host_.monotonic() - each.at >= kKnownFor; });
  const auto ids = ids_of(call, "orderIds");
  const auto client_ids = ids_of(call, "cliOrdIds");
  if (ids.empty() && client_ids.empty()) return {};
  std::vector<std::string> found;
  const auto add = [&](std::string text) {
    if (text.empty() || std::find(found.begin(), found.end(), text) != found.end()) return;
    found.push_back(std::move(text));
  };
  for (const auto& id : ids) add(one(account, id, ""));
  for (const auto& id : client_ids) add(one(account, "", id));
  return json_list(found);
}

std::string Statuses::one(const std::string& account, std::string_view id,
                          std::string_view client_id) const {
  if (const auto order = orders_.find(account, id, client_id)) return order_details(*order, "");
  const auto last = std::find_if(gone_.rbegin(), gone_.rend(), [&](const Gone& each) {
    const auto& order = each.order;
    return each.account == account && (id.empty() ? order.client_id == client_id : order.id == id);
  });
  return last == gone_.rend() ? std::string() : order_details(last->order, capitals(last->reason));
}

}  // namespace tape::venue::kraken_futures
