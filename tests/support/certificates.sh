#!/usr/bin/env bash
# Throw-away certificates for tests, made by openssl: certificates.sh FOLDER.
#   ca.pem                the CA to trust; other-ca.pem is another one
#   good.pem              for localhost, 127.0.0.1 and ::1, from the CA (each with its NAME.key)
#   venue.pem             for the names of the venues, from the CA
#   wrong-host.pem        for other.example and 192.0.2.7, from the CA
#   expired.pem           as good, but over since 2020
#   self-signed.pem       for localhost and 127.0.0.1, its own issuer
#   unknown-ca.pem        as good, from the other CA
set -euo pipefail
cd "$1"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

authority() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=tape test $1" -days 30 -out "$1.pem" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
}

# NAME CA SUBJECT-ALTERNATIVE-NAMES START END
leaf() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=tape test server" -out "$1.csr"
  : >"$1.index"
  printf '[ca]\ndefault_ca=it\n[it]\ndatabase=%s.index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n' "$1" >"$1.cnf"
  printf 'policy=any\nx509_extensions=ext\n[any]\ncommonName=supplied\n[ext]\nsubjectAltName=%s\n' "$3" >>"$1.cnf"
  openssl ca -batch -config "$1.cnf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" -out "$1.pem" -notext \
    -startdate "$4" -enddate "$5"
}

{
  here="DNS:localhost,IP:127.0.0.1,IP:::1"
  start=$(date -u -d yesterday +%Y%m%d%H%M%SZ) end=$(date -u -d '30 days' +%Y%m%d%H%M%SZ)
  authority ca
  authority other-ca
  leaf good ca "$here" "$start" "$end"
  leaf venue ca "DNS:fstream.binance.com,DNS:fapi.binance.com,DNS:futures.kraken.com" "$start" "$end"
  leaf wrong-host ca "DNS:other.example,IP:192.0.2.7" "$start" "$end"
  leaf expired ca "$here" 20190101000000Z 20200101000000Z
  leaf unknown-ca other-ca "$here" "$start" "$end"
  key self-signed
  openssl req -x509 -new -key self-signed.key -subj "/CN=tape self-signed" -days 30 -out self-signed.pem \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"
} >openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }
