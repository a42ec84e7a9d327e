/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way in which a connection fails has a sentence of its own: "connection failed" sends
 * people to the wrong place.
 */
#include "core/net-private.h"

#define NET(row, number, class, english, swedish, helps) \
	const struct brg_fault net_##row = {             \
		.code = "BRG-NET-" number,               \
		.cls = class,                            \
		.scope = BRG_SCOPE_SERVER,               \
		.retry = BRG_RETRY_LATER,                \
		.en = english,                           \
		.sv = swedish,                           \
		.help = helps,                           \
	}

/* ---- reaching a server ----------------------------------------------------------------------*/

NET(not_found, "0001", BRG_EIO, "the host {host} was not found", "servern {host} hittades inte",
    "The name service knows no address for this name, or did not answer. Check `host` in the "
    "profile, then the machine's name service (getent hosts NAME).");
NET(refused, "0002", BRG_EIO, "{host} refuses connections on port {port}",
    "{host} nekar anslutningar på port {port}",
    "The machine answers, but nothing listens on that port, or a firewall refuses. Check "
    "`port` and `tls` in the profile, and that the service runs.");
NET(unreachable, "0003", BRG_EIO, "{host} cannot be reached: {reason}",
    "{host} kan inte nås: {reason}",
    "No route leads to the server's address. Check this machine's network, routes and firewall.");
NET(connect_timeout, "0004", BRG_ETIMEDOUT,
    "{host} did not accept a connection on port {port} within {seconds} s",
    "{host} tog inte emot någon anslutning på port {port} inom {seconds} s",
    "The server is down or overloaded, or a firewall drops the packets. Check `host` and `port`; "
    "`connect-timeout` says how long to wait.");
NET(silence, "0005", BRG_ETIMEDOUT, "{host} port {port} sent nothing for {seconds} s",
    "{host} port {port} sände ingenting på {seconds} s",
    "The connection stands but the server is silent. If it often needs longer for large mailboxes, "
    "raise `read-timeout` in the profile.");
NET(cut, "0006", BRG_EIO, "{host} port {port} cut the connection: {reason}",
    "{host} port {port} bröt anslutningen: {reason}",
    "The server, or something between, ended the connection in the middle. If it happens "
    "often, look at the server's log at that time.");
NET(connect_failed, "0026", BRG_EIO, "cannot connect to {host} port {port}: {reason}",
    "det går inte att ansluta till {host} port {port}: {reason}",
    "The system refused the connection for the reason that it gives.");
NET(no_greeting, "0027", BRG_ETIMEDOUT,
    "{host} accepted the connection on port {port} but said nothing for {seconds} s",
    "{host} tog emot anslutningen på port {port} men sade ingenting på {seconds} s",
    "A server that waits for TLS from the first byte keeps silent in clear text: if {port} is "
    "its TLS port, set tls = implicit in the profile. Otherwise the server is overloaded.");
NET(stalled, "0025", BRG_ETIMEDOUT, "{host} port {port} took no more data for {seconds} s",
    "{host} port {port} tog inte emot mer data på {seconds} s",
    "The connection stands but the server does not read. `read-timeout` says how long to wait.");
NET(proxy, "0018", BRG_EIO, "the proxy does not reach {host} port {port}: {reason}",
    "proxyn når inte {host} port {port}: {reason}",
    "The profile names a proxy (`proxy`), or the environment of the daemon does (ALL_PROXY). Check that "
    "it runs and lets this server through; NO_PROXY lists servers that are reached without.");

/* ---- TLS ------------------------------------------------------------------------------------*/

NET(clear_text, "0007", BRG_ETLS,
    "{host} answered in clear text on port {port}: use tls = starttls, or its TLS port",
    "{host} svarade i klartext på port {port}: använd tls = starttls, eller serverns TLS-port",
    "The profile says tls = implicit, where TLS begins with the first byte. The server speaks "
    "first and in clear text there. For POP3 the usual TLS port is 995; on port 110 use tls = "
    "starttls.");
NET(tls_refused, "0008", BRG_ETLS, "TLS with {host} port {port} failed: {reason}",
    "TLS med {host} port {port} misslyckades: {reason}",
    "Server and client found no common ground. Look at the server's log, and try "
    "`openssl s_client -connect HOST:PORT`.");
NET(tls_timeout, "0022", BRG_ETIMEDOUT,
    "{host} port {port} did not finish the TLS handshake within {seconds} s",
    "{host} port {port} blev inte klar med TLS-handskakningen inom {seconds} s",
    "The server accepted the connection, then kept silent. Perhaps the port does not speak TLS "
    "(see `tls` in the profile), or the server is overloaded.");
NET(tls_cut, "0023", BRG_ETLS, "{host} port {port} closed the connection during the TLS handshake",
    "{host} port {port} stängde anslutningen under TLS-handskakningen",
    "Often the port does not speak TLS (see `tls` in the profile), or the server has no "
    "certificate for this name. Look at the server's log.");
NET(tls_old, "0024", BRG_ETLS,
    "{host} port {port} offers only versions of TLS older than 1.2, which are not safe",
    "{host} port {port} erbjuder bara TLS-versioner äldre än 1.2, som inte är säkra",
    "Upgrade the server, or enable TLS 1.2 or 1.3 there.");
NET(expired, "0009", BRG_ETLS, "the certificate {subject} of {host} port {port} expired on {date}",
    "certifikatet {subject} från {host} port {port} gick ut {date}",
    "Renew the certificate on the server. If it was renewed, the service there has not read it "
    "yet. Check this machine's clock, too.");
NET(not_yet, "0010", BRG_ETLS,
    "the certificate {subject} of {host} port {port} is not valid before {date}",
    "certifikatet {subject} från {host} port {port} gäller först från {date}",
    "Most often the clock of this machine, or of the one that made the certificate, is wrong.");
NET(wrong_name, "0011", BRG_ETLS,
    "the certificate of {host} port {port} is for other names: {names}",
    "certifikatet från {host} port {port} gäller andra namn: {names}",
    "Set `host` in the profile to a name that the certificate has, or get a certificate for this "
    "name. If neither explains it, somebody may be between you and the server.");
NET(self_signed, "0012", BRG_ETLS,
    "the certificate of {host} port {port} ({subject}) is signed by itself and not trusted",
    "certifikatet från {host} port {port} ({subject}) är självsignerat och inte betrott",
    "If it is the right one, save it as a PEM file and set `ca-file` in the profile to that file. "
    "Better is a certificate from an authority.");
NET(unknown_issuer, "0013", BRG_ETLS,
    "the certificate of {host} port {port} was issued by {issuer}, which is not trusted",
    "certifikatet från {host} port {port} är utfärdat av {issuer}, som inte är betrodd",
    "For an authority of your own set `ca-file` in the profile to its PEM file, or add it to the "
    "system's trust store. For a public one, install ca-certificates, or let the server send the "
    "intermediate certificates, too.");
NET(bad_certificate, "0014", BRG_ETLS,
    "the certificate {subject} of {host} port {port} is refused: {reason}",
    "certifikatet {subject} från {host} port {port} godtas inte: {reason}",
    "The certificate is damaged, revoked, too weak, or made for another purpose. Get a new one.");
/* A setting is wrong, not a server: trying again mends nothing. */
const struct brg_fault net_ca_file = {
	.code = "BRG-NET-0015",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the trusted certificates in {path} cannot be used: {reason}",
	.sv = "de betrodda certifikaten i {path} kan inte användas: {reason}",
	.help = "`ca-file` must name a PEM file with at least one certificate that the daemon's "
		"user may read. Leave it out to trust the system's authorities.",
};
NET(early_bytes, "0016", BRG_EPROTO,
    "{host} port {port} sent something between its yes to TLS and TLS itself: refused",
    "{host} port {port} sände något mellan sitt ja till TLS och TLS: avvisat",
    "Such bytes were sent in clear text by who knows whom, to be taken for the server's later. A "
    "healthy server never does so.");

/* ---- other ----------------------------------------------------------------------------------*/

NET(too_long, "0017", BRG_EPROTO, "{host} port {port} sent a line of more than {bytes} bytes",
    "{host} port {port} sände en rad på mer än {bytes} byte",
    "No healthy server does so. Check that the port belongs to the protocol of the profile.");

NET(too_large, "0028", BRG_EPROTO, "the answer of {host} port {port} is larger than {bytes} bytes",
    "svaret från {host} port {port} är större än {bytes} byte",
    "No healthy server says so much there. Check the address in the profile.");
NET(late, "0030", BRG_ETIMEDOUT, "{host} port {port} did not answer within {seconds} s",
    "{host} port {port} svarade inte inom {seconds} s",
    "The connection stands, but the answer did not come. It is asked again later.");

/* ---- answers of HTTP ------------------------------------------------------------------------*/

/* Only people mend these. */
#define SETTING(row, number, class, english, swedish, helps) \
	const struct brg_fault net_##row = {                 \
		.code = "BRG-NET-" number,                   \
		.cls = class,                                \
		.scope = BRG_SCOPE_MAILBOX,                  \
		.retry = BRG_RETRY_NEVER,                    \
		.en = english,                               \
		.sv = swedish,                               \
		.help = helps,                               \
	}

SETTING(no_login, "0031", BRG_EAUTH,
	"{host} does not accept the user name or the password ({scheme})",
	"{host} godtar inte användarnamnet eller lösenordet ({scheme})",
	"Check `username` and `password` in the profile, and that the account is neither locked nor "
	"expired. It is not tried again by itself soon, so that no account is locked out.");
SETTING(no_login_bound, "0032", BRG_EAUTH, "{host} does not accept the login with {scheme}",
	"{host} godtar inte inloggningen med {scheme}",
	"Check the user name (DOMAIN\\name), the password, or the Kerberos credentials of the "
	"daemon's account. If they are right, the server may demand Extended Protection (channel "
	"binding), which this library does not offer: let it be Allow on the EWS directory, or use "
	"auth = basic over TLS.");
SETTING(no_token, "0033", BRG_EAUTH, "{host} does not accept the access token: {reason}",
	"{host} godtar inte åtkomsttoken: {reason}",
	"The provider gave a token, the server does not take it: check `oauth-scope`, and that the "
	"application may use mailboxes there.");
SETTING(forbidden, "0034", BRG_EAUTH, "{host} forbids it (HTTP {status})",
	"{host} förbjuder det (HTTP {status})",
	"The login is good, but the account may not do this there: ask whoever runs the server.");
SETTING(no_service, "0035", BRG_EINVAL, "{host} has no such service at {url} (HTTP {status})",
	"{host} har ingen sådan tjänst på {url} (HTTP {status})",
	"Check the address in the profile, or leave it out where it can be found by itself.");
SETTING(bad_redirect, "0036", BRG_EINVAL, "{host} points to {url}, which is not followed",
	"{host} pekar på {url}, dit följs det inte",
	"Requests go on to https addresses only, and not for ever. Check the address in the profile.");
SETTING(proxy_login, "0037", BRG_EAUTH, "the proxy on the way to {host} wants a login",
	"proxyn på väg till {host} vill ha en inloggning",
	"Use a proxy that lets this machine through, or none: `proxy` in the profile.");
NET(throttled, "0038", BRG_ELIMIT, "{host} asks to be left alone for a while (HTTP {status})",
    "{host} ber att få vara i fred ett tag (HTTP {status})",
    "Nothing to do: it is asked again when the time that it named has passed.");
NET(status, "0039", BRG_EIO, "{host} answers with HTTP {status}", "{host} svarar med HTTP {status}",
    "The server, or something before it, is in trouble. It is asked again later; look at its log.");

const struct brg_fault net_bad_url = {
	.code = "BRG-NET-0029",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the address \"{url}\" cannot be used: it must begin with https://",
	.sv = "adressen \"{url}\" kan inte användas: den måste börja med https://",
	.help = "Secrets go there, so it must be https, without a user name and without a # in "
		"it. Only an address of this machine (http://127.0.0.1:PORT/) may go without TLS.",
};
const struct brg_fault net_local = {
	.code = "BRG-NET-0019",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "this machine cannot open a connection: {reason}",
	.sv = "den här maskinen kan inte öppna någon anslutning: {reason}",
	.help = "A limit of this machine or process was met, often that of open files (LimitNOFILE "
		"in the service's unit) or of local ports.",
};
const struct brg_fault net_bad_host = {
	.code = "BRG-NET-0020",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "{host} port {port} is no host name or address with a port",
	.sv = "{host} port {port} är inget värdnamn och ingen adress med port",
	.help = "`host` takes a name like pop.example.com, or an address; no scheme, no path, no "
		"port. Names with other letters than a to z are written in their xn-- form.",
};
const struct brg_fault net_no_library = {
	.code = "BRG-NET-0021",
	.cls = BRG_EINTERNAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the network libraries do not start: {reason}",
	.sv = "nätverksbiblioteken startar inte: {reason}",
	.help = "libcurl or OpenSSL refuse to work, often because of openssl.cnf. Compare with a "
		"standard installation.",
};

const struct brg_fault *const net_faults[] = {
	&net_not_found,	     &net_refused,
	&net_unreachable,    &net_connect_timeout,
	&net_silence,	     &net_cut,
	&net_clear_text,     &net_tls_refused,
	&net_expired,	     &net_not_yet,
	&net_wrong_name,     &net_self_signed,
	&net_unknown_issuer, &net_bad_certificate,
	&net_ca_file,	     &net_early_bytes,
	&net_too_long,	     &net_proxy,
	&net_local,	     &net_bad_host,
	&net_no_library,     &net_tls_timeout,
	&net_tls_cut,	     &net_tls_old,
	&net_stalled,	     &net_connect_failed,
	&net_no_greeting,    &net_bad_url,
	&net_too_large,	     &net_late,
	&net_no_login,	     &net_no_login_bound,
	&net_no_token,	     &net_forbidden,
	&net_no_service,     &net_bad_redirect,
	&net_proxy_login,    &net_throttled,
	&net_status,	     NULL,
};
