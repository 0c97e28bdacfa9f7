# SPDX-License-Identifier: MIT
#
# certificates.sh -- an authority of a story's own, and what it signs.

# certificate NAME SUBJECT-ALT-NAME FROM TO: NAME.pem and NAME.key, signed by ca.pem
certificate () {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" \
		2>/dev/null &&
	echo "subjectAltName=$2" >"$1.ext" &&
	openssl ca -batch -config ca.conf -notext -in "$1.csr" -out "$1.pem" \
		-extfile "$1.ext" -startdate "$3" -enddate "$4" 2>ca.err || { cat ca.err; return 1; }
}
make_ca () {
	: >index.txt && echo 1000 >serial &&
	cat >ca.conf <<-END &&
	[ca]
	default_ca = this
	[this]
	dir = .
	database = ./index.txt
	new_certs_dir = .
	serial = ./serial
	certificate = ./ca.pem
	private_key = ./ca.key
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	END
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority \
		-addext basicConstraints=critical,CA:true -keyout ca.key -out ca.pem 2>/dev/null
}
LONG_AGO=20200101000000Z YESTERDAY=$(date -u -d yesterday +%Y%m%d%H%M%SZ)
TOMORROW=$(date -u -d tomorrow +%Y%m%d%H%M%SZ)
