# SPDX-License-Identifier: Apache-2.0
"""What Python's email package makes of a message, in the form of tests/mime/show.c."""
import datetime
import email
import email.parser
import email.policy
import functools

# Python parses a header anew at each look at it; nobody changes what it made of it.
POLICY = email.policy.default.clone(
    header_factory=functools.lru_cache(256)(email.policy.default.header_factory))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Raised(str):
    """In place of a value that Python could not give: the name of its exception."""


def tried(function, *args):
    """Python's parser raises on some headers; what it raised is its view."""
    try:
        return function(*args)
    except Exception as e:  # of any kind: IndexError, UnicodeError, AttributeError, HeaderParseError ...
        return Raised(type(e).__name__)


def text_of(message, name):
    value = message[name]
    return "" if value is None else str(value)


def addresses_of(message, name):
    """Of all fields of the name, as they come."""
    out = []
    for field in message.get_all(name, []):
        out += [{"name": a.display_name, "address": a.addr_spec} for a in field.addresses]
    return out


def author_of(message):
    for name in ("from", "sender"):
        if message[name] is not None:
            for a in message[name].addresses if name == "from" else [message[name].address]:
                if a and a.addr_spec and a.addr_spec != "<>":
                    return {"name": a.display_name, "address": a.addr_spec}
    return {"name": "", "address": ""}


def date_of(message, name="date"):
    field = message[name]
    when = field.datetime if field is not None else None
    if when is None:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return (when - EPOCH) // datetime.timedelta(microseconds=1)


def content_of(part):
    """What the part says, decoded: text as text, all else as bytes."""
    data = part.get_payload(decode=True)
    if data is None:
        return None
    if part.get_content_maintype() != "text":
        return data.decode("latin-1")
    charset = part.get_param("charset", "ascii")
    if isinstance(charset, tuple):
        charset = charset[2]
    return data.decode(charset, errors="replace")


def payload_of(part):
    """The content as it stands in the message, still encoded."""
    # Where it has 8 bits, get_payload() would decode it; only the attribute is as read. Of a
    # multipart without parts all may be preamble.
    payload = part._payload or part.preamble or ""
    return payload.encode("ascii", "surrogateescape") if isinstance(payload, str) else None


def parameter(part, name):
    value = part.get_param(name, "")
    return value[2] if isinstance(value, tuple) else value


def written(part, name):
    """A field of the part as it was read, unfolded."""
    values = [value for key, value in part._headers if key.lower() == name]
    return str(values[0]).replace("\r", "").replace("\n", "") if values else ""


def leaves(message, inside=-1, choice=None, out=None):
    """The parts as show.c lists them: leaves, and messages within this one."""
    out = [] if out is None else out
    kind = message.get_content_type()
    one = {"type": kind, "name": tried(message.get_filename) or "", "in": inside, "alternative": choice,
           "disposition": tried(message.get_content_disposition), "charset": tried(parameter, message, "charset"),
           "flowed": tried(parameter, message, "format").lower() == "flowed",
           "delsp": tried(parameter, message, "delsp").lower() == "yes",
           "encoding": tried(lambda: str(message.get("content-transfer-encoding", "")).strip().lower()),
           "written": [written(message, name) for name in ("content-disposition", "content-type")],
           "content": None, "payload": payload_of(message)}
    if kind in ("message/rfc822", "message/global", "message/news") and message.is_multipart():
        out.append(one)
        leaves(message.get_payload(0), len(out) - 1, None, out)
    elif message.is_multipart() and not kind.startswith("message/"):
        if kind == "multipart/alternative" and choice is None:
            choice = len(out)
        for part in message.get_payload():
            leaves(part, inside, choice, out)
    else:
        if one["payload"] is not None:
            one["content"] = tried(content_of, message)
        out.append(one)
    return out


def body_of(message, kind):
    part = message.get_body((kind,))
    return None if part is None else content_of(part)


FIELDS = {
    "subject": lambda message: text_of(message, "subject"),
    "from": author_of,
    "to": lambda message: addresses_of(message, "to"),
    "cc": lambda message: addresses_of(message, "cc"),
    "reply_to": lambda message: addresses_of(message, "reply-to"),
    "date": date_of,
    "message_id": lambda message: text_of(message, "message-id"),
    "parts": leaves,
    "text": lambda message: body_of(message, "plain"),
    "html": lambda message: body_of(message, "html"),
}
BODY = ("parts", "text", "html")


def view(raw, fields=tuple(FIELDS)):
    """These fields of it; without those of the body the body is not looked at."""
    if set(fields) & set(BODY):
        message = email.message_from_bytes(raw, policy=POLICY)
    else:
        message = email.parser.BytesHeaderParser(policy=POLICY).parsebytes(raw)
    return {field: tried(FIELDS[field], message) for field in fields}
