// Generation of RSA keys as FIPS 186-4, appendix B.3.3 has it, from OpenSSL's random probable primes. OpenSSL 3.0 by
// itself generates by appendix B.3.6 and computes a slow constant-time gcd for every candidate: 2.2 times the work
// (docs/performance.md).
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <memory>
#include <utility>

#include "client/e2e/random.h"
#include "client/e2e/rsa.h"
#include "common/check.h"

namespace fastchat::e2e {
namespace {

constexpr int kPrimeBits = kRsaBits / 2;

using Number = std::unique_ptr<BIGNUM, void (*)(BIGNUM*)>;
using Context = std::unique_ptr<BN_CTX, void (*)(BN_CTX*)>;

Number new_number() {
  Number number(BN_secure_new(), BN_clear_free);
  FC_CHECK(number != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

// Returns number - 1.
Number one_less(const Number& number) {
  Number out = new_number();
  FC_CHECK(BN_copy(out.get(), number.get()) != nullptr && BN_sub_word(out.get(), 1) == 1);
  return out;
}

// Returns a random probable prime whose two highest bits are set, and which is not 1 modulo e. So the product of two
// has exactly kRsaBits bits, and each is at least sqrt(2) * 2^(kPrimeBits - 1).
Number make_prime(BN_CTX* ctx) {
  for (;;) {
    Number prime = new_number();
    FC_CHECK(BN_generate_prime_ex2(prime.get(), kPrimeBits, 0, nullptr, nullptr, nullptr, ctx) == 1);
    if (BN_mod_word(prime.get(), RSA_F4) != 1) return prime;
  }
}

// Returns true when p > q and the difference has more than kPrimeBits - 100 bits.
bool far_above(const Number& p, const Number& q) {
  const Number difference = new_number();
  FC_CHECK(BN_sub(difference.get(), p.get(), q.get()) == 1);
  return BN_is_negative(difference.get()) == 0 && BN_num_bits(difference.get()) > kPrimeBits - 100;
}

// The numbers of a private key: modulus, exponents, primes, and their remainders for the faster computation.
struct RsaNumbers {
  Number n = new_number(), e = new_number(), d = new_number(), p, q;
  Number d_p = new_number(), d_q = new_number(), q_inverse = new_number();
};

// Returns false when the primes do not fit together; so rare that it never happens.
bool compute(RsaNumbers& key, BN_CTX* ctx) {
  if (!far_above(key.p, key.q)) return false;
  const Number p_1 = one_less(key.p), q_1 = one_less(key.q);
  const Number gcd = new_number(), product = new_number(), lcm = new_number();
  FC_CHECK(BN_set_word(key.e.get(), RSA_F4) == 1 && BN_mul(key.n.get(), key.p.get(), key.q.get(), ctx) == 1);
  FC_CHECK(BN_gcd(gcd.get(), p_1.get(), q_1.get(), ctx) == 1 && BN_mul(product.get(), p_1.get(), q_1.get(), ctx) == 1 &&
           BN_div(lcm.get(), nullptr, product.get(), gcd.get(), ctx) == 1);
  FC_CHECK(BN_mod_inverse(key.d.get(), key.e.get(), lcm.get(), ctx) != nullptr);
  FC_CHECK(BN_mod(key.d_p.get(), key.d.get(), p_1.get(), ctx) == 1 &&
           BN_mod(key.d_q.get(), key.d.get(), q_1.get(), ctx) == 1 &&
           BN_mod_inverse(key.q_inverse.get(), key.q.get(), key.p.get(), ctx) != nullptr);
  return BN_num_bits(key.n.get()) == kRsaBits && BN_num_bits(key.d.get()) > kPrimeBits;
}

PkeyRef to_pkey(const RsaNumbers& key) {
  const std::unique_ptr<OSSL_PARAM_BLD, void (*)(OSSL_PARAM_BLD*)> build(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  FC_CHECK(build != nullptr);
  const std::pair<const char*, const Number*> parts[] = {
      {OSSL_PKEY_PARAM_RSA_N, &key.n},           {OSSL_PKEY_PARAM_RSA_E, &key.e},
      {OSSL_PKEY_PARAM_RSA_D, &key.d},           {OSSL_PKEY_PARAM_RSA_FACTOR1, &key.p},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, &key.q},     {OSSL_PKEY_PARAM_RSA_EXPONENT1, &key.d_p},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, &key.d_q}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &key.q_inverse}};
  for (const auto& [name, number] : parts) FC_CHECK(OSSL_PARAM_BLD_push_BN(build.get(), name, number->get()) == 1);
  const std::unique_ptr<OSSL_PARAM, void (*)(OSSL_PARAM*)> params(OSSL_PARAM_BLD_to_param(build.get()),
                                                                  OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> ctx(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr),
                                                                   EVP_PKEY_CTX_free);
  EVP_PKEY* out = nullptr;
  FC_CHECK(params && ctx && EVP_PKEY_fromdata_init(ctx.get()) == 1 &&
           EVP_PKEY_fromdata(ctx.get(), &out, EVP_PKEY_KEYPAIR, params.get()) == 1);
  return PkeyRef(out);
}

}  // namespace

KeyPair KeyPair::generate() {
  const Context ctx(BN_CTX_secure_new(), BN_CTX_free);
  FC_CHECK(ctx != nullptr);
  RsaNumbers key{.p = make_prime(ctx.get()), .q = make_prime(ctx.get())};
  if (BN_cmp(key.p.get(), key.q.get()) < 0) std::swap(key.p, key.q);
  if (!compute(key, ctx.get())) return generate();
  Result<KeyPair> pair = adopt(to_pkey(key));
  FC_CHECK(pair.ok());
  // A pair whose halves do not belong together would lose what is sealed for it.
  const Secret probe = system_random().secret(32);
  Result<Secret> opened = unwrap(*pair, wrap(pair->public_key(), probe.view()));
  FC_CHECK(opened.ok() && opened->view() == probe.view());
  return std::move(pair).value();
}

}  // namespace fastchat::e2e
