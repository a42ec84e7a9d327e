/* SPDX-License-Identifier: Apache-2.0
 *
 * Connecting. Names, several addresses, IPv4 beside IPv6 and proxies are libcurl's business: it
 * connects and hands over the socket; the URL is http:// so that it sends no byte of its own.
 * Names that it has looked up are shared by all threads for a minute.
 */
#include "core/net-private.h"

#include "core/arena.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP_IDLE_S 30 /* silence before the first probe of a connection */

/* What a thread keeps: making these anew costs half as much as a connection. */
struct line {
	CURLM *multi;
	CURL *easy;
};

static pthread_key_t line_key;
static CURLSH *names; /* the cache of name look-ups */
static pthread_mutex_t names_locks[CURL_LOCK_DATA_LAST];
static const char *proxy = ""; /* of ALL_PROXY; empty: none */

static void line_free(void *arg)
{
	struct line *l = arg;

	curl_easy_cleanup(l->easy);
	curl_multi_cleanup(l->multi);
	free(l);
}

static struct line *line_get(void)
{
	struct line *l = pthread_getspecific(line_key);

	if (l)
		return l;
	l = xcalloc(1, sizeof(*l));
	l->multi = curl_multi_init();
	l->easy = curl_easy_init();
	if (!l->multi || !l->easy || pthread_setspecific(line_key, l) != 0)
		abort(); /* out of memory */
	return l;
}

/* ---- once -----------------------------------------------------------------------------------*/

static void lock_names(CURL *easy, curl_lock_data what, curl_lock_access how, void *arg)
{
	(void)easy;
	(void)how;
	(void)arg;
	pthread_mutex_lock(&names_locks[what]);
}

static void unlock_names(CURL *easy, curl_lock_data what, void *arg)
{
	(void)easy;
	(void)arg;
	pthread_mutex_unlock(&names_locks[what]);
}

int net_init(struct brg_err *err)
{
	const char *all;

	if (names)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !OPENSSL_init_ssl(0, NULL))
		return brg_fail(err, &net_no_library, "reason=initialisation failed");
	for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
		pthread_mutex_init(&names_locks[i], NULL);
	names = curl_share_init();
	if (!names || pthread_key_create(&line_key, line_free) != 0 ||
	    curl_share_setopt(names, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) != CURLSHE_OK ||
	    curl_share_setopt(names, CURLSHOPT_LOCKFUNC, lock_names) != CURLSHE_OK ||
	    curl_share_setopt(names, CURLSHOPT_UNLOCKFUNC, unlock_names) != CURLSHE_OK)
		return brg_fail(err, &net_no_library, "reason=libcurl shares no name look-ups");
	all = getenv("ALL_PROXY");
	if (!all)
		all = getenv("all_proxy");
	proxy = xstrdup(all ? all : "");
	return 0;
}

/* ---- dialling -------------------------------------------------------------------------------*/

struct dial {
	struct brg_stream *s;
	CURLM *multi;
	CURL *easy;
	int sys; /* errno of a socket that could not be made */
	char words[CURL_ERROR_SIZE];
};

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct dial *d = arg;
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);

	(void)purpose;
	/* A machine without IPv6 is no fault: the other addresses are tried. */
	if (fd < 0 && errno != EAFNOSUPPORT)
		d->sys = errno;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

void net_prepare_handle(void *handle)
{
	CURL *e = handle;

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_SHARE, names);
	/* Empty: no proxy, whatever other variables say. */
	curl_easy_setopt(e, CURLOPT_PROXY, proxy);
	curl_easy_setopt(e, CURLOPT_HTTPPROXYTUNNEL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name server that is slow to answer must not hold up a visit that was ended. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void prepare(struct dial *d, const char *url)
{
	CURL *e = d->easy;

	net_prepare_handle(e);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)d->s->connect_ms);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, d->words);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, d);
}

static int fail_connect(CURL *easy, const struct net_trouble *t, struct brg_err *err)
{
	long sys = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &sys);
	if (t->sys)
		return brg_fail(err, &net_local, "reason=%s", strerror(t->sys));
	switch (sys) {
	case ECONNREFUSED:
		return brg_fail(err, &net_refused, "host=%.100s\nport=%d", t->host, t->port);
	case EADDRNOTAVAIL:
	case ENOBUFS:
	case ENOMEM:
		return brg_fail(err, &net_local, "reason=%s", strerror((int)sys));
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EACCES:
	case EPERM:
		return brg_fail(err, &net_unreachable, "host=%.100s\nport=%d\nreason=%s", t->host,
				t->port, strerror((int)sys));
	}
	return brg_fail(err, &net_connect_failed, "host=%.100s\nport=%d\nreason=%s", t->host,
			t->port, sys ? strerror((int)sys) : t->words);
}

int net_fail_timeout(const struct net_trouble *t, struct brg_err *err)
{
	char seconds[24];

	return brg_fail(err, &net_connect_timeout, "host=%.100s\nport=%d\nseconds=%s", t->host,
			t->port, net_seconds(t->connect_ms, seconds));
}

int net_fail_curl(void *handle, int why, const struct net_trouble *t, struct brg_err *err)
{
	switch (why) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return brg_fail(err, &net_not_found, "host=%.100s\nport=%d", t->host, t->port);
	case CURLE_OPERATION_TIMEDOUT:
		return net_fail_timeout(t, err);
	case CURLE_OUT_OF_MEMORY:
		abort();
	case CURLE_URL_MALFORMAT:
		return brg_fail(err, &net_bad_host, "host=%.100s\nport=%d", t->host, t->port);
	default:
		break;
	}
	if (*(t->proxy ? t->proxy : proxy) && !t->sys)
		return brg_fail(err, &net_proxy, "host=%.80s\nport=%d\nreason=%.120s", t->host,
				t->port, *t->words ? t->words : curl_easy_strerror(why));
	return fail_connect(handle, t, err);
}

/* Let curl work until it is connected. */
static int drive(struct dial *d, int64_t deadline, struct brg_err *err)
{
	const struct net_watch *watch = d->s->watch;
	struct net_trouble trouble = {
		d->s->host, d->s->port, d->s->connect_ms, d->words, 0, NULL
	};
	int running = 1, rc, left_messages;
	CURLMsg *message;

	for (;;) {
		if (curl_multi_perform(d->multi, &running) != CURLM_OK)
			abort(); /* out of memory */
		if (!running)
			break;
		rc = net_stopped(watch, err);
		if (rc < 0)
			return rc;
		if (net_now_ms() >= deadline)
			return net_fail_timeout(&trouble, err);
		(void)curl_multi_poll(d->multi, NULL, 0, net_slice(watch, deadline), NULL);
	}
	message = curl_multi_info_read(d->multi, &left_messages);
	if (message && message->data.result == CURLE_OK)
		return 0;
	trouble.sys = d->sys;
	return net_fail_curl(d->easy, message ? (int)message->data.result : CURLE_COULDNT_CONNECT,
			     &trouble, err);
}

static int take_socket(struct dial *d, struct brg_err *err)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	int one = 1, idle = KEEP_IDLE_S;

	curl_easy_getinfo(d->easy, CURLINFO_ACTIVESOCKET, &fd);
	d->s->fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
	if (d->s->fd < 0)
		return brg_fail(err, &net_local, "reason=%s", strerror(errno));
	(void)setsockopt(d->s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(d->s->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	(void)setsockopt(d->s->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	(void)setsockopt(d->s->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	return 0;
}

static int dial(struct brg_stream *s, int64_t deadline, struct brg_err *err)
{
	struct line *line = line_get();
	struct dial d = { .s = s, .multi = line->multi, .easy = line->easy };
	bool v6 = strchr(s->host, ':') != NULL;
	char url[320];
	int rc;

	(void)snprintf(url, sizeof(url), v6 ? "http://[%s]:%d/" : "http://%s:%d/", s->host,
		       s->port);
	prepare(&d, url);
	curl_multi_add_handle(d.multi, d.easy);
	rc = drive(&d, deadline, err);
	if (rc == 0)
		rc = take_socket(&d, err);
	/* This closes curl's own descriptor of the socket; ours is another. */
	curl_multi_remove_handle(d.multi, d.easy);
	curl_easy_reset(d.easy);
	return rc;
}

/* ---- the service ----------------------------------------------------------------------------*/

/* A name in ASCII, or an address: nothing that a URL would take for something else. */
static bool good_host(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	size_t n = host ? strlen(host) : 0;

	if (n == 0 || n > 255)
		return false;
	if (strchr(host, ':'))
		return inet_pton(AF_INET6, host, address) == 1;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr("-._", host[i]))
			return false;
	return isalnum((unsigned char)host[0]);
}

int net_connect(const struct net_watch *watch, const struct brg_endpoint *where,
		struct brg_stream **out, struct brg_err *err)
{
	int64_t deadline = net_now_ms() + where->connect_timeout_ms;
	struct brg_stream *s;
	int rc;

	*out = NULL;
	if (!good_host(where->host) || where->port < 1 || where->port > 65535)
		return brg_fail(err, &net_bad_host, "host=%.100s\nport=%lld",
				where->host ? where->host : "", (long long)where->port);
	rc = net_stopped(watch, err);
	if (rc < 0)
		return rc;
	s = xcalloc(1, sizeof(*s));
	s->watch = watch;
	s->fd = -1;
	s->host = xstrdup(where->host);
	s->port = (int)where->port;
	s->connect_ms = where->connect_timeout_ms;
	s->read_ms = where->read_timeout_ms;
	/* A bad setting is found before the server is troubled. */
	if (where->tls != BRG_TLS_NONE)
		rc = tls_trust(where->ca_file, &s->trust, err);
	if (rc == 0)
		rc = dial(s, deadline, err);
	if (rc == 0 && where->tls == BRG_TLS_IMPLICIT)
		rc = tls_start(s, deadline, err);
	if (rc < 0) {
		net_close(s);
		return rc;
	}
	*out = s;
	return 0;
}
