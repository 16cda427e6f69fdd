#include <tape/base/bytes.h>
#include <tape/venue/binance_usdm/live/rest/sign.h>

#include <fmt/format.h>

namespace tape::venue::binance_usdm::live {

std::string sign(const Secret& secret, std::string_view total) {
  return hex(Bytes(hmac_sha256(as_bytes(secret.reveal()), as_bytes(total))));
}

std::string signed_query(const Secret& secret, std::string_view parameters, Nanos venue_time) {
  auto query = fmt::format("{}{}recvWindow=5000&timestamp={}", parameters,
                           parameters.empty() ? "" : "&", venue_time / kMillisecond);
  const auto signature = sign(secret, query);
  return query + "&signature=" + signature;
}

}  // namespace tape::venue::binance_usdm::live
