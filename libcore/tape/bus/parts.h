// Parts of a message on their way through libzmq: who owns the bytes, and who is told when they
// have left. Internal to bus/.
#pragma once

#include <tape/base/bytes.h>
#include <tape/bus/slab.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

struct zmq_msg_t;

namespace tape::bus {

/// libzmq keeps so many bytes in a message itself.
inline constexpr std::size_t kInlinePart = 33;

/// Payloads inside libzmq: counted up by the sender, down by libzmq's thread when it has handed
/// them to the kernel.
struct Ledger {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> taken{0};
  [[nodiscard]] bool empty() const { return taken.load() == sent.load(); }
};

void init_copied(zmq_msg_t& message, Bytes bytes);
/// Copied, and counted in the ledger.
void init_followed(zmq_msg_t& message, Bytes payload, Ledger& ledger);
/// Without a copy: the text outlives the context.
void init_constant(zmq_msg_t& message, std::string_view text);
/// Without a copy. `ledger`: null when it is not followed.
void init_lent(zmq_msg_t& message, Bytes payload, Slab& slab, Ledger* ledger);

}  // namespace tape::bus
