// Parts of a message on their way through libzmq: who owns the bytes, and who is told when they
// have left. Internal to bus/.
#pragma once

#include <tape/base/bytes.h>
#include <tape/bus/slab.h>
#include <tape/bus/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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

/// A received part, which closes itself.
class Part {
 public:
  Part();
  ~Part();
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  /// False when there is none now.
  [[nodiscard]] bool receive(const Socket& socket);
  /// Valid until the next receive().
  [[nodiscard]] std::string_view text() const;
  /// One of ZMQ_MORE and so on.
  [[nodiscard]] int get(int property) const;

 private:
  std::unique_ptr<zmq_msg_t> message_;
};

void init_copied(zmq_msg_t& message, Bytes bytes);
/// Copied, and counted in the ledger.
void init_followed(zmq_msg_t& message, Bytes payload, Ledger& ledger);
/// Without a copy: the text outlives the context.
void init_constant(zmq_msg_t& message, std::string_view text);
/// The same of bytes that stay until a later message has left.
void init_constant(zmq_msg_t& message, Bytes bytes);
/// The same, and `gone` becomes true when libzmq is done with the message.
void init_telling(zmq_msg_t& message, Bytes bytes, std::atomic<bool>& gone);
/// Without a copy. `ledger`: null when it is not followed.
void init_lent(zmq_msg_t& message, Bytes payload, Slab& slab, Ledger* ledger);

}  // namespace tape::bus
