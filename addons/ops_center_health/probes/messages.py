"""The sentence of each error code, and what it says about the target."""

# Plain text with named gaps: whoever shows them escapes them, whoever translates them has the code.
SENTENCES = {
    "": "Answered in {latency} ms.",
    "slow": "Answered in {latency} ms, slower than the {degraded_ms} ms allowed.",
    "too_slow": "Answered in {latency} ms, more than {max_latency_ms} ms count as down.",
    "dns": "The name {host} cannot be resolved: {detail}.",
    "dns_timeout": "The name {host} was not resolved within {timeout} s.",
    "connect_refused": "{host} refuses connections on port {port}: nothing listens there.",
    "connect_unreachable": "There is no way through the network to {host}.",
    "connect_timeout": "{host} did not accept a connection on port {port} within {timeout} s.",
    "connect": "No connection to {host} on port {port}: {detail}.",
    "tls_expired": "The certificate of {host} expired on {not_after}: {expiring}.",
    "tls_expires_soon": "The certificate of {host} expires in {remaining}, on {not_after}:"
    " {expiring}.",
    "tls_not_yet_valid": "The certificate of {host} is not valid before {not_before}.",
    "tls_hostname": "The certificate is not made out for {host} but for {names}.",
    "tls_untrusted": "The certificate of {host} comes from an untrusted issuer: {issuer}.",
    "tls_timeout": "{host} did not finish the TLS handshake within {timeout} s.",
    "tls": "No secure connection to {host}: {detail}.",
    "dns_nxdomain": "{host} says that the name {name} does not exist.",
    "dns_no_record": "{host} knows no {record_type} record of {name}.",
    "dns_failed": "{host} could not say anything about {name}: {detail}.",
    "dns_value": "The {record_type} record of {name} is {found}, expected {expected}.",
    "pg_timeout": "PostgreSQL on {host}, port {port}, opened no session within {timeout} s.",
    "pg_refused": "PostgreSQL on {host} opens no session: {detail}.",
    "pg_query": "The query failed: {detail}.",
    "pg_value": "The query returned {value}, expected {expected}.",
    "pg_too_much": "{host} answered with more than {max_answer} bytes, where reading stops.",
    "pg_lag": "Replication is {lag} s behind, {limit} s are allowed.",
    "pg_lag_degraded": "Replication is {lag} s behind, {limit} s are allowed.",
    "pg_lag_unknown": "The replica on {host} cannot say how far it is behind: it received nothing"
    " since it started.",
    "pg_lag_hidden": "The user {user} may not see how far the replicas are. Have PostgreSQL's"
    " administrator grant it: GRANT pg_monitor TO {user}.",
    "pg_no_replica": "No replica is connected to {host}.",
    "pg_connections": "{used} of {maximum} connections are in use, {limit} % are allowed.",
    "pg_connections_degraded": "{used} of {maximum} connections are in use, {limit} % are allowed.",
    "odoo_other": "{host} answers, but not as an Odoo from 16 on: its /web/health is another page.",
    "odoo_database": "Odoo on {host} answers, but it does not reach its PostgreSQL server.",
    "odoo_not_ready": "Odoo on {host} is not ready: {detail}.",
    "odoo_version": "Odoo on {host} is version {version}, expected {expected_version}.",
    "odoo_version_hidden": "Odoo on {host} does not tell its version, expected {expected_version}.",
    "odoo_selector": "Everybody is shown the databases of {host}: set list_db = False in the"
    " configuration of that Odoo.",
    "timeout": "The answer of {host} was not complete within {timeout} s.",
    "empty": "{host} closed the connection without an answer.",
    "reset": "{host} broke the connection off.",
    "truncated": "{host} closed the connection before the whole answer had arrived.",
    "protocol": "{host} answered something that is not valid HTTP: {detail}.",
    "status": "Answered status {status}, expected {expected_status}.",
    "body": "The answer (status {status}) does not contain the expected text.",
    "header": "The header {header} is missing.",
    "header_value": "No header {header} contains {header_text}.",
    "body_excluded": "The answer (status {status}) contains the text that it must not contain.",
    "body_pattern": "Nothing in the answer (status {status}) matches the regular expression.",
    "json": "The answer (status {status}) is not JSON: {json_error}.",
    "json_value": "The answer has {found}, expected {condition}.",
    "too_small": "The answer has {size} bytes, at least {min_size} are expected.",
    "too_big": "The answer has more than {max_size} bytes, which is the most that is expected.",
    "too_large": "What is expected is not in the first {max_body} bytes, where reading stops.",
    "headers_too_large": "The headers of the answer are larger than {max_headers} bytes.",
    "redirects": "More than {max_redirects} redirects in a row.",
    "redirect_refused": "Redirects to an address that is not followed: {detail}.",
    "redirect_elsewhere": "Redirects to another scheme, host or port, which is not followed.",
    "proxy": "Not probed: no way through the proxy {proxy}: {detail}.",
    "proxy_no_way": "The proxy {proxy} did not get through to {host}: {detail}.",
    "address_denied": "Not probed: the address {denied} of {host} is not allowed by the policy.",
    "prober": "Not probed: {detail}.",
    "unfinished": "Not probed: the time of this run was over first.",
}

VERDICTS = {
    "": "up",
    "slow": "degraded",
    "tls_expires_soon": "degraded",
    "pg_lag_degraded": "degraded",
    "pg_lag_hidden": "unknown",
    "pg_no_replica": "degraded",
    "pg_connections_degraded": "degraded",
    "odoo_not_ready": "degraded",
    "odoo_version": "degraded",
    "odoo_version_hidden": "degraded",
    "odoo_selector": "degraded",
    "address_denied": "unknown",
    "proxy": "unknown",
    "prober": "unknown",
    "unfinished": "unknown",
}


def verdict_of(error: str) -> str:
    """What an error code says about the target; most say that it is down."""
    return VERDICTS.get(error, "down")


def sentence(error: str, **facts: object) -> str:
    """The English sentence of an error code, its gaps filled with the facts of the probe."""
    return SENTENCES[error].format(**facts)
