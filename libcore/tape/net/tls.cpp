#include <tape/base/error.h>
#include <tape/net/tls.h>

#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace tape::net {
namespace {

namespace ssl = asio::ssl;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

template <class Print>
std::string printed(Print print) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  if (!bio) return "?";
  print(bio.get());
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? one_line({data, static_cast<std::size_t>(size)}) : "?";
}

std::string name_text(const X509_NAME* name) {
  return printed([&](BIO* out) { X509_NAME_print_ex(out, name, 0, XN_FLAG_ONELINE); });
}

std::string time_text(const ASN1_TIME* time) {
  return printed([&](BIO* out) { ASN1_TIME_print(out, time); });
}

std::string alternative_text(const GENERAL_NAME* name) {
  int type = 0;
  const void* const value = GENERAL_NAME_get0_value(name, &type);
  const auto* const text = static_cast<const ASN1_STRING*>(value);
  if (type == GEN_DNS) {
    return one_line({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text))});
  }
  if (type != GEN_IPADD) return {};
  const auto* const bytes = ASN1_STRING_get0_data(text);
  if (ASN1_STRING_length(text) == 4) {
    asio::ip::address_v4::bytes_type four{};
    std::copy_n(bytes, four.size(), four.begin());
    return asio::ip::address_v4(four).to_string();
  }
  if (ASN1_STRING_length(text) != 16) return {};
  asio::ip::address_v6::bytes_type six{};
  std::copy_n(bytes, six.size(), six.begin());
  return asio::ip::address_v6(six).to_string();
}

/// Whom a certificate is for: its alternative names (the first five), else its subject.
std::string owner_text(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string out;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && i < 5; ++i) {
    const auto text = alternative_text(sk_GENERAL_NAME_value(names.get(), i));
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  }
  if (count > 5) out += ", ...";
  return out.empty() ? name_text(X509_get_subject_name(certificate)) : out;
}

std::string fault_text(const std::string& host, int error, const X509* certificate) {
  constexpr std::string_view kTrust =
      "if you trust it, name its CA certificate (PEM) as the CA file";
  if (certificate == nullptr) {
    return fmt::format("certificate of {} is refused: {}", host,
                       X509_verify_cert_error_string(error));
  }
  const auto issuer = name_text(X509_get_issuer_name(certificate));
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format(
          "certificate is for {}, not {}; correct the address, or somebody stands between",
          owner_text(certificate), host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format(
          "certificate expired on {} ({}); its owner must renew it, or the clock here is wrong",
          time_text(X509_get0_notAfter(certificate)), owner_text(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("certificate is not valid before {} ({}); the clock here may be wrong",
                         time_text(X509_get0_notBefore(certificate)), owner_text(certificate));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return fmt::format("certificate of {} is self-signed ({}); {}", host, issuer, kTrust);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format("certificate of {} is from an unknown CA ({}); {}", host, issuer, kTrust);
    default:
      return fmt::format("certificate of {} is refused: {}", host,
                         X509_verify_cert_error_string(error));
  }
}

ssl::context make_context(const TlsOptions& options) {
  ssl::context context(ssl::context::tls_client);
  if (SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION) != 1) {
    throw Error(Fault::internal, "TLS 1.2 cannot be set as the lowest version");
  }
  context.set_verify_mode(options.verify ? ssl::verify_peer : ssl::verify_none);
  if (!options.verify) return context;
  ErrorCode error;
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(options.ca_file, error);
  }
  if (error) {
    throw Error(Fault::usage,
                options.ca_file.empty()
                    ? fmt::format("the system's CA certificates cannot be read ({}); install "
                                  "ca-certificates or name a CA file",
                                  error.message())
                    : fmt::format("CA file {}: {}; a readable PEM file with CA certificates is "
                                  "wanted",
                                  options.ca_file, error.message()));
  }
  return context;
}

}  // namespace

asio::ssl::context& Loop::Impl::tls_context(const TlsOptions& options) {
  const std::pair key(options.ca_file, options.verify);
  auto found = contexts.find(key);
  if (found == contexts.end()) found = contexts.emplace(key, make_context(options)).first;
  return found->second;
}

void expect_host(TlsStream& stream, const std::string& host, std::shared_ptr<PeerCheck> check) {
  check->host = host;
  SSL* const handle = stream.native_handle();
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(handle);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  ErrorCode not_address;
  (void)asio::ip::make_address(host, not_address);
  bool set = false;
  if (not_address) {
    set = SSL_set_tlsext_host_name(handle, host.c_str()) == 1 &&
          X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) == 1;
  } else {
    // RFC 6066, section 3: no address in server name indication.
    set = X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  }
  if (!set) throw Error(Fault::internal, "TLS: the expected host " + host + " cannot be set");
  if (SSL_get_verify_mode(handle) == SSL_VERIFY_NONE) return;
  stream.set_verify_callback([check = std::move(check)](bool good, ssl::verify_context& context) {
    if (!good && check->fault.empty()) {
      auto* const store = context.native_handle();
      check->fault = fault_text(check->host, X509_STORE_CTX_get_error(store),
                                X509_STORE_CTX_get_current_cert(store));
    }
    return good;
  });
}

std::string handshake_cause(const PeerCheck& check, const ErrorCode& error) {
  if (!check.fault.empty()) return check.fault;
  if (error == asio::error::eof || error == ssl::error::stream_truncated) {
    return fmt::format("{} closed the connection inside the TLS handshake", check.host);
  }
  return fmt::format("TLS handshake with {} failed: {}", check.host, one_line(error.message()));
}

}  // namespace tape::net
