#include <tape/bus/parts.h>

#include <zmq.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace tape::bus {
namespace {

/// Stands in front of the payload in one block of memory.
struct Followed {
  Ledger* ledger;
  std::size_t size;
};

void release(void* /*data*/, void* hint) {
  auto* block = static_cast<Followed*>(hint);
  block->ledger->bytes.fetch_sub(block->size);
  block->ledger->taken.fetch_add(1);
  std::free(hint);  // NOLINT: made by malloc below
}

/// A payload in a slab that counts in the ledger as well.
struct FollowedLoan {
  Slab* slab;
  Ledger* ledger;
  std::size_t size;
};

void tell(void* /*data*/, void* hint) {
  static_cast<std::atomic<bool>*>(hint)->store(true, std::memory_order_release);
}

void give_back(void* /*data*/, void* hint) { static_cast<Slab*>(hint)->release(); }

void give_back_followed(void* /*data*/, void* hint) {
  const std::unique_ptr<FollowedLoan> loan(static_cast<FollowedLoan*>(hint));
  loan->slab->release();
  loan->ledger->bytes.fetch_sub(loan->size);
  loan->ledger->taken.fetch_add(1);
}

}  // namespace

void init_followed(zmq_msg_t& message, Bytes payload, Ledger& ledger) {
  void* memory =
      std::malloc(sizeof(Followed) + payload.size());  // NOLINT: libzmq's thread frees it
  if (memory == nullptr) throw std::bad_alloc();
  auto* block = new (memory) Followed{&ledger, payload.size()};
  auto* data = static_cast<std::uint8_t*>(memory) + sizeof(Followed);
  if (!payload.empty()) std::memcpy(data, payload.data(), payload.size());
  if (zmq_msg_init_data(&message, data, payload.size(), release, block) != 0) {
    std::free(memory);  // NOLINT
    throw std::bad_alloc();
  }
  ledger.bytes.fetch_add(payload.size());
  ledger.sent.fetch_add(1);
}

void init_lent(zmq_msg_t& message, Bytes payload, Slab& slab, Ledger* ledger) {
  // libzmq only reads what it sends.
  auto* const data = const_cast<std::uint8_t*>(payload.data());  // NOLINT
  if (ledger == nullptr) {
    if (zmq_msg_init_data(&message, data, payload.size(), give_back, &slab) != 0)
      throw std::bad_alloc();
    slab.retain();
    return;
  }
  auto loan = std::make_unique<FollowedLoan>(FollowedLoan{&slab, ledger, payload.size()});
  if (zmq_msg_init_data(&message, data, payload.size(), give_back_followed, loan.get()) != 0)
    throw std::bad_alloc();
  (void)loan.release();
  slab.retain();
  ledger->bytes.fetch_add(payload.size());
  ledger->sent.fetch_add(1);
}

Part::Part() : message_(std::make_unique<zmq_msg_t>()) { (void)zmq_msg_init(message_.get()); }
Part::~Part() { (void)zmq_msg_close(message_.get()); }

bool Part::receive(const Socket& socket) {
  return zmq_msg_recv(message_.get(), socket.handle(), ZMQ_DONTWAIT) >= 0;
}
std::string_view Part::text() const {
  return {static_cast<const char*>(zmq_msg_data(message_.get())), zmq_msg_size(message_.get())};
}
int Part::get(int property) const { return zmq_msg_get(message_.get(), property); }

void init_copied(zmq_msg_t& message, Bytes bytes) {
  if (zmq_msg_init_size(&message, bytes.size()) != 0) throw std::bad_alloc();
  if (!bytes.empty()) std::memcpy(zmq_msg_data(&message), bytes.data(), bytes.size());
}

void init_constant(zmq_msg_t& message, std::string_view text) {
  (void)zmq_msg_init_data(&message, const_cast<char*>(text.data()), text.size(), nullptr,
                          nullptr);  // NOLINT
}

void init_constant(zmq_msg_t& message, Bytes bytes) { init_constant(message, as_text(bytes)); }

void init_telling(zmq_msg_t& message, Bytes bytes, std::atomic<bool>& gone) {
  auto* const data = const_cast<std::uint8_t*>(bytes.data());  // NOLINT: libzmq only reads
  if (zmq_msg_init_data(&message, data, bytes.size(), tell, &gone) != 0) throw std::bad_alloc();
}

}  // namespace tape::bus
