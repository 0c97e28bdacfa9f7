#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# standin.pl registry|s3 PORT-FILE LOG SECRETS -- a server on loopback that believes nobody,
# for docker.t and aws.t.  One request a connection; each is a line of LOG: verdict, method, path.
#
# registry: a container registry (HTTP API V2) behind HTTP's Basic scheme.  SECRETS holds
#   "USER:PASSWORD".
# s3: checks the signature (AWS Signature Version 4) of each request.  SECRETS holds a line
#   "KEY-ID SECRET-KEY [SESSION-TOKEN]".
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha256_hex sha256_hex);
use IO::Socket::INET;
use MIME::Base64;

my ($mode, $port_file, $log_file, $secrets_file) = @ARGV;
my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', ReuseAddr => 1)
	or die "cannot listen: $!";
open(my $log, '>>', $log_file) or die "$log_file: $!";
$log->autoflush(1);
open(my $f, '>', "$port_file.new") or die "$port_file: $!";
print $f $listener->sockport, "\n";
close($f);
rename("$port_file.new", $port_file) or die "$port_file: $!";
$SIG{PIPE} = 'IGNORE';

sub secrets {
	open(my $in, '<', $secrets_file) or return '';
	my $line = <$in> // '';
	chomp $line;
	return $line;
}

# Kept until the request stands in the log: who got an answer may look there.
my $answer;
sub answer {
	my ($status, $type, $body, @headers) = @_;
	$answer = join("\r\n", "HTTP/1.1 $status", "Content-Type: $type",
		'Content-Length: ' . length($body), 'Connection: close', @headers, '', $body);
}

sub registry {
	my ($method, $target, $headers) = @_;
	my $given = $headers->{authorization} // '';
	my $good = $given =~ /^Basic (\S+)$/ && decode_base64($1) eq secrets();
	my @api = ('Docker-Distribution-Api-Version: registry/2.0');
	if (!$good) {
		answer('401 Unauthorized', 'application/json',
		       '{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}', @api,
		       'WWW-Authenticate: Basic realm="standin"');
		return $given eq '' ? 'nobody' : 'refused';
	}
	if ($target =~ m{^/v2/(.+)/tags/list}) {
		answer('200 OK', 'application/json', qq({"name":"$1","tags":["one","two"]}), @api);
	} elsif ($target eq '/v2/') {
		answer('200 OK', 'application/json', '{}', @api);
	} else {
		answer('404 Not Found', 'application/json', '{"errors":[]}', @api);
	}
	return 'welcome';
}

sub signature {
	my ($method, $target, $headers, $secret, $signed, $scope) = @_;
	my ($path, $query) = split(/\?/, $target, 2);
	my ($date, $region, $service) = split(m{/}, $scope);
	my $canonical = join("\n", $method, $path,
		join('&', sort map { /=/ ? $_ : "$_=" } split(/&/, $query // '')),
		(map { "$_:" . ($headers->{$_} // '') } split(/;/, $signed)), '',
		$signed, $headers->{'x-amz-content-sha256'} // '');
	my $key = "AWS4$secret";
	$key = hmac_sha256($_, $key) for ($date, $region, $service, 'aws4_request');
	return hmac_sha256_hex(join("\n", 'AWS4-HMAC-SHA256', $headers->{'x-amz-date'} // '', $scope,
		sha256_hex($canonical)), $key);
}

sub s3 {
	my ($method, $target, $headers) = @_;
	my ($id, $secret, $token) = split(/ /, secrets());
	my ($key, $scope, $signed, $signature) = ($headers->{authorization} // '') =~
		m{^AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), *SignedHeaders=([^,]+), *Signature=(\w+)$};
	my $verdict = !defined $key ? 'unsigned' : $key ne $id ? 'wrong-id' :
		($headers->{'x-amz-security-token'} // '') ne ($token // '') ? 'wrong-token' :
		signature($method, $target, $headers, $secret, $signed, $scope) ne $signature ?
			'wrong-signature' : 'welcome';
	if ($verdict eq 'welcome') {
		answer('200 OK', 'application/xml', '<?xml version="1.0" encoding="UTF-8"?>' .
		       '<ListBucketResult><Name>b</Name><KeyCount>1</KeyCount><IsTruncated>false' .
		       '</IsTruncated><Contents><Key>hello.txt</Key><Size>5</Size></Contents>' .
		       '</ListBucketResult>');
	} else {
		answer('403 Forbidden', 'application/xml',
		       "<Error><Code>AccessDenied</Code><Message>$verdict</Message></Error>");
	}
	return $verdict;
}

while (my $c = $listener->accept) {
	my ($method, $target) = (<$c> // '') =~ m{^(\S+) (\S+) HTTP/1} or next;
	my %headers;
	while (defined(my $line = <$c>)) {
		$line =~ s/\r?\n$//;
		last if $line eq '';
		my ($name, $value) = $line =~ /^([^:]+):\s*(.*?)\s*$/ or next;
		$headers{lc $name} = $value;
	}
	my $verdict = $mode eq 's3' ? s3($method, $target, \%headers) :
				      registry($method, $target, \%headers);
	print $log "$verdict $method $target\n";
	print $c $answer;
	close($c);
}
