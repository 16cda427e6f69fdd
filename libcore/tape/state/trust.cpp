#include <tape/state/trust.h>

namespace tape::state {

void Standing::weaken(std::string_view reason, const Moment& moment) {
  if (trust_ == schema::Trust::SUSPECT) return;
  if (trust_ == schema::Trust::UNVERIFIABLE && reason_ == reason) return;
  set(schema::Trust::UNVERIFIABLE, reason, moment);
}

void Standing::doubt(std::string_view reason, const Moment& moment) {
  if (trust_ == schema::Trust::SUSPECT) return;
  set(schema::Trust::SUSPECT, reason, moment);
}

void Standing::set(schema::Trust trust, std::string_view reason, const Moment& moment) {
  trust_ = trust;
  reason_.assign(reason);
  since_ = moment;
}

void write(const Finding& finding, schema::Finding::Builder out) {
  out.setRule(finding.rule.c_str());
  out.setSubject(finding.subject.c_str());
  event::set_decimal(out.getExpected(), finding.expected);
  event::set_decimal(out.getFound(), finding.found);
  event::set_decimal(out.getDifference(), finding.difference);
  out.setReceivedAt(finding.moment.received_at);
  out.setSession(finding.moment.session);
  out.setOrdinal(finding.moment.ordinal);
}

}  // namespace tape::state
