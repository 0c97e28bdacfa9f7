/* SPDX-License-Identifier: MIT */
#include "cloudflare/peer.h"

#include "base/text.h"

int http_add_header(struct curl_slist **list, const char *line, struct err *err)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		return err_nomem(err);
	*list = longer;
	return 0;
}

int http_peer_new(const struct http_config *config, struct http_peer **out, struct err *err)
{
	scoped_http_peer struct http_peer *p = calloc(1, sizeof(*p));
	const struct secret *pass = config->client_key_pass;
	const char *agent = config->user_agent ? config->user_agent : "aisearch/" AISEARCH_VERSION;

	if (!p)
		return err_nomem(err);
	if (text_copy(agent, &p->user_agent, err) < 0 ||
	    text_copy(config->ca_file, &p->ca_file, err) < 0 ||
	    text_copy(config->ca_path, &p->ca_path, err) < 0 ||
	    text_copy(config->client_cert, &p->client_cert, err) < 0 ||
	    text_copy(config->client_key, &p->client_key, err) < 0)
		return -1;
	for (size_t i = 0; config->headers && config->headers[i]; i++)
		if (http_add_header(&p->headers, config->headers[i], err) < 0)
			return -1;
	if (pass && secret_new(secret_bytes(pass), secret_len(pass), &p->client_key_pass, err) < 0)
		return -1;
	p->no_verify_peer = config->no_verify_peer;
	p->no_verify_host = config->no_verify_host;
	p->family = config->family;
	p->tls = config->tls;
	*out = STEAL(p);
	return 0;
}

void http_peer_free(struct http_peer *p)
{
	if (!p)
		return;
	free(p->user_agent);
	free(p->ca_file);
	free(p->ca_path);
	free(p->client_cert);
	free(p->client_key);
	curl_slist_free_all(p->headers);
	secret_free(p->client_key_pass);
	free(p);
}

size_t http_streams(const struct http_peer *p)
{
	if (!p->failing && (!p->connected || p->connecting))
		return 1;
	return p->http1 ? HTTP_CONNECTIONS : HTTP_STREAMS;
}

bool http_peer_may_connect(struct http_peer *p, const void *who)
{
	if (p->http1 || p->failing)
		return true;
	if (p->connecting && p->connecting != who)
		return false;
	if (who)
		p->connecting = who;
	return true;
}

bool http_peer_connected(struct http_peer *p, const void *who)
{
	bool news = !p->connected || p->failing || p->connecting == who;

	p->failing = false;
	p->connected = true;
	if (p->connecting == who)
		p->connecting = NULL;
	return news;
}

void http_peer_forget(struct http_peer *p, const void *who)
{
	if (p->connecting != who)
		return;
	p->connecting = NULL;
	p->connected = false;
	p->failing = true;
}

void http_peer_apply(const struct http_peer *p, CURL *e)
{
	static const long families[] = {
		[HTTP_FAMILY_ANY] = CURL_IPRESOLVE_WHATEVER,
		[HTTP_FAMILY_IPV4] = CURL_IPRESOLVE_V4,
		[HTTP_FAMILY_IPV6] = CURL_IPRESOLVE_V6,
	};

	curl_easy_setopt(e, CURLOPT_USERAGENT, p->user_agent);
	curl_easy_setopt(e, CURLOPT_IPRESOLVE, families[p->family]);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, p->tls == HTTP_TLS_1_3 ? (long)CURL_SSLVERSION_TLSv1_3
								       : (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, p->no_verify_peer ? 0L : 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, p->no_verify_host ? 0L : 2L);
	if (p->ca_file || p->ca_path) {
		/*
		 * Both, since each adds to what the other trusts by default; and the
		 * GnuTLS flavour would read all of the system's folder for every new
		 * connection (37 ms of CPU, 3.8 MB).
		 */
		curl_easy_setopt(e, CURLOPT_CAINFO, p->ca_file);
		curl_easy_setopt(e, CURLOPT_CAPATH, p->ca_path);
	}
	if (p->client_cert)
		curl_easy_setopt(e, CURLOPT_SSLCERT, p->client_cert);
	if (p->client_key)
		curl_easy_setopt(e, CURLOPT_SSLKEY, p->client_key);
	if (p->client_key_pass)
		curl_easy_setopt(e, CURLOPT_KEYPASSWD, secret_bytes(p->client_key_pass));
}
