#!/bin/sh
# tools/test-pki.sh - a small PKI made with openssl(1), for tests and the demo.
#
# usage: tools/test-pki.sh DIR [--fast] [--kinds "KIND..."] [--people "NAME..."]
#                              [--extras "EXTRA..."] [--no-capabilities]
#
# Everything lands in DIR (made when missing; files there are overwritten).
#
#   KIND    rsa2048 rsa3072 p256 p384 p521    one certificate, signs and encrypts
#           ed25519                           two: Ed25519 signs, X25519 encrypts
#           dual                              two: RSA-3072 signs, RSA-2048 encrypts
#           dualec                            two: P-256 signs, P-256 encrypts
#   NAME    alice, bob, mallory, ...          the address is NAME@example.org
#   EXTRA   expired    alice-expired: was valid all through 2020
#           future     alice-future: valid from 2090 on
#           revoked    alice-revoked (key compromise, in 2024), alice-superseded
#                      (superseded, in 2024); both are in inter.crl
#           attacker   attacker-root, and attacker-alice issued by it in Alice's name
#           ocsp       PERSON.ocsp, a good answer for PERSON.pem, and
#                      alice-revoked.ocsp when "revoked" is asked too
#   --fast  --kinds p256 --people "alice bob mallory" --extras attacker (0.1 s)
#   --no-capabilities  leave out what certificates for encryption say otherwise:
#                      that their owner reads AES-256-GCM and AES-128-GCM (RFC 4262)
#   Without options: every kind and extra for alice, bob and mallory (about 5 s).
#
# Files: X.key PKCS#8 PEM without passphrase (0600), X.pem certificate, X.p12 both
# and the chain, under the passphrase in the file "passphrase".
#   root inter                the CA; chain.pem: inter and root; root.pem: the anchor
#   root.crl inter.crl        CRLs in PEM (and .crl.der), valid for ten years
#   NAME-KIND                 or NAME-KIND-sign and NAME-KIND-enc for pairs
#   NAME.key .pem .p12        the same as NAME-KIND of the first KIND named; of a
#                             pair: NAME-sign and NAME-enc
set -eu

die() { echo "test-pki: $*" >&2; exit 64; }

[ $# -ge 1 ] || die "usage: test-pki.sh DIR [--fast] [--kinds K] [--people P] [--extras E]"
case $1 in -h|--help) sed -n '2,/^set -eu/{/^set/!p}' "$0"; exit 0;; -*) die "the first argument is the folder";; esac
dir=$1; shift
kinds="p256 rsa2048 rsa3072 p384 p521 ed25519 dual dualec"
people="alice bob mallory"
extras="expired future revoked attacker ocsp"
gcm="30:1a:30:0b:06:09:60:86:48:01:65:03:04:01:2e:30:0b:06:09:60:86:48:01:65:03:04:01:06"
capabilities="1.2.840.113549.1.9.15 = DER:$gcm"
while [ $# -gt 0 ]; do
	case $1 in
	--fast) kinds=p256; people="alice bob mallory"; extras=attacker ;;
	--kinds) kinds=${2-}; shift ;;
	--people) people=${2-}; shift ;;
	--extras) extras=${2-}; shift ;;
	--no-capabilities) capabilities= ;;
	*) die "unknown option $1" ;;
	esac
	shift || die "the last option needs a value"
done

umask 077
LC_ALL=C
export LC_ALL
mkdir -p "$dir"
cd "$dir"
mkdir -p issued
: >index.txt
printf 'unique_subject = no\n' >index.txt.attr
printf 'secret\n' >passphrase

# One configuration for every certificate: the sections are chosen by name, the
# address comes from the environment.
cat >openssl.template <<'CNF'
[req]
distinguished_name = dn
prompt = no
string_mask = utf8only
[dn]
[ca]
default_ca = inter
[root]
database = index.txt
certificate = root.pem
private_key = root.key
default_md = sha256
default_crl_days = 3650
[inter]
database = index.txt
certificate = inter.pem
private_key = inter.key
default_md = sha256
default_crl_days = 3650
rand_serial = yes
new_certs_dir = issued
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[ext_root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ext_inter]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ext_both]
@capabilities@
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::MAIL}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ext_both_ec]
@capabilities@
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::MAIL}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ext_sign]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::MAIL}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ext_enc]
@capabilities@
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::MAIL}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ext_enc_ec]
@capabilities@
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::MAIL}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CNF
sed "s/^@capabilities@/$capabilities/" openssl.template >openssl.cnf
MAIL=nobody@example.org
export MAIL OPENSSL_CONF="$PWD/openssl.cnf"

# openssl(1) is noisy on standard error even when all is well.
quiet() { "$@" 2>err.log || { cat err.log >&2; echo "test-pki: failed: $*" >&2; exit 1; }; }

# newkey_args KEYTYPE: the arguments of openssl req for a new key.
newkey_args() {
	case $1 in
	rsa*) echo "-newkey rsa:${1#rsa}" ;;
	p*) echo "-newkey ec -pkeyopt ec_paramgen_curve:P-${1#p} -pkeyopt ec_param_enc:named_curve" ;;
	ed25519) echo "-newkey ed25519" ;;
	*) die "unknown key type $1" ;;
	esac
}

# issue NAME CA KEYTYPE EXTENSIONS SUBJECT: NAME.key and NAME.pem, signed by CA.
issue() {
	signer="-CA $2.pem -CAkey $2.key"
	[ "$1" != "$2" ] || signer=
	# shellcheck disable=SC2046,SC2086 # lists of words
	quiet openssl req -x509 -new $(newkey_args "$3") -noenc -keyout "$1.key" \
		-out "$1.pem" -subj "$5" -extensions "$4" -days 3650 -sha256 $signer
}

# issue_x25519 NAME CA SUBJECT: this key cannot sign a request of its own.
issue_x25519() {
	quiet openssl genpkey -algorithm X25519 -out "$1.key"
	quiet openssl pkey -in "$1.key" -pubout -out "$1.pub"
	quiet openssl x509 -new -force_pubkey "$1.pub" -subj "$3" -CA "$2.pem" \
		-CAkey "$2.key" -days 3650 -sha256 -extfile openssl.cnf \
		-extensions ext_enc_ec -out "$1.pem"
	rm -f "$1.pub"
}

# issue_dated NAME START END: a P-256 certificate with dates of its own.
issue_dated() {
	# shellcheck disable=SC2046 # a list of words
	quiet openssl req -new $(newkey_args p256) -noenc -keyout "$1.key" \
		-out "$1.csr" -subj "$subject"
	quiet openssl ca -batch -name inter -in "$1.csr" -out "$1.pem" -notext \
		-startdate "$2" -enddate "$3" -extensions ext_both_ec
	rm -f "$1.csr"
}

pack() {
	quiet openssl pkcs12 -export -inkey "$1.key" -in "$1.pem" -certfile chain.pem \
		-passout file:passphrase -name "$1" -out "$1.p12"
}

same() { # FROM TO
	for end in key pem p12; do ln -sf "$1.$end" "$2.$end"; done
}

make_person() { # NAME KIND
	name=$1-$2
	case $2 in
	rsa*) issue "$name" inter "$2" ext_both "$subject"; pack "$name" ;;
	p*) issue "$name" inter "$2" ext_both_ec "$subject"; pack "$name" ;;
	ed25519)
		issue "$name-sign" inter ed25519 ext_sign "$subject"
		issue_x25519 "$name-enc" inter "$subject" ;;
	dual)
		issue "$name-sign" inter rsa3072 ext_sign "$subject"
		issue "$name-enc" inter rsa2048 ext_enc "$subject" ;;
	dualec)
		issue "$name-sign" inter p256 ext_sign "$subject"
		issue "$name-enc" inter p256 ext_enc_ec "$subject" ;;
	*) die "unknown kind $2" ;;
	esac
	case $2 in ed25519|dual|dualec) pack "$name-sign"; pack "$name-enc" ;; esac
}

set_subject() { # PERSON: MAIL and subject
	MAIL=$1@example.org
	first=$(printf %s "$1" | cut -c1 | tr '[:lower:]' '[:upper:]')
	subject="/O=Example Organisation/CN=$first${1#?}"
}

issue root root p256 ext_root "/O=Example Organisation/CN=Example Root CA"
issue inter root p256 ext_inter "/O=Example Organisation/CN=Example Mail CA"
cat inter.pem root.pem >chain.pem

for person in $people; do
	set_subject "$person"
	primary=
	for kind in $kinds; do
		make_person "$person" "$kind"
		[ -z "$primary" ] || continue
		primary=$kind
		case $kind in
		ed25519|dual|dualec)
			same "$person-$kind-sign" "$person-sign"
			same "$person-$kind-enc" "$person-enc" ;;
		*) same "$person-$kind" "$person" ;;
		esac
	done
done

set_subject alice
ocsp=
for extra in $extras; do
	case $extra in
	expired) issue_dated alice-expired 20200101000000Z 20201231235959Z; pack alice-expired ;;
	future) issue_dated alice-future 20900101000000Z 20991231235959Z; pack alice-future ;;
	revoked)
		issue_dated alice-revoked 20230101000000Z 20351231235959Z
		issue_dated alice-superseded 20230101000000Z 20351231235959Z
		pack alice-revoked; pack alice-superseded
		quiet openssl ca -name inter -revoke alice-revoked.pem -crl_reason keyCompromise
		quiet openssl ca -name inter -revoke alice-superseded.pem -crl_reason superseded
		# openssl(1) dates a revocation now: say 2024, so that it can be before.
		sed -i 's/\t[0-9]*Z,\([a-zA-Z]*\)\t/\t240301000000Z,\1\t/' index.txt ;;
	attacker)
		issue attacker-root attacker-root p256 ext_root \
			"/O=Example Organisation/CN=Example Root CA"
		issue attacker-alice attacker-root p256 ext_both_ec "$subject" ;;
	ocsp) ocsp=yes ;;
	*) die "unknown extra $extra" ;;
	esac
done

quiet openssl ca -name root -gencrl -config openssl.cnf -out root.crl
quiet openssl ca -name inter -gencrl -config openssl.cnf -out inter.crl
for ca in root inter; do
	quiet openssl crl -in $ca.crl -outform DER -out $ca.crl.der
done

# answer NAME: NAME.ocsp, signed by the issuing CA, valid for ten years.
answer() {
	grep -q "	$(openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2)	" index.txt ||
		printf 'V\t351231235959Z\t\t%s\tunknown\t%s\n' \
			"$(openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2)" "$subject" >>index.txt
	quiet openssl ocsp -issuer inter.pem -cert "$1.pem" -no_nonce -reqout ocsp.req
	quiet openssl ocsp -index index.txt -CA inter.pem -rsigner inter.pem -rkey inter.key \
		-reqin ocsp.req -respout "$1.ocsp" -ndays 3650 >ocsp.log
	rm -f ocsp.req ocsp.log
}
if [ -n "$ocsp" ]; then
	for person in $people; do
		[ ! -e "$person.pem" ] || { set_subject "$person"; answer "$person"; }
	done
	[ ! -e alice-revoked.pem ] || { set_subject alice; answer alice-revoked; }
fi

rm -rf issued index.txt* err.log openssl.cnf openssl.template
