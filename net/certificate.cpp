#include "net/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string_view>

#include "net/openssl.hpp"

namespace wirelab::net {
namespace {

using Key = std::unique_ptr<EVP_PKEY, CallOn<EVP_PKEY_free>>;
using Paper = std::unique_ptr<X509, CallOn<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, CallOn<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, CallOn<BIO_free_all>>;

void require_made(bool made) {
  if (!made) throw std::runtime_error("no certificate could be made: " + openssl_error());
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require_made(key != nullptr);
  return key;
}

/// 64 random bits, as public authorities must have; not 0.
void set_serial(X509* paper) {
  std::uint64_t serial = 0;
  require_made(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  require_made(ASN1_INTEGER_set_uint64(X509_get_serialNumber(paper), (serial >> 1) | 1) == 1);
}

void extend(X509* paper, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, paper, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  require_made(extension != nullptr && X509_add_ext(paper, extension.get(), -1) == 1);
}

/// Begun: all but extensions and signature. Without an issuer it is its own.
Paper begin(EVP_PKEY* key, X509* issuer, std::string_view common_name, const CertificateWish& wish) {
  Paper paper(X509_new());
  require_made(paper != nullptr && X509_set_version(paper.get(), X509_VERSION_3) == 1);
  set_serial(paper.get());
  X509_gmtime_adj(X509_getm_notBefore(paper.get()), wish.from.count());
  X509_gmtime_adj(X509_getm_notAfter(paper.get()), wish.until.count());
  X509_NAME* const subject = X509_get_subject_name(paper.get());
  const auto add = [subject](const char* field, std::string_view text) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    require_made(
        X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, bytes, static_cast<int>(text.size()), -1, 0) == 1);
  };
  add("O", "wirelab");
  add("CN", common_name);
  const X509_NAME* const issuer_name = X509_get_subject_name(issuer != nullptr ? issuer : paper.get());
  require_made(X509_set_issuer_name(paper.get(), issuer_name) == 1 && X509_set_pubkey(paper.get(), key) == 1);
  return paper;
}

bool is_numeric(const std::string& name) {
  const std::unique_ptr<ASN1_OCTET_STRING, CallOn<ASN1_OCTET_STRING_free>> address(a2i_IPADDRESS(name.c_str()));
  return address != nullptr;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text.append(text.empty() ? "" : ",").append(is_numeric(name) ? "IP:" : "DNS:").append(name);
  return text;
}

template <typename Write>
std::string pem(const Write& write) {
  const Memory memory(BIO_new(BIO_s_mem()));
  require_made(memory != nullptr && write(memory.get()) == 1);
  char* bytes = nullptr;
  const auto length = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

std::string paper_pem(X509* paper) {
  return pem([paper](BIO* to) { return PEM_write_bio_X509(to, paper); });
}

}  // namespace

Certificate make_certificate(const CertificateWish& wish) {
  ERR_clear_error();
  const Key authority_key = make_key(), key = make_key();
  const Paper authority = begin(authority_key.get(), nullptr, "wirelab laboratory authority", wish);
  extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign");
  extend(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
  require_made(X509_sign(authority.get(), authority_key.get(), EVP_sha256()) > 0);

  const Paper paper = begin(key.get(), authority.get(), "wirelab server", wish);
  extend(paper.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(paper.get(), authority.get(), NID_key_usage, "critical,digitalSignature");
  extend(paper.get(), authority.get(), NID_ext_key_usage, "serverAuth");
  extend(paper.get(), authority.get(), NID_authority_key_identifier, "keyid:always");
  extend(paper.get(), authority.get(), NID_subject_alt_name, alternative_names(wish.names));
  require_made(X509_sign(paper.get(), authority_key.get(), EVP_sha256()) > 0);

  const auto write_key = [&](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  };
  return {paper_pem(authority.get()), paper_pem(paper.get()), pem(write_key)};
}

}  // namespace wirelab::net
